from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.validation import check_cases, read_cases, read_spells
from riskscreen.validation.checking import MISSING
from riskscreen.validation.delivered import LINE
from riskscreen.validation.surveys import (
    DOUBLE,
    NO_ID,
    TWICE,
    HistorySurvey,
    survey_cases,
)
from tests.histories import check_history
from tests.small_site import by_period, cases, cases_by_period, specification

SPEC = specification()
GOOD = cases(30).assign(person_id=[f"p{n}" for n in range(30)])


def rules(table, spec=SPEC):
    """The rule of each set-aside row, by its case number."""
    aside = check_cases(spec, table, file="c").set_aside
    return dict(zip(aside["case_id"], aside["rule"], strict=True))


def test_of_one_spell_under_two_case_numbers_the_later_decided_is_kept():
    again = GOOD.head(2).assign(
        case_id=["a-new", "z-new"], decision_date=["2030-01-01", GOOD.decision_date[1]]
    )
    found = rules(pd.concat([GOOD, again], ignore_index=True))
    # The first by its decision, the second by the text of its number.
    assert found == {GOOD.case_id[0]: DOUBLE, GOOD.case_id[1]: DOUBLE}


def test_a_double_that_cannot_be_scored_itself_takes_nobodys_place():
    again = GOOD.head(1).assign(case_id="z-new", helpers="")
    found = rules(pd.concat([GOOD, again], ignore_index=True))
    assert found == {"z-new": f"helpers: {MISSING}"}


def test_an_id_of_more_cases_within_a_year_than_one_person_has_is_no_id():
    most = SPEC.delivery.max_cases_per_person
    table = GOOD.assign(
        decision_date="2024-03-04",
        start_date=[f"2024-02-{d % 28 + 1:02d}" for d in range(30)],
    )
    crowd = table.index < most + 1
    found = rules(table.assign(person_id=GOOD.person_id.mask(crowd, "UKENDT")))
    assert set(found.values()) == {NO_ID}
    assert len(found) == most + 1
    assert not rules(table.assign(person_id=GOOD.person_id.mask(table.index < 20, "p")))


def test_an_id_may_have_many_cases_over_many_years():
    days = pd.date_range("2002-01-01", periods=30, freq="180D").strftime("%Y-%m-%d")
    table = GOOD.assign(start_date=days, decision_date=days, person_id="p1")
    assert not rules(table)


def test_cases_without_dates_are_counted_by_period():
    spec = by_period()
    table = cases_by_period(40).assign(person_id="0", period="1")
    assert set(rules(table, spec).values()) == {NO_ID}


@pytest.mark.slow
def test_the_size_of_a_part_changes_nothing():
    again = GOOD.head(3).assign(case_id=["a", "z", GOOD.case_id[2]])
    table = pd.concat([GOOD, again], ignore_index=True).assign(helpers="x")
    table["helpers"] = ["1"] * 32 + ["x"]
    whole = check_cases(SPEC, table, file="c")
    for size in (1, 7, 40):
        parts = [
            read_cases(SPEC, table.iloc[n : n + size].set_axis(
                pd.RangeIndex(n + 2, min(n + size, 33) + 2, name=LINE)), file="c")
            for n in range(0, 33, size)
        ]  # fmt: skip
        survey = survey_cases(SPEC, parts, file="c")
        checked = [survey.check(part.checked) for part in parts]
        aside = pd.concat([c.set_aside for c in checked], ignore_index=True)
        pd.testing.assert_frame_equal(
            aside.sort_values("line", ignore_index=True), whole.set_aside
        )
        kept = pd.concat([c.kept for c in checked], ignore_index=True)
        pd.testing.assert_frame_equal(kept, whole.kept)
    assert TWICE in set(whole.set_aside["rule"])


def spells(n, *, start="2024-01-01", end=None):
    rows = [(f"p{i}", "300", start, end) for i in range(n)]
    names = ["person_id", "code", "start_date", "end_date"]
    return pd.DataFrame(rows, columns=names)


def end_of(*tables, extract=date(2024, 12, 30)):
    survey = HistorySurvey("h", extract)
    for table in tables:
        survey.add(check_history(table, file="h", extract_date=extract))
    return survey.end()


def test_a_ledger_ends_at_the_newest_thing_that_happened_to_anybody():
    assert end_of(spells(100)) == date(2024, 1, 1)
    assert end_of(spells(60), spells(100, end="2024-05-06")) == date(2024, 5, 6)
    assert end_of(spells(100, end="2030-01-01")) == date(2024, 1, 1)  # a plan
    stamped = spells(100).assign(registered_on="2024-08-01")
    assert end_of(stamped) == date(2024, 8, 1)


def test_surveys_of_other_parts_say_together_what_one_of_all_says():
    tables = [spells(60, end="2024-02-05"), spells(100, end="2024-05-06"), spells(0)]
    whole, merged = (HistorySurvey("h", date(2024, 12, 30)) for _ in range(2))
    for table in tables:
        part = read_spells(table, file="h", extract_date=date(2024, 12, 30))
        other = HistorySurvey("h", date(2024, 12, 30))
        for survey in (whole, other):
            survey.add(part)
        merged.merge(other)
    assert merged == whole
    assert merged.end() == date(2024, 5, 6)


def test_a_history_of_few_people_says_nothing_of_its_end():
    assert end_of(spells(99)) is None


def test_a_column_of_a_history_that_fails_throughout_is_a_fault_of_the_file():
    with pytest.raises(TableError, match="all 6 cells of start_date"):
        end_of(spells(6, start="45642"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first_end", "ends", "remedy"),
    [
        ("2024-02-04", "half_open", 'State ends = "inclusive"'),
        ("2024-02-05", "inclusive", "Remove ends"),
        ("2024-02-05", "half_open", None),
        ("2024-02-04", "inclusive", None),
        ("2024-01-20", "half_open", None),  # weeks between say nothing
    ],
)
def test_ends_that_lie_a_day_off_the_next_start_are_told(first_end, ends, remedy):
    second = spells(6, start="2024-02-05", end="2024-02-26")
    table = pd.concat([second, spells(6, end=first_end)])
    checked = check_history(
        table.reset_index(drop=True),
        file="h",
        extract_date=date(2024, 12, 30),
        ends=ends,
    )
    told = [note for note in checked.notes if "most end" in note]
    assert len(told) == (remedy is not None)
    assert remedy is None or remedy in told[0]


@pytest.mark.slow
def test_the_ends_of_a_few_spells_say_nothing():
    table = pd.concat([spells(4, start="2024-02-05"), spells(4, end="2024-02-04")])
    survey = HistorySurvey("h", date(2024, 12, 30))
    survey.add(
        check_history(
            table.reset_index(drop=True), file="h", extract_date=date(2024, 12, 30)
        )
    )
    assert survey.notes() == ()
