"""Facts of a case that stand there and cannot be read, by case and column."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


def mark_facts(
    facts: "pd.Series[Any]", features: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Mark (cases × features) the facts that could not be read."""
    marked = np.zeros(features.shape, dtype=bool)
    for place in np.flatnonzero(~facts.array.isna()):
        marked[place] = features.columns.isin(str(facts.iloc[place]).split())
    return marked
