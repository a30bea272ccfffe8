"""Which estimator is used: directions, tuning, cross-fits, selection."""
