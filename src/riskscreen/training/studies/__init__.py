"""What a training is asked beyond its model: one file a study."""
