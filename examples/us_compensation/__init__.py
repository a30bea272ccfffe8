"""us_compensation as riskscreen reads it."""
