"""The fitted model: estimators, calibration, horizons, uncertainty, reasons."""
