"""Months of work as DREAM has them: industry and degree, where no benefit tells more.

They agree with what else is known of a citizen: nobody works on a benefit of those
without work, whoever has a job at T0 has had it for as long as the seniority that the
file may lack, and whoever has none has had none for a while. Beyond that they are
chance: nothing in a course leans on them, so what they can bring to a model is the
seniority of those whose file lacks it.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen_synthetic.models import Cases
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import (
    KIND,
    OPEN,
    Flags,
    Floats,
    Ints,
    Record,
    Spells,
    to_day,
    to_week_start,
)

_AT_WORK = ("sickness", "parental", "holiday", "flex_job")
"""Benefits that somebody with a job may have."""
_DAYS_A_MONTH = 365.25 / 12


def build_employment_table(
    random: Random,
    parameters: Parameters,
    persons: npt.NDArray[np.object_],
    spells: Spells,
    cases: Cases,
) -> pd.DataFrame:
    """Return a row per citizen, and two columns a month: branche_ and grad_YYYY_MM.

    A month without work is blank in both. The last month is the one before the extract.
    """
    table = parameters["employment"]
    extract = pd.Timestamp(parameters["calendar"]["extract_date"])
    months = pd.period_range(
        end=extract.to_period("M") - 1, periods=table["months"], freq="M"
    )
    first = np.array([to_day(month.start_time.date()) for month in months])
    works = _draw_work(random, table, len(persons), first)
    industry = _draw_industries(random, table, works.shape)
    _fit_to_cases(random, table, (works, industry), cases, first)
    works &= ~_find_away(spells, works.shape, first + 15)
    degrees = random.choice(table["degrees"], len(persons), p=table["degree_shares"])
    columns: dict[str, object] = {"person_id": persons}
    names = np.array(table["industries"], dtype=object)
    for n, month in enumerate(months):
        end = f"{month.year}_{month.month:02d}"
        at_work = works[:, n]
        columns[f"branche_{end}"] = np.where(at_work, names[industry[:, n]], "")
        columns[f"grad_{end}"] = np.where(at_work, degrees, np.nan)
    made = pd.DataFrame(columns)
    return made.sort_values("person_id", ignore_index=True)


def _draw_work(random: Random, table: Record, n: int, first: Ints) -> Flags:
    """Draw who works in which month, a year at a time, from shares of their own."""
    years = len(first) // 12 + 1
    share = random.beta(table["work_a"], table["work_b"], n)
    works = random.random((n, years)) < share[:, None]
    return np.repeat(works, 12, axis=1)[:, : len(first)]


def _draw_industries(random: Random, table: Record, shape: tuple[int, ...]) -> Ints:
    """Draw the industry of each month; it changes in a stated share of them."""
    n, months = shape
    kinds = len(table["industries"])
    step = random.integers(1, kinds, shape) * (
        random.random(shape) < table["change_share"]
    )
    step[:, 0] = random.integers(0, kinds, n)
    industries: Ints = np.cumsum(step, axis=1) % kinds
    assert industries.shape == (n, months)
    return industries


def _fit_to_cases(
    random: Random,
    table: Record,
    drawn: tuple[Flags, Ints],
    cases: Cases,
    first: Ints,
) -> None:
    """Let months before T0 agree with job and seniority of each case, in its time."""
    works, industry = drawn
    n = len(cases)
    employed = cases.known.get("employed_at_intake", np.zeros(n, dtype=np.bool_))
    seniority: Floats = cases.drawn.get("seniority_years", np.zeros(n))
    out_of_work = 1 + random.geometric(1 / table["months_without"], n)
    lasting = np.where(employed, seniority * 12, out_of_work)
    begun = cases.decision - lasting * _DAYS_A_MONTH
    # Of two cases the later one says nothing of the time before the earlier.
    since = np.full(len(works), first[0] - 1)
    for at in np.argsort(cases.decision, kind="stable"):
        who, decided = cases.person[at], cases.decision[at]
        meant = (first >= begun[at]) & (first <= decided) & (first > since[who])
        since[who] = decided
        works[who, meant] = bool(employed[at])
        if employed[at] and meant.any():
            industry[who, meant] = industry[who, np.flatnonzero(meant)[-1]]


def _find_away(spells: Spells, shape: tuple[int, ...], days: Ints) -> Flags:
    """Find the months on whose day a benefit says that somebody had no work."""
    staying = [KIND[name] for name in _AT_WORK]
    away = spells.where(~np.isin(spells.kind, staying))
    start = np.searchsorted(days, to_week_start(away.start))
    last = to_week_start(np.minimum(away.end, OPEN))
    end = np.searchsorted(days, last)
    change = np.zeros((shape[0], shape[1] + 1), dtype=np.int64)
    np.add.at(change, (away.person, start), 1)
    np.add.at(change, (away.person, end), -1)
    found: Flags = np.cumsum(change, axis=1)[:, :-1] > 0
    return found
