"""Explained, calibrated screening at case intake."""
