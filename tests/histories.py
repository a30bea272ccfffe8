"""Tables of grouped spells, as tests write them, indexed as both doors do it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from riskscreen.history.index import ALWAYS_KNOWN, index_spells
from riskscreen.history.precedence import order_groups
from riskscreen.timeline import OPEN_END, to_days
from riskscreen.validation import read_spells
from riskscreen.validation.surveys import HistorySurvey


def index_of(spec, spells, cases, *, groups=None):
    """The index of *spells* (person_id, group, start_date, ...) for *cases*' people."""
    names = tuple(sorted({*spells["group"]})) if groups is None else groups
    persons = pd.Index(cases["person_id"].unique(), dtype="str")
    return index_table(spells, persons, groups=order_groups(spec, names))


def index_table(spells, persons, *, groups):
    """The index of a table of spells for *persons*."""
    own = spells[spells["person_id"].isin(persons)]
    stamps = None
    if "registered_on" in own:
        stamps = to_days(own["registered_on"], missing=ALWAYS_KNOWN)
    verified = own["verified"] if "verified" in own else [False] * len(own)
    unknown = own["unknown"].to_numpy() if "unknown" in own else np.zeros(0, bool)
    return index_spells(
        persons,
        groups,
        person=persons.get_indexer(pd.Index(own["person_id"])),
        group=np.array([groups.index(name) for name in own["group"]], dtype=int),
        start=to_days(own["start_date"]),
        end=to_days(own["end_date"]),
        registered=stamps,
        verified=np.array(verified, dtype=bool),
        unknown=unknown if unknown.any() else None,
    )


def hide_spells(index, hidden):
    """*index* with the spells where *hidden* registered only after every extract."""
    stamps = np.where(hidden, OPEN_END, ALWAYS_KNOWN).astype(np.int32)
    return replace(index, registered=stamps)


def check_history(table, *, file, extract_date, **more):
    """The sound spells of a whole table, with what is said of it as a whole."""
    checked = read_spells(table, file=file, extract_date=extract_date, **more)
    survey = HistorySurvey(file, extract_date)
    survey.add(checked)
    notes = survey.notes()
    survey.require_readable()
    return replace(checked, notes=notes)
