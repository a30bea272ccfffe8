"""The night's run: every target scored and paged, into a folder a day."""
