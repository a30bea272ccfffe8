"""A roll-out of extra places by lot: its plan, its draws, and what came of it."""
