"""Facts of a case that stand there and cannot be read, by case and column."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import mark_missing


def mark_facts(facts: Any, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark (cases × features) the facts that could not be read."""
    marked = np.zeros(features.shape, dtype=bool)
    for place in np.flatnonzero(~mark_missing(facts)):
        marked[place] = features.columns.isin(str(facts[place]).split())
    return marked
