"""Monitoring: whether a model is still right, in figures that may be looked at monthly.

It reads a site's newest delivery and a stored model, and keeps nothing between runs:
every month since the training is counted anew, so no run depends on one before it.
"""
