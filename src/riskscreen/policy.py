"""The one policy: who is proposed, from which risk on, for how many places a week.

A case is proposed when its risk reaches the threshold of its unit and lies above the
base risk. The thresholds are set from the site's own arrivals, so that the expected
proposals of a week are as many as the places. Nothing is used up: a case is proposed or
not whatever else came in, so one case alone is what it is among a million.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.arrivals import Arrivals, RiskBins, find_log_odds_with, name_unit
from riskscreen.logistic_function import expit, logit

Numbers = npt.NDArray[np.float64]
Units = npt.NDArray[np.object_]
SharedBy = Literal["site", "municipality", "team"]

NOBODY = 1.0
"""The threshold of a unit without places: a risk that no case reaches."""
SHARE_WITHOUT_PLACES = 0.1
"""Where models are compared with each other and no places are stated: so many are taken
of each. Nobody is proposed by it."""
MOST_PLACES = 1e6
MOST_CARRY_WEEKS = 520
"""What a site may state and a model's folder may hold; ten years of weeks."""
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Places:
    """How many places a week there are, and who shares them.

    ``per_week`` is of each unit, or of each by its name: a municipality's or a team's;
    teams of one name in several municipalities are told apart as ``municipality/team``.
    ``carry_weeks`` is a matter of the lists alone, and sets no threshold.
    """

    shared_by: SharedBy
    per_week: float | Mapping[str, float]
    carry_weeks: int = 0

    def rests_on_the_same(self, other: "Places | None") -> bool:
        """Return whether both set the same thresholds."""
        return other is not None and (self.shared_by, self.per_week) == (
            other.shared_by,
            other.per_week,
        )

    def describe(self) -> str:
        """Return the places in words, without the units' names.

        >>> Places("team", 2.5).describe(), Places("site", 14.0).describe()
        ('2.5 places a week in each team', '14 places a week in all')
        """
        if isinstance(self.per_week, Mapping):
            total = sum(self.per_week.values())
            named = f"each of {len(self.per_week)} {_UNITS[self.shared_by]} its own"
            return f"{_count(total)} a week, {named}"
        whose = "all" if self.shared_by == "site" else f"each {self.shared_by}"
        return f"{_count(self.per_week)} a week in {whose}"

    def find(self, unit: str) -> float | None:
        """Return the places of *unit* (name_units, as shared); None if none is stated.

        >>> Places("team", {"A": 2.0}).find("Nord/A")
        2.0
        """
        if not isinstance(self.per_week, Mapping):
            return self.per_week
        name = find_name(unit, self.per_week)
        return None if name is None else self.per_week[name]

    def list_without(self, arrivals: Arrivals) -> list[str]:
        """List the named units that have too few *arrivals* for their own threshold."""
        if not isinstance(self.per_week, Mapping):
            return []
        units = arrivals.list_units(self.shared_by)
        called = {find_name(unit, self.per_week) for unit in units}
        return [name for name in self.per_week if name not in called]

    def scale(self, factor: float) -> "Places":
        """Return *factor* times as many places."""
        if isinstance(self.per_week, Mapping):
            more = {name: factor * places for name, places in self.per_week.items()}
            return Places(self.shared_by, more, self.carry_weeks)
        return Places(self.shared_by, factor * self.per_week, self.carry_weeks)

    def total(self, arrivals: Arrivals) -> float:
        """Return the places of all units together.

        A number counts for each unit that anybody arrived in, a name for each unit
        that has its places by it, and at least once.
        """
        if not isinstance(self.per_week, Mapping):
            return self.per_week * arrivals.count_units(self.shared_by)
        units = arrivals.list_units(self.shared_by)
        called = Counter(find_name(unit, self.per_week) for unit in units)
        return sum(n * max(called[name], 1) for name, n in self.per_week.items())


_UNITS = {"site": "sites", "municipality": "municipalities", "team": "teams"}


def _count(places: float) -> str:
    return f"{places:g} place{'s' * (places != 1)}"


def find_name(unit: str, names: Iterable[str]) -> str | None:
    """Return which of *names* a unit has its places by: its own, or else its team's."""
    # A unit's stated name as units are named.
    stated = {"/".join(map(name_unit, name.split("/"))): name for name in names}
    return stated.get(unit, stated.get(unit.rpartition("/")[2]))


@dataclass(frozen=True, slots=True)
class Proposals:
    """One entry per case: whether it is proposed, and by which threshold.

    ``threshold`` is NaN where there is none; ``by_site`` says that the threshold
    is the site's, because the unit has none of its own.
    """

    proposed: npt.NDArray[np.bool_]
    threshold: Numbers
    by_site: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds of a model, and what they rest on.

    ``threshold`` is the site's, ``thresholds`` are those of the units with arrivals
    enough, by their name. Without ``places`` there is none, and nobody is proposed.
    """

    base_risk: float
    places: Places | None = None
    threshold: float | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    arrivals: Arrivals | None = None

    def propose(
        self, risk: npt.ArrayLike, units: Units, *, outdated: bool = False
    ) -> Proposals:
        """Propose the cases whose *risk* reaches their unit's threshold.

        *units* are name_units() of the same cases. A risk of NaN, of a score that is
        not shown, is never proposed, and nobody is by a model that is *outdated*
        (model/label_age.py): it has no threshold, as one without places has none.
        """
        values = np.asarray(risk, dtype=np.float64)
        if outdated or self.places is None or self.threshold is None:
            nothing = np.zeros(len(values), dtype=bool)
            return Proposals(nothing, np.full(len(values), np.nan), nothing)
        place, names = pd.factorize(share_units(units, self.places.shared_by))
        own = np.array([name in self.thresholds for name in names], dtype=bool)[place]
        thresholds = [self.thresholds.get(name, self.threshold) for name in names]
        threshold = np.array(thresholds, dtype=np.float64)[place]
        above = (values >= threshold) & (values > self.base_risk)
        by_site = ~own & (self.places.shared_by != "site")
        return Proposals(above, threshold, by_site)

    def lift(self, base_risk: float) -> "Policy":
        """Return the policy for cases of another *base_risk*, by the same arrivals.

        No threshold lies below it. One that the base risk of this policy has raised
        comes down again: it is of cases of another stage.
        """
        if self.places is None or self.arrivals is None:
            return replace(self, base_risk=base_risk)
        return set_thresholds(self.arrivals, self.places, base_risk=base_risk)

    def scale_places(self, factor: float) -> "Policy":
        """Return the policy that *factor* times the places would make."""
        if self.places is None or self.arrivals is None:
            return self
        more = self.places.scale(factor)
        return set_thresholds(self.arrivals, more, base_risk=self.base_risk)

    def add_places(self, extra: float) -> "Policy":
        """Return the policy that *extra* places a week would make, dealt as all are."""
        if self.places is None or self.arrivals is None:
            return self
        total = self.places.total(self.arrivals)
        return self.scale_places((total + extra) / total)

    def expect_proposals(self) -> float | None:
        """Return how many proposals a week are expected; None without thresholds."""
        if self.arrivals is None or self.places is None or self.threshold is None:
            return None
        expected = 0.0
        for bins in self.arrivals.bins:
            unit = _share_unit(bins.unit, self.places.shared_by)
            threshold = self.thresholds.get(unit, self.threshold)
            expected += bins.count_from(logit(threshold))
        return expected / self.arrivals.weeks

    def expect_share(self) -> float:
        """Return the share of arrivals that are proposed; a tenth without places."""
        expected = self.expect_proposals()
        if expected is None or self.arrivals is None or not self.arrivals.n:
            return SHARE_WITHOUT_PLACES
        return expected * self.arrivals.weeks / self.arrivals.n

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON holds it."""
        return asdict(self)


def policy_from_json(stored: Mapping[str, Any]) -> Policy:
    """Return the policy that ``to_json`` wrote."""
    places, arrivals = stored["places"], stored["arrivals"]
    made = None
    if arrivals is not None:
        bins = tuple(
            RiskBins(b["unit"], tuple(b["edges"]), tuple(b["counts"]))
            for b in arrivals["bins"]
        )
        made = Arrivals(**{**arrivals, "bins": bins})
    return Policy(
        base_risk=stored["base_risk"],
        places=None if places is None else Places(**places),
        threshold=stored["threshold"],
        thresholds=dict(stored["thresholds"]),
        arrivals=made,
    )


def set_thresholds(
    arrivals: Arrivals | None, places: Places | None, *, base_risk: float
) -> Policy:
    """Set the thresholds at which *places* are filled by the expected *arrivals*.

    A unit has its own where at least FEWEST_ARRIVALS came in and its places are stated;
    all others take the site's, which fills all places by all arrivals. No threshold
    lies below the base risk: who looks like everybody is not proposed.
    """
    if places is None or arrivals is None or not arrivals.bins:
        return Policy(base_risk, places, arrivals=arrivals)

    def find(bins: Sequence[RiskBins], per_week: float) -> float:
        if per_week <= 0:
            return NOBODY
        log_odds = find_log_odds_with(bins, per_week * arrivals.weeks)
        return max(round(float(expit(log_odds)), _DECIMALS), base_risk)

    thresholds = {}
    if places.shared_by != "site":
        for unit in arrivals.list_units(places.shared_by):
            own = places.find(unit)
            if own is not None:
                thresholds[unit] = find(arrivals.find_bins(unit), own)
    return Policy(
        base_risk=base_risk,
        places=places,
        threshold=find(arrivals.bins, places.total(arrivals)),
        thresholds=thresholds,
        arrivals=arrivals,
    )


def share_units(units: Units, shared_by: SharedBy) -> Units:
    """Return the unit that each case's places are shared in."""
    place, names = pd.factorize(np.asarray(units, dtype=object))
    shared = np.array([_share_unit(name, shared_by) for name in names], dtype=object)
    return shared[place]


def _share_unit(unit: str, shared_by: SharedBy) -> str:
    if shared_by == "team":
        return unit
    return "" if shared_by == "site" else unit.partition("/")[0]
