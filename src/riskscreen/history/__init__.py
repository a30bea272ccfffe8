"""What a history says of people, and what of it may be seen at T0."""
