from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from riskscreen.documents.pages.case_facts import FactsOfRun
from riskscreen.rules.deadlines import Benefit, CaseFacts
from riskscreen.scoring.facts import build_facts, list_benefits
from riskscreen.spec import read_specification
from tests.histories import index_of

MODELS = Path(__file__).parents[2] / "models"
UNTIL = date(2024, 6, 4)
SPELLS = [
    # Ended 18 months before the start: of no deadline.
    ("p1", "sygedagpenge", "2022-01-03", "2022-03-07"),
    ("p1", "dagpenge", "2023-10-02", "2024-03-04"),
    ("p1", "sygedagpenge", "2024-03-04", None),
    ("p1", "sygedagpenge", "2024-09-02", None),  # begins after the day of the run
    ("p2", "kontanthjaelp", "2024-01-01", "2024-02-05"),
]


@pytest.fixture(scope="module")
def spec():
    return read_specification(MODELS / "long_absence.toml")


@pytest.fixture(scope="module")
def cases(spec):
    table = pd.DataFrame(
        {
            "case_id": ["1", "2", "3"],
            "person_id": ["p1", "p2", "p3"],
            "start_date": pd.to_datetime(["2024-03-04"] * 3),
            "decision_date": pd.to_datetime(["2024-03-25"] * 3),
        }
    )
    columns = {name: [None] * 3 for name in spec.columns}
    flags = {"employed_at_intake": [1.0, 0.0, None]}
    return table.assign(**(columns | flags))


@pytest.fixture(scope="module")
def history(spec, cases):
    spells = pd.DataFrame(
        SPELLS, columns=["person_id", "group", "start_date", "end_date"]
    )
    dated = {n: pd.to_datetime(spells[n]) for n in ("start_date", "end_date")}
    index = index_of(spec, spells.assign(**dated), cases)
    return SimpleNamespace(index=index, last_day=None)


@pytest.fixture(scope="module")
def run(spec, cases, history):
    return FactsOfRun(
        build_facts(spec, cases, history, until=UNTIL),
        list_benefits(cases, history, until=UNTIL),
    )


def find(run, cases, place):
    return run.find(next(cases.iloc[[place]].itertuples()))


def test_a_case_has_its_columns_its_state_and_its_newest_benefits(run, cases):
    facts = find(run, cases, 0)
    assert facts.columns["employed_at_intake"] == 1.0
    assert (facts.state, facts.known_until) == ("sygedagpenge", UNTIL)
    assert facts.benefits == (
        Benefit("dagpenge", date(2023, 10, 2), date(2024, 3, 4)),
        Benefit("sygedagpenge", date(2024, 3, 4), UNTIL),  # as far as is known
    )


def test_the_state_is_the_last_and_none_of_whom_nothing_is_known(run, cases):
    assert find(run, cases, 1).state == "kontanthjaelp"
    nobody = find(run, cases, 2)
    assert (nobody.state, nobody.benefits) == (None, ())


def test_a_history_that_ends_earlier_is_known_no_longer(spec, cases, history):
    short = SimpleNamespace(index=history.index, last_day=date(2024, 5, 5))
    run = FactsOfRun(
        build_facts(spec, cases, short, until=UNTIL),
        list_benefits(cases, short, until=UNTIL),
    )
    facts = find(run, cases, 0)
    assert facts.known_until == date(2024, 5, 6)
    assert facts.benefits[-1].end == date(2024, 5, 6)


def test_without_a_history_there_are_columns_alone(spec, cases):
    run = FactsOfRun(
        build_facts(spec, cases, None, until=UNTIL),
        list_benefits(cases, None, until=UNTIL),
    )
    facts = find(run, cases, 1)
    assert (facts.state, facts.known_until, facts.benefits) == (None, None, ())
    assert facts.columns["employed_at_intake"] == 0.0


def test_a_run_of_an_earlier_release_knows_the_dates_alone(cases):
    assert find(FactsOfRun(), cases, 0) == CaseFacts(
        date(2024, 3, 4), date(2024, 3, 25)
    )


def test_an_undated_case_has_no_facts_to_count_from(run, cases):
    undated = cases.assign(start_date=pd.NaT)
    assert find(run, undated, 0) is None
