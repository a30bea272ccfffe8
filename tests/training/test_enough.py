"""How many cases would train and judge, counted by hand; small counts stay hidden."""

from dataclasses import replace

import pandas as pd
import pytest

from riskscreen.quality.findings import suppress_small_counts
from riskscreen.training import count_enough
from riskscreen.training.data.dataset import Dataset
from tests import small_site

LAG = pd.Timedelta(weeks=28)
EXTRACT = pd.Timestamp("2024-12-30")


def dataset(decided, long):
    """Cases of those days, each with its outcome; None: not yet known."""
    days = pd.to_datetime(pd.Series(decided))
    cases = pd.DataFrame(
        {
            "case_id": [f"c{n}" for n in range(len(days))],
            "person_id": [f"p{n}" for n in range(len(days))],
            "start_date": days,
            "decision_date": days,
        }
    )
    named = {1: "long", 0: "not long", None: "censored"}
    outcomes = pd.DataFrame(
        {"outcome": [named[of] for of in long], "known_on": days + LAG}
    )
    features = pd.DataFrame(index=cases.index)
    return Dataset(small_site.specification(), cases, features, outcomes)


def weekly(years, *, share=2):
    days = pd.date_range("2018-01-01", periods=52 * years, freq="7D").repeat(10)
    long = [int(n % share == 0) for n in range(len(days))]
    unknown = days + LAG > pd.Timestamp("2018-01-01") + pd.Timedelta(weeks=52 * years)
    return [*days], [None if u else of for of, u in zip(long, unknown, strict=True)]


def test_the_parts_are_those_of_the_split_and_add_up():
    told = count_enough(dataset(*weekly(6)))
    cells = {row[0]: row[1:5] for row in told.parts.rows}
    assert cells["test"] == ("520", "260", "260", "0")
    assert told.test_cases == 520
    counted = sum(int(row[1].replace(",", "")) for row in told.parts.rows)
    assert counted == 6 * 520
    assert {row[0] for row in told.years.rows} == {str(y) for y in range(2018, 2024)}
    assert cells["neither"][3] == "270"


@pytest.mark.parametrize(
    ("late", "over", "told"),
    [
        (40, 12, [("late", "40"), ("already_over", "12")]),
        # A sum tells a small count, so another goes with it.
        (40, 3, [("late", "hidden"), ("already_over", "<5")]),
        (3, 0, []),
        (0, 0, []),
    ],
)
def test_cases_that_a_route_takes_are_counted_by_route(late, over, told):
    routes = ["late"] * late + ["already_over"] * over
    routed = pd.DataFrame({"route": pd.Series(routes, dtype="str")})
    found = count_enough(replace(dataset(*weekly(6)), routed=routed))
    assert [row[:2] for row in found.left_out.rows] == told
    assert ("left out" in "\n".join(found.describe())) == bool(told)


def test_too_few_test_cases_are_a_pilot_at_most_and_the_gates_are_named():
    told = count_enough(dataset(*weekly(6)))
    assert not told.enough
    lines = list(told.describe())
    assert "  observed_minus_expected: 528; too few" in lines
    assert "  auc: 50; enough" in lines
    assert "a pilot at most" in lines[-1]


def test_enough_is_said_where_every_gate_could_pass():
    days, long = weekly(6)
    told = count_enough(dataset(days * 2, long * 2))
    assert told.enough
    assert [*told.describe()][-1].startswith(f"{told.target}: enough ")


@pytest.mark.parametrize("few", [0, 4])
def test_outcomes_that_are_nearly_all_alike_judge_nothing(few):
    days, long = weekly(6)
    rare = [of and int(n < 2 * few) for n, of in enumerate(long)]
    told = count_enough(dataset(days, rare))
    assert told.needed == {}
    assert "fewer than 5 are long" in list(told.describe())[-1]


def test_what_a_gate_needs_does_not_tell_how_many_are_long():
    days, long = weekly(6)
    more = [1 if n % 100 == 1 else of for n, of in enumerate(long)]
    one, other = (count_enough(dataset(days, of)).needed for of in (long, more))
    assert one == other


def test_a_small_count_cannot_be_worked_out_from_the_others():
    days, long = weekly(6)
    few = dataset(days + [pd.Timestamp("2017-12-04")] * 3, [*long, 1, 1, 0])
    rows = {row[0]: row[1:] for row in count_enough(few).years.rows}
    assert rows.pop("2017") == ("<5", "<5", "<5", "0")
    assert [year for year, cells in rows.items() if "hidden" in cells]


def test_a_year_whose_rows_the_report_hides_is_hidden_here_too():
    """Where every row of a file is a case, the years of both are the same."""
    days, long = weekly(6)
    late, but_few = [pd.Timestamp("2024-01-01")] * 3, slice(100, None)
    few = dataset([*days[but_few], *late], [*long[but_few], None, None, None])
    rows = {row[0]: row[1] for row in count_enough(few).years.rows}
    sizes = few.table["decision_date"].dt.year.value_counts().sort_index()
    assert [*rows.values()] == suppress_small_counts(sizes)


def test_few_horizons_make_no_more_than_a_pilot():
    days, long = weekly(1)
    told = count_enough(dataset(days, long))
    assert told.pilot
    assert not told.enough
