"""Scoring on a Spark cluster.

Citizens are dealt into parts, each with all that was looked up of them, and a part is
scored as a part of a file is (scoring/batch.py). What only whole tables can tell is
surveyed first. Rows travel as Arrow has them: Spark's own conversion to pandas makes
floats of whole numbers, and does not know every pandas that we do.
"""

from riskscreen.spark.cluster import score

__all__ = ["score"]
