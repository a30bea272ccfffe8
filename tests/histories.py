"""Tables of grouped spells, as tests write them, indexed as both doors do it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskscreen.history.index import ALWAYS_KNOWN, index_spells
from riskscreen.history.precedence import order_groups
from riskscreen.timeline import OPEN_END


def index_of(spec, spells, cases, *, groups=None):
    """The index of *spells* (person_id, group, start_date, ...) for *cases*' people."""
    names = tuple(sorted({*spells["group"]})) if groups is None else groups
    persons = pd.Index(cases["person_id"].unique(), dtype="str")
    return index_spells(spells, persons, groups=order_groups(spec, names))


def hide_spells(index, hidden):
    """*index* with the spells where *hidden* registered only after every extract."""
    stamps = np.where(hidden, OPEN_END, ALWAYS_KNOWN).astype(np.int32)
    return replace(index, registered=stamps)
