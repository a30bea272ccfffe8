import datetime as dt
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import PersonalDataError, TableError
from riskscreen.validation import check_cases, read_cases
from riskscreen.validation.checking import MISSING, NEITHER, NOT_A_DATE, NOT_ALLOWED
from riskscreen.validation.delivered import LINE
from riskscreen.validation.keys import OTHER_FORM, ROUNDED
from riskscreen.validation.schemas import build_cases_schema
from riskscreen.validation.surveys import DOUBLE
from tests.draws import draws
from tests.small_site import cases, specification, words

SPEC = specification()
GOOD = cases(6)


def changed(row, **cells):
    """The good cases, with some cells of one row exchanged."""
    table = GOOD.copy()
    for name, value in cells.items():
        table.loc[row, name] = value
    return table


def test_good_cases_are_all_kept_with_the_declared_columns_alone():
    checked = check_cases(SPEC, GOOD, file="cases.csv")
    assert len(checked.kept) == len(GOOD)
    assert checked.set_aside.empty
    assert checked.ignored == ("column 13",)
    expected = [n for n in build_cases_schema(SPEC).columns if n != "open_as_of"]
    assert list(checked.kept.columns) == expected
    assert checked.lines.tolist() == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"case_id": ""}, f"case_id: {MISSING}"),
        ({"person_id": " "}, f"person_id: {MISSING}"),
        ({"case_id": "case-00001"}, "case_id: occurs more than once"),
        ({"start_date": "30-02-2024"}, f"start_date: {NOT_A_DATE}"),
        ({"decision_date": "01-01-2001"}, "decision_date: before start_date"),
        ({"decision_date": "2025-06-01"}, "decision_date: after the extract date"),
        ({"team": ""}, f"team: {MISSING}"),
        ({"helpers": "many"}, "helpers: not a number"),
        ({"helpers": "-1"}, "helpers: below 0"),
        ({"helpers": "10"}, "helpers: above 9"),
        ({"helpers": "2,5"}, "helpers: not a whole number"),
        ({"helpers": ""}, f"helpers: {MISSING}"),
        ({"declined": ""}, f"declined: {MISSING}"),
        ({"declined": "måske"}, f"declined: {NEITHER}"),
        ({"case_id": "1,00000E+12"}, f"case_id: {ROUNDED}"),
    ],
)
def test_a_faulty_row_is_set_aside_with_its_line_and_rule(cells, rule):
    checked = check_cases(
        SPEC, changed(3, **cells), file="c", extract_date=dt.date(2024, 12, 30)
    )
    assert checked.set_aside["rule"].unique().tolist() == [rule]
    assert 5 in checked.set_aside["line"].tolist()
    assert len(checked.kept) + len(checked.set_aside) == len(GOOD)
    assert Counter(checked.set_aside["rule"])[rule] == len(checked.set_aside)


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        ({"distance": "far"}, "distance: not a number"),
        ({"distance": "-1"}, "distance: below 0"),
        ({"distance": "501"}, "distance: above 500"),
        ({"alone": "måske"}, f"alone: {NEITHER}"),
        ({"colour": "purple"}, f"colour: {NOT_ALLOWED}"),
    ],
)
def test_an_optional_fact_that_cannot_be_read_is_missing_and_named(cells, doubt):
    checked = check_cases(SPEC, changed(3, **cells), file="c")
    (name,) = cells
    assert checked.set_aside.empty
    assert checked.doubts == {doubt: 1}
    assert checked.unreadable.fillna("").tolist() == ["", "", "", name, "", ""]
    assert pd.isna(checked.kept[name][3])


def test_the_day_a_case_was_still_open_may_be_blank_and_costs_no_row():
    days = ["2024-08-01", "", "31-02-2024", None, "01.09.2024", "2024-08-01"]
    checked = check_cases(SPEC, GOOD.assign(open_as_of=days), file="c")
    assert checked.set_aside.empty
    assert list(checked.kept.columns) == list(build_cases_schema(SPEC).columns)
    read = checked.kept["open_as_of"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    assert read == ["2024-08-01", "", "", "", "2024-09-01", "2024-08-01"]
    assert checked.unreadable.fillna("").tolist() == ["", "", "open_as_of", "", "", ""]
    assert checked.doubts == {f"open_as_of: {NOT_A_DATE}": 1}


def test_a_fact_of_landmarks_is_a_day_or_blank_and_costs_no_row():
    columns = {name: c.model_dump() for name, c in SPEC.columns.items()}
    columns["talk_on"] = {
        "type": "date",
        "known": "landmark",
        "idea": "facts",
        "label": words("talk held"),
    }
    spec = specification(columns=columns, landmarks=[{"week": 8, "more_weeks": 26}])
    assert GOOD["start_date"].iloc[5] == "18-01-2024"
    never, began = "9999-12-31", "2024-01-18"
    days = ["2024-09-02", "", "31-09-2024", never, "01-09-2023", began]
    checked = check_cases(spec, GOOD.assign(talk_on=days), file="cases.csv")
    told = checked.kept["talk_on"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    # What is of an earlier case is not so in this one; nobody can tell of the third.
    assert told == ["2024-09-02", never, "", never, never, began]
    assert checked.unreadable.fillna("").tolist() == ["", "", "talk_on", "", "", ""]
    assert checked.doubts == {
        f"talk_on: {NOT_A_DATE}": 1,
        "talk_on: before start_date": 1,
    }
    typed = pd.Series(
        ["2024-09-02", None, None, never, "2023-09-01", began], dtype="datetime64[us]"
    )
    again = check_cases(spec, GOOD.assign(talk_on=typed), file="cases.csv")
    told = again.kept["talk_on"].dt.strftime("%Y-%m-%d").tolist()
    assert told == ["2024-09-02", never, never, never, never, began]
    with pytest.raises(TableError, match="talk_on"):
        check_cases(spec, GOOD, file="cases.csv")


def test_a_fault_in_what_no_score_reads_costs_nothing_and_is_told():
    checked = check_cases(SPEC, changed(3, own_guess="7"), file="c")
    assert len(checked.kept) == len(GOOD)
    assert checked.unreadable.isna().all()
    assert checked.doubts == {f"own_guess: {NOT_ALLOWED}": 1}


@pytest.mark.slow
def test_what_stands_where_a_column_is_not_about_the_case_is_not_read():
    of_alone = {"column": "alone", "is": [True]}
    columns = specification().model_dump()["columns"]
    columns["distance"]["applies_when"] = of_alone
    columns["tried"] = {
        "type": "flag",
        "label": {"da": "prøvet", "en": "tried"},
        "known": "at_decision",
        "role": "fact",
        "applies_when": of_alone,
    }
    spec = specification(columns=columns)
    checked = {
        said: check_cases(
            spec,
            cases().assign(alone=alone, distance=distance, tried=tried),
            file="cases",
        )
        for said, alone, distance, tried in [
            ("not about", "nej", "4", "ja"),
            ("unreadable", "nej", "far", "perhaps"),
            ("about", "ja", "4", "ja"),
            ("nobody knows", "", "4", "ja"),
            ("to correct", "ja", "far", "perhaps"),
        ]
    }
    read = {
        said: (
            of.kept["distance"].unique().tolist(),
            of.kept["tried"].unique().tolist(),
        )
        for said, of in checked.items()
    }
    assert read["about"] == read["nobody knows"] == ([4.0], [1.0])
    for said in ("not about", "unreadable"):
        assert checked[said].kept[["distance", "tried"]].isna().all(axis=None)
        assert checked[said].unreadable.isna().all()
    assert checked["not about"].doubts == {}
    # Counted, for nothing is doubtful in silence; nobody is asked to correct it.
    assert len(checked["unreadable"].doubts) == 2
    assert set(checked["to correct"].unreadable) == {"distance tried"}
    assert len(checked["to correct"].doubts) == 2


def test_every_row_of_a_repeated_case_is_set_aside():
    table = pd.concat([GOOD, GOOD.iloc[[2]]], ignore_index=True)
    aside = check_cases(SPEC, table, file="c").set_aside
    assert aside["line"].tolist() == [4, 8]


def test_a_key_must_have_the_form_that_the_site_states():
    table = changed(1, person_id="p1")
    form = {"person_id": re.compile("p[0-9]{5}")}
    found = check_cases(SPEC, table, file="c", patterns=form)
    assert found.set_aside["rule"].tolist() == [f"person_id: {OTHER_FORM}"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["case_id", "decision_date", "team"])
def test_a_key_column_of_which_no_cell_can_be_read_is_a_fault_of_the_file(name):
    wrong = {"case_id": "1,0E+12", "decision_date": "16-12-24", "team": " "}[name]
    with pytest.raises(TableError, match=f"all 6 cells of {name}"):
        check_cases(SPEC, GOOD.assign(**{name: wrong}), file="c")
    few = check_cases(SPEC, GOOD.assign(**{name: wrong}).head(4), file="c")
    assert len(few.set_aside) == 4


def test_a_team_may_be_called_na_and_is_one_however_its_letters_are_written():
    composed = ["NA", "Ålborg", "A\u030alborg ", "None", "\u00c5lborg\u200b", "null"]
    checked = check_cases(SPEC, GOOD.assign(team=composed), file="c")
    assert checked.kept["team"].tolist() == [
        "NA", "Ålborg", "Ålborg", "None", "Ålborg", "null",
    ]  # fmt: skip


def test_a_row_that_breaks_several_rules_is_counted_once_under_the_first():
    table = changed(0, start_date="x", distance="y", colour="z")
    aside = check_cases(SPEC, table, file="c").set_aside
    assert aside["rule"].tolist() == [f"start_date: {NOT_A_DATE}"]


def test_lines_are_those_of_the_reader_where_it_left_rows_out():
    table = changed(1, helpers="x").set_axis(
        pd.Index([2, 5, 6, 7, 8, 11], name=LINE), axis="index"
    )
    checked = check_cases(SPEC, table, file="c")
    assert checked.set_aside["line"].tolist() == [5]
    assert checked.lines.tolist() == [2, 6, 7, 8, 11]


@pytest.mark.parametrize("name", ["case_id", "decision_date", "helpers", "declined"])
def test_a_missing_column_stops_the_file(name):
    with pytest.raises(TableError, match=f"cases.csv: .*missing: {name}.*site.toml"):
        check_cases(SPEC, GOOD.drop(columns=name), file="cases.csv")


def test_columns_that_may_be_absent_may_be_absent():
    optional = ["municipality", "team", "own_guess"]
    checked = check_cases(SPEC, GOOD.drop(columns=optional), file="c")
    assert set(checked.kept["team"]) == {"all"}
    assert checked.kept["own_guess"].isna().all()


def test_a_night_without_a_case_has_none():
    checked = check_cases(SPEC, GOOD.head(0), file="c")
    assert checked.kept.empty
    assert checked.set_aside.empty


def test_a_file_with_a_column_twice_stops():
    twice = pd.concat([GOOD, GOOD[["helpers"]]], axis=1)
    with pytest.raises(TableError, match="helpers occurs"):
        check_cases(SPEC, twice, file="c")


def test_a_file_without_a_line_of_names_tells_nothing_of_its_first_row():
    table = GOOD.set_axis([f"Hansen {n}" for n in range(GOOD.shape[1])], axis=1)
    with pytest.raises(TableError) as found:
        check_cases(SPEC, table, file="cases.csv")
    assert "Hansen" not in str(found.value)
    assert "line of column names" in str(found.value)


def test_a_person_number_sets_its_row_aside_and_is_masked_in_it():
    table = changed(0, case_id="010190 - 1234")
    table.loc[1, "helpers"] = "0101901234"
    checked = check_cases(SPEC, table, file="c")
    assert checked.set_aside["rule"].tolist() == [
        "case_id: holds a person number",
        "helpers: holds a person number",
    ]
    assert checked.set_aside["case_id"].tolist() == ["(person number)", "case-00001"]
    assert len(checked.kept) == len(GOOD) - 2


def test_person_numbers_as_person_ids_stop_the_file():
    with pytest.raises(PersonalDataError, match="person_id"):
        check_cases(SPEC, GOOD.assign(person_id="010190-1234"), file="c")


def test_a_person_number_in_an_undeclared_column_is_told():
    checked = check_cases(SPEC, changed(0, fritekst="ring 010190/1234"), file="c")
    assert len(checked.kept) == len(GOOD)
    assert "person number in 1 cell" in checked.notes[0]


def test_cases_by_period_need_neither_dates_nor_persons():
    ready = {
        "rule": "ready",
        "horizon_weeks": 26,
        "long_words": {"da": "x", "en": "x"},
    }
    by_period = specification(
        population={"who": {"da": "x", "en": "x"}},
        outcome=ready,
        history=None,
        split={"column": "period", "train_periods": [1], "test_periods": [2]},
    )
    dated = ["person_id", "start_date", "decision_date"]
    table = GOOD.drop(columns=dated).assign(period=["1", "2", "1", "x", "1.5", ""])
    checked = check_cases(by_period, table, file="c")
    assert checked.kept["period"].tolist() == [1, 2, 1]
    assert checked.kept["person_id"].tolist() == checked.kept["case_id"].tolist()
    assert checked.set_aside["rule"].tolist() == [
        "period: not a whole number",
        "period: not a whole number",
        f"period: {MISSING}",
    ]


CELL = st.sampled_from(
    ["", "ja", "7", "7,5", "-3", "1e9", "red", "31-02-2024", "2024-05-05", "case-00001"]
)
PLACE = st.tuples(st.integers(0, 5), st.sampled_from(list(GOOD.columns)), CELL)


@pytest.mark.slow
@settings(max_examples=draws(15))
@given(st.lists(PLACE, max_size=12))
def test_every_row_is_kept_or_set_aside_and_alone_as_among_others(places):
    table = GOOD.copy()
    for row, name, cell in places:
        table.loc[row, name] = cell
    checked = check_cases(SPEC, table, file="c")
    assert len(checked.kept) + len(checked.set_aside) == len(table)
    together = checked.set_aside.set_index("line")["rule"]
    among_others = ("case_id: occurs more than once", DOUBLE)
    for place in range(len(table)):
        alone = check_cases(SPEC, table.iloc[[place]], file="c")
        if together.get(place + 2) in among_others:
            continue
        told = alone.set_aside["rule"].tolist()
        assert told == together[together.index == place + 2].tolist()
        if not told:
            among = checked.kept[checked.lines == place + 2].reset_index(drop=True)
            pd.testing.assert_frame_equal(alone.kept, among)


def test_typed_and_written_cases_give_the_same():
    written = check_cases(SPEC, GOOD, file="c").kept
    typed = written.assign(
        alone=written["alone"].astype("boolean"),
        declined=written["declined"].astype(bool),
        helpers=written["helpers"].astype("int64"),
        own_guess=written["own_guess"].astype("float64"),
        start_date=written["start_date"].astype("datetime64[ns]"),
        colour=written["colour"].astype("category"),
    )
    assert typed["distance"].dtype == np.float64
    pd.testing.assert_frame_equal(check_cases(SPEC, typed, file="c").kept, written)


def test_a_caseworkers_code_is_read_apart_from_the_facts_and_a_name_is_none():
    owner = {
        "type": "code",
        "role": "caseworker",
        "label": words("owner"),
        "known": "at_decision",
    }
    declared = {name: of.model_dump() for name, of in SPEC.columns.items()}
    content = SPEC.model_dump(by_alias=True) | {"columns": {**declared, "owner": owner}}
    spec = type(SPEC).model_validate(content)
    codes = ["B-17", " E.22 ", "Jens Jensen", "070761-4285", "", "x" * 13]
    part = read_cases(spec, GOOD.assign(owner=codes), file="cases.csv")
    told = part.list_arrivals()["caseworker"]
    assert told[:2].tolist() == ["B-17", "E.22"]
    assert told[2:].isna().all()
    assert "owner" not in part.checked.kept
    assert "owner" not in build_cases_schema(spec).columns
