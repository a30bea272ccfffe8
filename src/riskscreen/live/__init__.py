"""Ways in and out of a running site: the service."""
