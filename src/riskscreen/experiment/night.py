"""Tonight's lot: who may be drawn for the first time, and who stands on the list by it.

It comes after the scores and changes none of them: whoever is proposed is proposed, and
the lot deals places beside those.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from riskscreen.arrivals import name_units
from riskscreen.documents.pages.scoring_run import NO_LOT, ByLot
from riskscreen.efforts import Efforts
from riskscreen.experiment.plan import (
    count_candidates,
    digest_plan,
    draw_number,
    find_team,
    is_drawn,
)
from riskscreen.files import write_json
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Policy
from riskscreen.readers.site_file import StatedExperiment
from riskscreen.scoring.ranking import find_later_proposals
from riskscreen.sheets import write_sheet
from riskscreen.spec.outcome import Outcome
from riskscreen.store import Store
from riskscreen.store.decisions import find_off_list
from riskscreen.store.experiments import Draw, find_draws, find_plan, note_draws
from riskscreen.store.views import find_persons
from riskscreen.validation.schemas import LANDMARK_WEEK

PLAN_FILE, DRAWS_FILE = "plan.json", "draws.csv"
_READ = (
    *("case_id", "municipality", "team", "decision_date", "risk", "proposed"),
    *("threshold", "abstained", LANDMARK_WEEK),
)


@dataclass(frozen=True, slots=True)
class TonightsLot:
    """What the lot says tonight; ``new`` are the draws of cases that it meets first.

    ``warning`` says why nobody could be drawn although a plan is stated.
    """

    by_lot: ByLot = NO_LOT
    new: tuple[Draw, ...] = ()
    sha256: str = ""
    warning: str = ""

    def keep(self, store: Store, *, at: datetime) -> None:
        """Note the new draws in *store*: the night stands."""
        if self.new:
            note_draws(store, self.sha256, self.new, at=at)


def draw_tonight(  # noqa: PLR0913  (of what, on which day, into which folder)
    plan: StatedExperiment | None,
    store: Store | None,
    model: RiskModel | None,
    scores: Path,
    efforts: Efforts | None,
    *,
    day: date,
    out: Path,
) -> TonightsLot:
    """Draw by *plan* among the scored cases of *model* in the folder *scores*.

    Writes the plan, its digest and every case that could be drawn into *out*. Nobody is
    drawn but by the plan as it was fixed, between its dates and before its stop, and
    where *efforts* say who has help; whoever was drawn stays.
    """
    if plan is None or model is None:
        return TonightsLot()
    sha256 = digest_plan(plan)
    if store is None:
        return TonightsLot(warning=_say("this run keeps nothing in a store"))
    fixed = find_plan(store)
    if fixed is None:
        why = "no plan is fixed in the store: riskscreen experiment fix"
        return TonightsLot(warning=_say(why))
    if fixed.sha256 != sha256:
        why = "[experiment] is not as it was fixed. Put it back"
        return TonightsLot(warning=_say(why))
    draws = find_draws(store, sha256)
    new: tuple[Draw, ...] = ()
    warning = ""
    if efforts is None:
        warning = _say("no efforts are delivered, so nobody knows who has help")
    elif plan.start_date <= day <= plan.end_date and fixed.stopped_at is None:
        outcome = model.spec.outcome
        table = read_scores(scores / "scores.parquet", outcome.clock)
        if len(table) and table["threshold"].isna().all():
            warning = _say("no case has a threshold, for places or newer labels lack")
        known = {of.case_id for of in draws}
        with store.read() as connection:
            without = known | find_off_list(connection, plan.target) | efforts.cases
            without |= find_past(table, outcome, day)
            named = sorted({*table["case_id"], *without})
            persons = find_persons(connection, named)
        new = draw_new(
            plan,
            model.policy,
            table,
            without=without,
            apart=known | efforts.find_under_way(day),
            persons=persons,
            day=day,
        )
    _write(out, plan, sha256, [*draws, *new])
    drawn = frozenset(of.case_id for of in (*draws, *new) if of.drawn)
    by_lot = ByLot(plan.target, drawn, plan.information)
    return TonightsLot(by_lot, new, sha256, warning)


def _say(why: str) -> str:
    return f"The experiment drew nobody: {why}."


def draw_new(  # noqa: PLR0913  (among whom, and beside what)
    plan: StatedExperiment,
    policy: Policy,
    scores: pd.DataFrame,
    *,
    without: Collection[str] = (),
    apart: Collection[str] = (),
    persons: Mapping[str, str | None] | None = None,
    day: date,
) -> tuple[Draw, ...]:
    """Draw each case that may be drawn and is not among *without*, in case order.

    *persons* say whose cases are. A citizen has one draw: of several cases the latest
    is drawn, and none of a citizen who is proposed for another or has one in *apart*.
    """
    units = name_units(scores["municipality"], scores["team"])
    may = find_candidates(plan, policy, scores, units)
    may &= ~scores["case_id"].isin(list(without)).to_numpy(dtype=bool)
    may &= _stand_for_citizens(scores, may, apart, persons or {})
    cases = scores["case_id"].to_numpy(dtype=object)[may]
    return tuple(
        Draw(case, unit, day, is_drawn(plan, case, unit, day))
        for case, unit in sorted(zip(cases, units[may], strict=True))
    )


def _stand_for_citizens(
    scores: pd.DataFrame,
    may: npt.NDArray[np.bool_],
    apart: Collection[str],
    persons: Mapping[str, str | None],
) -> npt.NDArray[np.bool_]:
    """Return which cases of those that *may* be drawn are the ones of their citizens.

    A case of which nobody knows whose it is stands for itself.
    """
    whose = scores["case_id"].map(lambda case: persons.get(case) or case)
    placed = set(whose[scores["proposed"].to_numpy(dtype=bool)])
    placed |= {persons.get(case) or case for case in apart}
    chosen = scores.assign(proposed=may & ~whose.isin(placed).to_numpy(dtype=bool))
    latest = find_later_proposals(chosen, whose).isna()
    return (chosen["proposed"] & latest).to_numpy(dtype=bool)


def find_candidates(
    plan: StatedExperiment,
    policy: Policy,
    scores: pd.DataFrame,
    units: npt.NDArray[np.object_],
) -> npt.NDArray[np.bool_]:
    """Find who may be drawn: above the base risk, just below the line, and no other.

    That is whom the extra places would propose by the ordinary policy, and today's do
    not. A score that is not shown is never among them, nor one without a threshold, of
    a landmark, or of a case that was taken in before the plan began.
    """
    wider = policy.add_places(count_candidates(plan))
    below = wider.propose(scores["risk"], units).proposed
    below &= ~scores["proposed"].to_numpy(dtype=bool)
    below &= ~scores["abstained"].to_numpy(dtype=bool)
    below &= scores["threshold"].notna().to_numpy(dtype=bool)
    below &= scores[LANDMARK_WEEK].isna().to_numpy(dtype=bool)
    days = pd.to_datetime(scores["decision_date"])
    below &= (days >= pd.Timestamp(plan.start_date)).to_numpy(dtype=bool)
    if plan.design == "steps":
        of_plan = {unit for unit in set(units) if find_team(plan, unit) is not None}
        below &= np.array([unit in of_plan for unit in units], dtype=bool)
    return below


def find_past(scores: pd.DataFrame, outcome: Outcome, day: date) -> set[str]:
    """Find the cases whose horizon lies before *day*: help now would come too late."""
    horizon = pd.to_datetime(scores[outcome.clock])
    horizon += pd.Timedelta(weeks=outcome.horizon_weeks)
    return set(scores["case_id"][horizon < pd.Timestamp(day)])


def read_scores(path: Path, clock: str) -> pd.DataFrame:
    """Read what a lot asks of scores; an earlier release has no landmarks."""
    table, read = pd.read_parquet(path), [*dict.fromkeys((*_READ, clock))]
    absent: dict[str, Any] = {name: None for name in read if name not in table}
    return table.assign(**absent)[read]


def _write(
    out: Path, plan: StatedExperiment, sha256: str, draws: Collection[Draw]
) -> None:
    out.mkdir(mode=0o700)
    # Who reads nights may take in cases, and who knows the seed knows the lot.
    stated = plan.model_dump(mode="json", exclude={"seed"})
    write_json(out / PLAN_FILE, {"sha256": sha256, "plan": stated})
    columns = {
        "case_id": [of.case_id for of in draws],
        "unit": [of.unit for of in draws],
        "entered_on": [of.entered_on.isoformat() for of in draws],
        "number": [draw_number(plan, of.case_id) for of in draws],
        "drawn": [of.drawn for of in draws],
    }
    write_sheet(out / DRAWS_FILE, pa.table(columns))
