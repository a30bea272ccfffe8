"""Read outcomes that are delivered as durations, some of them censored."""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import is_small
from riskscreen.errors import TableError
from riskscreen.outcomes.censoring import (
    MOST,
    FollowedCases,
    weigh_known_outcomes,
)
from riskscreen.outcomes.derive import (
    find_ready_days,
    name_outcomes,
    require_one_row_each,
)
from riskscreen.outcomes.kernel import IS_CENSORED, IS_LONG, IS_NOT_LONG
from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK, OPEN_END, to_day_number, to_days

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def convert_durations(
    spec: Specification,
    table: pd.DataFrame,
    cases: pd.DataFrame,
    *,
    extract_date: date | None,
) -> pd.DataFrame:
    """Return delivered durations as outcomes, in the form of convert_ready_outcomes.

    *table* has ``case_id``, ``duration`` (days from the outcome's clock, as long as it
    was seen) and ``observed`` (whether it ended then) or ``followed_until`` (the day up
    to which the case was followed; a duration that is missing, or reaches it, was still
    going on). A case without a row was not followed at all.

    The outcome is known of every case at the horizon's end, of the short ones not
    before. Two columns more tell of those whose horizon had ended by *extract_date*:
    ``lost`` marks those that were censored before it, ``weight`` is what each other one
    stands for (censoring.py). Raises TableError where a duration ends before T0 or
    after the extract date, or nobody was followed to the horizon.
    """
    require_one_row_each(table)
    row = table.set_index("case_id").reindex(cases["case_id"])
    known_on = find_ready_days(spec, table, cases)
    before = _count_days_before(spec, cases)
    days, ended = _read_follow_up(spec, row, cases)
    _check_days(spec, cases, (days, ended), extract_date=extract_date)
    due = np.ones(len(cases), dtype=bool)
    if extract_date is not None:
        due = ~(known_on > pd.Timestamp(extract_date)).to_numpy(dtype=bool)
    horizon = spec.outcome.horizon_weeks * DAYS_IN_WEEK - before
    followed = FollowedCases(np.maximum(days - before, 0.0)[due], ended[due])
    found = weigh_known_outcomes(followed, horizon[due])
    if np.isnan(found.long).any() and not (found.long == 1).any():
        raise TableError(
            "outcomes: no case was followed to the horizon without an end, so nothing "
            "is known of the long ones. Deliver durations of cases that were followed "
            "longer, or ask for a sooner horizon."
        )
    long, weight = (np.full(len(cases), np.nan) for _ in range(2))
    long[due], weight[due] = found.long, found.weight
    code = np.where(long > 0, IS_LONG, IS_NOT_LONG)
    return pd.DataFrame(
        {
            "case_id": cases["case_id"].to_numpy(),
            "outcome": name_outcomes(np.where(np.isnan(long), IS_CENSORED, code)),
            "known_on": known_on,
            "weeks": np.full(len(cases), np.nan),
            "end_group": pd.Series([None] * len(cases), dtype="str"),
            "rests_on_unverified_weeks": np.full(len(cases), np.nan),
            "weight": weight,
            "lost": due & np.isnan(long),
        }
    )


def _read_follow_up(
    spec: Specification, row: pd.DataFrame, cases: pd.DataFrame
) -> tuple[Numbers, Flags]:
    """Return how many days each case was followed, and whether it ended then."""
    duration = row["duration"].to_numpy(dtype=np.float64)
    if "observed" in row and "followed_until" in row:
        raise TableError(
            "outcomes: both observed and followed_until say who was still going on. "
            "Deliver one of them."
        )
    if "observed" in row:
        ended = row["observed"].to_numpy(dtype=np.float64) > 0
        if missing := int((ended & np.isnan(duration)).sum()):
            raise TableError(
                f"outcomes: {missing} rows are observed and have no duration. Deliver "
                "the days to the end."
            )
        return np.nan_to_num(duration), ended
    if "followed_until" not in row:
        raise TableError(
            "outcomes: a duration, and nothing says of whom it was still going on. Add "
            "observed (whether it ended) or followed_until (the day up to which it was "
            "followed)."
        )
    if spec.split.column == "period":
        raise TableError(
            "outcomes: followed_until is a day, and the cases have no dates. Deliver "
            "observed in its place."
        )
    last = to_days(row["followed_until"].reset_index(drop=True))
    clock = to_days(cases[spec.outcome.clock].reset_index(drop=True))
    followed = np.where(last == OPEN_END, np.nan, (last - clock).astype(np.float64))
    # A duration that reaches the last day looked at may have gone on: never short.
    ended = duration < followed
    return np.nan_to_num(np.fmin(duration, followed)).clip(0), ended


def _count_days_before(spec: Specification, cases: pd.DataFrame) -> Numbers:
    """Return the days from each case's clock to T0, from which it is followed."""
    if spec.split.column == "period":
        return np.zeros(len(cases))
    clock, decided = to_days(cases[spec.outcome.clock]), to_days(cases["decision_date"])
    return np.asarray(decided - clock, dtype=np.float64)


def _check_days(
    spec: Specification,
    cases: pd.DataFrame,
    follow_up: tuple[Numbers, Flags],
    *,
    extract_date: date | None,
) -> None:
    days, ended = follow_up
    before = _count_days_before(spec, cases)
    if early := int((ended & (days < before)).sum()):
        raise TableError(
            f"outcomes: {early} durations end before the decision date. Leave out the "
            f"cases that were over, or correct the days from {spec.outcome.clock}."
        )
    if extract_date is None or spec.split.column == "period":
        return
    until = to_day_number(extract_date) - to_days(cases[spec.outcome.clock])
    if late := int((days > until).sum()):
        raise TableError(
            f"outcomes: {late} durations run past the extract date. Correct them, or "
            "extract_date in site.toml."
        )


def describe_censoring(outcomes: pd.DataFrame) -> tuple[str, ...]:
    """Say how many cases were censored before the horizon, and what stands for them.

    No count of one to four is told. Empty where no case is weighed.
    """
    if "weight" not in outcomes:
        return ()
    weight = outcomes["weight"].dropna().to_numpy()
    lost, cut = int(outcomes["lost"].sum()), int((weight >= MOST).sum())
    known, most = len(weight), float(weight.max(initial=1.0))
    whole, others = (_tell(n, unless=lost) for n in (known + lost, known))
    return (
        f"Durations: of {whole} cases whose horizon had ended, {_tell(lost)} were "
        f"censored before it. They are not read as short: the {others} others stand "
        "for them in fits, calibration and figures, each weighing one over the "
        "probability (Kaplan-Meier) that it was still followed: at most "
        f"{most:.2f}, {_tell(cut)} of them cut at {MOST:.0f}. That holds where "
        "censoring tells nothing of the outcome.",
    )


def _tell(count: int, *, unless: int = 0) -> str:
    """Return *count* in words, unless it or *unless* is of one to four people."""
    if is_small(count):
        return "fewer than 5"
    return f"about {round(count, -1):,}" if is_small(unless) else f"{count:,}"
