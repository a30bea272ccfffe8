"""Count the cases of a replay: whom the model proposed, whom practice chose, and more.

Tables in, counts out that may be printed. All tables are of the same cases, so what is
hidden in one is hidden with all the others in view (disclosure/linked_counts.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.counts import HIDDEN, Shown, ShownCounts
from riskscreen.disclosure.linked_counts import LinkedTable, N, hide_linked
from riskscreen.disclosure.suppression import is_small
from riskscreen.replay.nights import ROUTED, SET_ASIDE

BOTH, MODEL, PRACTICE, NEITHER = "both", "model", "practice", "neither"
GROUPS = (BOTH, MODEL, PRACTICE, NEITHER)
"""Proposed by the model and chosen by practice, by one of them alone, or by neither."""
OUTCOMES = ("long", "not long", "competing event", "censored")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "weekend")
WAITS = ("to_2_weeks", "to_4_weeks", "to_8_weeks", "to_13_weeks", "longer")
_WAIT_UNTIL = (14, 28, 56, 91)
"""The last day of each wait but the longest, from the decision."""
NEWLY, STILL_NOT, BEFORE = "newly", "still_not", "before"
"""Whether more places would propose a case that was not proposed before."""
NOT_CHOSEN = "not_chosen"
NOT_STATED = "not_stated"
PAST_THE_MODEL = (ROUTED, SET_ASIDE)
LEFT_OUT = (*PAST_THE_MODEL, "under_way", "not_followed")
"""Why a case is in no table: it took a route past the model, its row could not be used,
it had help already, or nobody can follow what became of it."""
ShownMean = float | Literal["hidden"] | None
"""A mean that may be printed; None where nothing was stated that it could be of."""
_ALL = "all"


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """What may be printed of a replay; each table has GROUPS for columns.

    ``groups`` has one row, ``outcomes`` those of OUTCOMES, ``end_states`` the states of
    the specification; ``more_places`` says what became of those whom more places would
    newly propose, and how many would still not be. ``waits`` has the chosen alone.
    ``audit`` is by column of the audit table. ``left_out`` are the cases that no table
    has, by why: their sum is printed nowhere. ``weeks_of_help`` is the mean of the
    chosen with a stated end, None where there is none.
    """

    groups: ShownCounts
    outcomes: ShownCounts
    end_states: ShownCounts
    weekdays: ShownCounts
    teams: ShownCounts
    waits: ShownCounts
    more_places: ShownCounts
    audit: Mapping[str, ShownCounts]
    left_out: Mapping[str, Shown]
    weeks: float
    weeks_of_help: ShownMean


def assign_groups(
    proposed: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.str_]:
    """Return which of GROUPS each case is in."""
    by_model = np.where(chosen, BOTH, MODEL)
    return np.where(proposed, by_model, np.where(chosen, PRACTICE, NEITHER))


def count_replay(
    cases: pd.DataFrame,
    *,
    end_states: Sequence[str],
    audit: Sequence[str] = (),
    weeks: float,
) -> ReplayCounts:
    """Count *cases*, a row each: what night and practice made of it, and its outcome.

    Columns: fate, proposed, proposed_with_more, decision_date, team, chosen, under_way,
    days, weeks, outcome (one of OUTCOMES, missing where it cannot be followed), state
    (one of *end_states*) and those of *audit*. The groups are of the cases that were
    scored, had no help under way and can be followed.
    """
    counted = find_left_out(cases) == ""
    table = _describe(cases[counted].reset_index(drop=True), audit)
    tables = _list_tables(table, end_states, audit)
    cells = pd.concat(
        [_count_cells(table, columns) for columns in _list_blocks(audit)],
        ignore_index=True,
    ).fillna(dict.fromkeys(table, ""))
    hidden = hide_linked(cells, [*tables.values()], link="group", block="block")
    shown = dict(zip(tables, hidden, strict=True))
    lasted = table["weeks"][table["chosen"]].dropna()
    return ReplayCounts(
        **{name: of for name, of in shown.items() if name not in audit},
        audit={name: shown[name] for name in audit},
        left_out=_count_left_out(cases),
        weeks=weeks,
        weeks_of_help=_show_mean(lasted),
    )


def _show_mean(lasted: "pd.Series[float]") -> ShownMean:
    """Return the mean of *lasted*; hidden where they are few, None without any."""
    if is_small(len(lasted)):
        return HIDDEN
    return None if lasted.empty else float(lasted.mean())


def find_left_out(cases: pd.DataFrame) -> "pd.Series[str]":
    """Find why each case is in no table; empty of those that the groups are of.

    A case without a score that is shown is counted: the model does not propose it.
    """
    why = pd.Series("", index=cases.index)
    why = why.mask(cases["outcome"].isna(), "not_followed")
    why = why.mask(cases["under_way"], "under_way")
    return why.mask(cases["fate"].isin(PAST_THE_MODEL), cases["fate"])


def _count_left_out(cases: pd.DataFrame) -> dict[str, Shown]:
    why = find_left_out(cases)
    counts = {name: int((why == name).sum()) for name in LEFT_OUT}
    return {n: HIDDEN if is_small(count) else count for n, count in counts.items()}


def _describe(cases: pd.DataFrame, audit: Sequence[str]) -> pd.DataFrame:
    """Return the words of each case by which it is counted."""
    proposed, chosen = cases["proposed"].to_numpy(), cases["chosen"].to_numpy()
    days = cases["days"].to_numpy(dtype=np.float64)
    wait = np.array(WAITS)[np.searchsorted(_WAIT_UNTIL, np.nan_to_num(days))]
    weekday = np.minimum(cases["decision_date"].dt.day_of_week.to_numpy(), 5)
    more = np.where(cases["proposed_with_more"], NEWLY, STILL_NOT)
    return pd.DataFrame(
        {
            "group": assign_groups(proposed, chosen),
            "outcome": cases["outcome"].astype(str),
            "state": cases["state"].where(cases["outcome"] != "censored", "censored"),
            "weekday": np.array(WEEKDAYS)[weekday],
            "team": cases["team"].astype(str),
            "wait": np.where(chosen, wait, NOT_CHOSEN),
            "more": np.where(proposed, BEFORE, more),
            "all": _ALL,
            "chosen": chosen,
            "weeks": cases["weeks"],
            **{name: cases[name].fillna(NOT_STATED).astype(str) for name in audit},
        }
    ).assign(
        new_outcome=lambda of: np.where(
            of["more"] == NEWLY, "newly " + of["outcome"], of["more"]
        )
    )


def _list_tables(
    table: pd.DataFrame, end_states: Sequence[str], audit: Sequence[str]
) -> dict[str, LinkedTable]:
    """List every table by name: what its rows are, and that its columns are GROUPS."""
    newly = tuple(f"newly {outcome}" for outcome in OUTCOMES)
    rows = {
        "groups": ("all", (_ALL,)),
        "outcomes": ("outcome", OUTCOMES),
        "end_states": ("state", (*end_states, "censored")),
        "more_places": ("new_outcome", (*newly, STILL_NOT)),
        "weekdays": ("weekday", WEEKDAYS),
        "teams": ("team", tuple(sorted(table["team"].unique()))),
        "waits": ("wait", WAITS),
        **{name: (name, tuple(sorted(table[name].unique()))) for name in audit},
    }
    return {
        name: LinkedTable(by, "group", order, GROUPS)
        for name, (by, order) in rows.items()
    }


def _list_blocks(audit: Sequence[str]) -> list[list[str]]:
    """List the columns that are counted together: those whose tables can be joined."""
    together = ["all", "outcome", "state", "new_outcome"]
    return [together, ["weekday"], ["team"], ["wait"], *([name] for name in audit)]


def _count_cells(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Count the cases by group and *columns*: every combination that there is."""
    seen = table[columns].drop_duplicates()
    every = seen.merge(pd.DataFrame({"group": GROUPS}), how="cross")
    counted = table.groupby(["group", *columns]).size().rename(N).reset_index()
    cells = every.merge(counted, how="left", on=["group", *columns])
    return cells.assign(**{N: cells[N].fillna(0).astype(int)}, block=columns[0])
