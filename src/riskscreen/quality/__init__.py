"""What a delivery is like: coverage by year, codes, gaps and age, ready to print."""
