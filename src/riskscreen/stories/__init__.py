"""What a command does, verbs in order."""
