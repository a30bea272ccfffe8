"""The synthetic municipality as a benchmark: twelve scenarios with a true risk."""
