"""Real, public data run through the same pipelines."""
