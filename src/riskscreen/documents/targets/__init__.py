"""The skeleton of a target: a commented specification to begin with."""
