"""What a model holds beside its estimator: level, horizons, thresholds, uncertainty."""
