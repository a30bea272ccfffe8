"""The papers a municipality must have: drafts from the run, and what is still open."""
