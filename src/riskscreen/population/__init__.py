"""Which cases are admitted to a model, and why the others are not: for both doors."""
