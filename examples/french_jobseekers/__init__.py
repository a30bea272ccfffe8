"""french_jobseekers as riskscreen reads it."""
