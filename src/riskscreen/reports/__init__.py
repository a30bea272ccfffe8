"""Scores and reasons as self-contained pages for caseworkers, teams and leaders."""
