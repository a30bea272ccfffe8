"""Ways in and out of a running site: the service."""

from riskscreen.guarding import require_extra

require_extra("service")
