"""The estimators that compete for a target, and how each is stored as plain text."""
