"""The figures of a replay, for pages and programs: what is counted, and of what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.disclosure.levels import OTHERS, merge_small_levels
from riskscreen.outcomes import name_end_states
from riskscreen.outcomes.end_states import OTHER
from riskscreen.readers.site import Site
from riskscreen.replay.counting import (
    GROUPS,
    ReplayCounts,
    ShownMean,
    count_replay,
)
from riskscreen.replay.nights import MORE_PLACES, Period
from riskscreen.replay.practice import find_help
from riskscreen.spec import Specification
from riskscreen.training import Dataset


@dataclass(frozen=True)
class Replay:
    """A replay of a site's target, counted.

    ``places`` are those of a week, all units together: the mean over the nights' days,
    for each retraining's model has its own; ``price`` is what a week of one
    citizen's help costs in kroner, None where the site does not state it.
    """

    site: Site
    spec: Specification
    first: date
    last: date
    trained_on: tuple[date, ...]
    places: float
    price: float | None
    counts: ReplayCounts

    @property
    def price_of_help(self) -> ShownMean:
        """What the help of one citizen costs, by its mean length; None if not known."""
        weeks = self.counts.weeks_of_help
        if self.price is None or weeks is None or weeks == HIDDEN:
            return None if self.price is None else weeks
        return self.price * weeks


def count_nights(
    spec: Specification,
    nights: pd.DataFrame,
    followed: Dataset,
    efforts: pd.DataFrame,
    *,
    extract_date: date,
    weeks: float,
) -> ReplayCounts:
    """Count *nights* (nights.score_nights) beside *efforts*, as *followed* says.

    *followed* is the whole delivery: what became of each case.
    """
    outcomes = followed.outcomes.set_index("case_id")
    states = name_end_states(spec, outcomes["end_group"])
    cases = nights.assign(
        team=_name_teams(nights),
        outcome=outcomes["outcome"].astype(str).reindex(nights["case_id"]).to_numpy(),
        state=states.reindex(nights["case_id"]).to_numpy(),
        **find_help(spec, nights, efforts, extract_date=extract_date),
    )
    audit = followed.audit
    names: list[str] = []
    if audit is not None:
        names = [name for name in spec.audit if name in audit]
        rows = audit.set_axis(followed.cases["case_id"].to_numpy())
        own = rows[names].reindex(nights["case_id"]).reset_index(drop=True)
        cases = cases.assign(**{name: own[name] for name in names})
    return count_replay(
        cases,
        end_states=(*spec.outcome.end_states, OTHER),
        audit=names,
        weeks=weeks,
    )


def _name_teams(nights: pd.DataFrame) -> "pd.Series[Any]":
    """Name each case's team, small ones together; with its municipality if several."""
    persons = nights["person_id"]
    team = merge_small_levels(nights["team"].astype(str), persons)
    place = merge_small_levels(nights["municipality"].astype(str), persons)
    if nights["municipality"].nunique() == 1:
        return team
    # Each part by itself: a name with a slash in it is never told.
    return (place + "/" + team).mask((place == OTHERS) | (team == OTHERS), OTHERS)


def average_places(periods: Sequence[Period], places: Sequence[float]) -> float:
    """Return the mean places a week over the days of *periods*, each with its own."""
    days = [(period.end - period.first).days for period in periods]
    return float(np.average(places, weights=days))


def gather_figures(found: Replay) -> dict[str, Any]:
    """Build the JSON of *found*; "hidden" is of few people."""
    counts = found.counts
    tables = {
        name: getattr(counts, name).to_json()
        for name in (
            *("outcomes", "end_states", "weekdays", "teams", "waits"),
            "more_places",
        )
    }
    return {
        "site": found.site.name,
        "target": found.spec.name,
        "synthetic": found.site.synthetic,
        "extract_date": found.site.extract_date.isoformat(),
        "first_night": found.first.isoformat(),
        "last_night": found.last.isoformat(),
        "trained_on": [day.isoformat() for day in found.trained_on],
        "groups": {name: counts.groups.find(None, name) for name in GROUPS},
        **tables,
        "audit": {name: table.to_json() for name, table in counts.audit.items()},
        "left_out": dict(counts.left_out),
        "weeks": round(counts.weeks, 1),
        "places_a_week": found.places,
        "more_places_a_week": MORE_PLACES,
        "price_a_week": found.price,
        "weeks_of_help": _round(counts.weeks_of_help, 1),
        "price_of_help": _round(found.price_of_help),
    }


def _round(figure: ShownMean, digits: int | None = None) -> ShownMean:
    return round(figure, digits) if isinstance(figure, float) else figure
