"""What leaves the house: masked words and suppressed counts."""
