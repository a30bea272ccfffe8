"""One scoring path for one case and a million: check, route, score, explain."""
