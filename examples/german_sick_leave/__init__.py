"""german_sick_leave as riskscreen reads it."""
