from datetime import date

import pandas as pd
import pytest

from riskscreen.history.reading import Asked, take_person_history
from riskscreen.population.admit import (
    BROKEN_HISTORY,
    NO_ROW_IN_HISTORY,
    TOO_EARLY,
    admit,
)
from riskscreen.population.people import count_persons
from riskscreen.validation.checking import MISSING
from tests import small_site
from tests.histories import check_history
from tests.population.test_routes import SPEC, T0, case

EXTRACTED = date(2024, 9, 2)


def history_of(rows, cases, *, spec=SPEC, until=EXTRACTED):
    """The history of *cases*' people, from rows of (person, code, start, end)."""
    names = ["person_id", "code", "start_date", "end_date"]
    table = pd.DataFrame(rows, columns=names)
    day = until or date(2099, 12, 31)
    checked = check_history(table, file="history", extract_date=day)
    persons = pd.Index(cases["person_id"].unique(), dtype="str")
    asked = Asked(spec, small_site.code_table(), persons, "history", until)
    return take_person_history([checked], asked, extract_date=day)


def faults_of(rows, cases, *, spec=SPEC, until=EXTRACTED):
    past = history_of(rows, cases, spec=spec, until=until)
    return admit(spec, cases, past, extracted=until, at_run=False).faults.fillna("")


ROWS = [
    ("a", "300", "2024-01-01", None),
    ("b", "999", "2024-01-01", None),
    ("c", "400", "2024-01-01", "2023-01-01"),
    ("somebody else", "999", "2024-01-01", None),
]


@pytest.mark.slow
def test_one_bad_row_costs_that_row_unless_its_group_decides_the_outcome():
    table = pd.DataFrame([case(c, c, "2024-05-01", T0) for c in ("a", "c", "e")])
    rows = [
        *ROWS,
        ("a", "0300.0", "2024-02-01", "2024-01-01"),  # annulled
        ("e", "", "2024-02-01", ""),  # its only row
    ]
    strict = SPEC.history.model_copy(update={"absent_person": "error"})
    spec = SPEC.model_copy(update={"history": strict})
    assert faults_of(rows, table, spec=spec).tolist() == ["", "", ""]
    past = history_of(rows, table, spec=spec)
    assert past.set_aside["rule"].tolist() == [
        "end_date: not after start_date",
        "end_date: not after start_date",
        f"code: {MISSING}",
    ]
    decisive = strict.model_copy(update={"decisive": ("sick",)})
    told = faults_of(rows, table, spec=SPEC.model_copy(update={"history": decisive}))
    assert told.tolist() == [BROKEN_HISTORY, "", ""]


@pytest.mark.slow
def test_a_case_is_set_aside_where_its_history_cannot_be_trusted():
    table = pd.DataFrame([case(c, c, "2024-05-01", T0) for c in ("a", "b", "c", "d")])
    history = SPEC.history.model_copy(update={"decisive": ("pension",)})
    spec = SPEC.model_copy(update={"history": history})
    told = faults_of(ROWS, table, spec=spec)
    assert told.tolist() == ["", "", BROKEN_HISTORY, ""]
    strict = history.model_copy(update={"absent_person": "error"})
    needing = SPEC.model_copy(update={"history": strict})
    told = faults_of(ROWS, table, spec=needing)
    assert told.tolist() == ["", "", BROKEN_HISTORY, NO_ROW_IN_HISTORY]


def test_only_the_people_asked_for_are_held_and_told():
    table = pd.DataFrame([case(c, c, "2024-05-01", T0) for c in ("d", "b", "a")])
    past = history_of(ROWS, table)
    assert past.index.persons.tolist() == ["a", "b", "d"]
    assert past.found.tolist() == [True, True, False]
    assert past.unknown.to_dict("records") == [
        {"code": "999", "n_rows": 1, "n_persons": 1}
    ]
    persons = count_persons(SPEC, table, past)
    assert (persons.found.asked, persons.found.found) == (3, 2)
    assert persons.visible.found == 2


def test_a_history_that_was_extracted_before_its_last_visible_day_is_too_early():
    """T0 of the second lies three weeks after the extract, the register lag is two."""
    days = ("2024-09-16", "2024-09-23")
    table = pd.DataFrame([case(day, "a", "2024-09-01", day) for day in days])
    told = faults_of([("a", "300", "2024-01-01", None)], table)
    assert told.tolist() == ["", TOO_EARLY]


@pytest.mark.slow
def test_the_rows_order_and_other_people_change_nothing():
    table = pd.DataFrame([case(c, c, "2024-05-01", T0) for c in ("a", "b")])
    twins = [*ROWS, ("a", "100", "2024-01-01", None), ("a", "400", "2023-01-02", None)]
    one, other = history_of(twins, table), history_of(twins[::-1], table)
    assert one.fingerprint == other.fingerprint
    assert one.index.group.tolist() == other.index.group.tolist()
    alone = history_of([row for row in twins if row[0] in "ab"], table)
    assert alone.fingerprint == one.fingerprint
    assert history_of(ROWS, table).fingerprint != one.fingerprint
