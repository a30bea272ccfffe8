"""Code groups and deadlines: dated rules, as data."""
