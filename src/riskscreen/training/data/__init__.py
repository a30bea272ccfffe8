"""What a training reads: cases, features, outcomes; and their subsets."""
