"""What a training reads: cases, features and outcomes, row by row the same cases."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.arrivals import name_units
from riskscreen.history.index import HistoryIndex
from riskscreen.policy import Places
from riskscreen.rules.reforms import Reform
from riskscreen.spec import Specification
from riskscreen.validation.schemas import ANY_MUNICIPALITY_OR_TEAM

FITTED_BY = ("riskscreen", "lightgbm", "numpy", "scikit-learn", "scipy")
"""Whose version may change a fit of the same data; optuna's, which need not be there
where nothing is searched, is not among them."""


@dataclass(frozen=True)
class Dataset:
    """Everything a training reads; ``features`` and ``outcomes`` follow ``cases``.

    ``cases`` are those that no route takes. ``audit`` has a row per case
    too; only the evaluation reads it. ``fingerprints`` are SHA-256 digests by table
    (the cases without those of the citizens who ``objected``), ``notes`` sentences for
    a person: how files were read, what was set aside, unread columns.
    ``keys`` are the patterns that the site states for whole identifiers.
    ``units`` are each case's as arrivals.name_units() has them, ``places`` what the
    site states of them.
    ``digests`` are the SHA-256 of what was read, by table. ``people_visible_at_t0`` is
    the share of the citizens with a row of the history that is visible at T0; scoring
    asks about as much of its own. ``efforts`` are those of its cases, several of a case
    or none; the evaluation alone reads them, and None says that nobody tells of help.
    ``reforms`` are the known changes of its population and of the rules it uses.
    ``history`` and ``tables`` are what features are built from once more, at landmarks.
    """

    spec: Specification
    cases: pd.DataFrame
    features: pd.DataFrame
    outcomes: pd.DataFrame
    extract_date: date | None = None
    audit: pd.DataFrame | None = None
    attrition: pd.DataFrame = field(default_factory=pd.DataFrame)
    routed: pd.DataFrame = field(default_factory=pd.DataFrame)
    label_noise: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: HistoryIndex | None = None
    code_table_csv: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    people_visible_at_t0: float | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    units: "pd.Series[str] | None" = None
    places: Places | None = None
    efforts: pd.DataFrame | None = None
    reforms: tuple[Reform, ...] = ()
    objected: frozenset[str] = frozenset()
    tables: Mapping[str, HistoryIndex] = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """``cases`` with the day their outcome was known on and the outcome.

        ``known_on`` is that day; ``long`` is 1 or 0, and NaN where no outcome was known
        by the extract date. ``weight``, where outcomes are durations, is how many cases
        each known one stands for (outcomes/censoring.py). ``left`` marks the competing
        events among those not long: the risk is of all citizens, not of those who were
        to stay. A split's positions are of these rows.
        """
        outcome = self.outcomes["outcome"].astype(str).to_numpy()
        is_long = (outcome == "long").astype(np.float64)
        own = {}
        if "weight" in self.outcomes:
            own["weight"] = self.outcomes["weight"].to_numpy()
        return self.cases.assign(
            **own,
            known_on=self.outcomes["known_on"].to_numpy(),
            long=np.where(outcome == "censored", np.nan, is_long),
            left=outcome == "competing event",
        ).reset_index(drop=True)

    def compute_origin(self, *, kind: str | None = None) -> str:
        """Compute one SHA-256 of all that a training of a *kind* follows from.

        Data, day of the extract, specification, places, known changes, our version and
        those of the libraries that fit: what makes a model again but for the machine,
        and the search's own library.
        """
        parts = {
            "tables": {**self.digests, **self.fingerprints},
            "extract_date": str(self.extract_date),
            "places": repr(self.places),
            "reforms": repr(self.reforms),
            "kind": kind,
            "versions": {name: version(name) for name in FITTED_BY},
        }
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def list_units(self) -> npt.NDArray[np.object_]:
        """Return the unit of each case; by ``cases`` where none are given."""
        if self.units is not None:
            return self.units.to_numpy(dtype=object)
        every = pd.Series(ANY_MUNICIPALITY_OR_TEAM, index=self.cases.index)
        named = (self.cases.get(name, every) for name in ("municipality", "team"))
        return name_units(*named)

    @property
    def labelled(self) -> pd.DataFrame:
        """The rows of ``table`` with an outcome, leavers among them; by position."""
        return self.table[self.table["long"].notna()]

    def to_arrays(self) -> "LabelledData":
        """Return features, outcomes and persons of all cases as arrays."""
        table = self.table
        values = np.ascontiguousarray(self.features.to_numpy(dtype=np.float64))
        weight = None
        if "weight" in table:
            weight = table["weight"].to_numpy(dtype=np.float64)
            weight = weight * (np.nansum(weight) / np.nansum(weight**2))
        return LabelledData(
            values,
            table["long"].to_numpy(),
            table["person_id"],
            weight,
            table["left"].to_numpy(dtype=np.bool_),
        )


@dataclass(frozen=True, slots=True)
class LabelledData:
    """Feature values (cases, features), outcomes (1, 0 or NaN) and persons of cases.

    ``weight`` is what fits weigh each case by: the inverse of the probability that it
    was not censored, on such a scale that the weights sum to as many cases as they are
    worth (Kish 1965, Survey Sampling), so that a penalty stays a prior and an interval
    is not narrower for cases that nobody has seen. None where no case is weighed.
    ``left`` marks who left before the horizon, among those not long; None where nobody
    says.
    """

    values: npt.NDArray[np.float64]
    long: npt.NDArray[np.float64]
    person: "pd.Series[Any]"
    weight: npt.NDArray[np.float64] | None = None
    left: npt.NDArray[np.bool_] | None = None

    def take(self, positions: npt.NDArray[np.int64]) -> "LabelledData":
        """Return the cases at *positions*."""
        return LabelledData(
            self.values[positions],
            self.long[positions],
            self.person.iloc[positions],
            None if self.weight is None else self.weight[positions],
            None if self.left is None else self.left[positions],
        )
