"""Whom a model would have proposed, beside whom practice chose."""
