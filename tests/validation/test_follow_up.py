from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import PersonalDataError, TableError
from riskscreen.harmful_words import find_harmful_word
from riskscreen.validation.checking import (
    MISSING,
    NOT_A_DATE,
    NOT_ALLOWED,
    validate_table,
)
from riskscreen.validation.follow_up import (
    TABLES,
    build_follow_up_schema,
    check_follow_up,
    list_columns,
)
from riskscreen.validation.harmful_texts import JUDGES
from riskscreen.validation.schemas import AFTER_T0

TODAY = date(2024, 6, 30)
CASES = pd.DataFrame(
    [
        # case  team    absent        talk          reason
        ("c1", "Nord", "2024-01-01", "2024-02-01", ""),
        ("c2", "Nord", "01-01-2024", "", "serious_illness"),
        ("c3", "Syd", "", "2024-02-01", ""),  # no clock: nothing is counted from it
        ("c4", "Syd", "2024-02-02", "2024-02-01", ""),  # before the absence
        ("c5", "Syd", "2024-02-01", "2024-07-01", ""),  # after the extract
        ("c6", "Syd", "2024-02-01", "2024-02-30", ""),  # no such day
        ("c7", "", "2024-02-01", "", ""),  # whose?
        ("c8", "Syd", "2024-02-01", "", "alvorligt syg"),  # not a reason of ours
        ("c9", "Syd", "2024-02-01", "", ""),  # twice
        ("c9", "Nord", "2024-02-01", "", ""),
        ("c0", "umotiverede", "2024-02-01", "", ""),  # a word that judges
    ],
    columns=[
        "case_id",
        "team",
        "first_absence_day",
        "first_talk_on",
        "excluded_reason",
    ],
)
EFFORT_COLUMNS = ["case_id", "kind", "start_date", "end_date", "place"]
EFFORT_ROWS = [
    # case   kind      starts        ends          place
    ("c1", "mentor", "2024-03-04", "2024-05-31", "Fønix"),
    ("c1", "course", "04-06-2024", "", ""),  # the same case again, going on
    (" c2 ", "mentor", "2024-03-04", "2024-03-04", "A"),  # of one day
    ("c3", "mentor", "2031-01-01", "", "A"),  # agreed
    ("c4", "mentor", "2024-03-04", "9999-12-31", "A"),  # never, as registers write it
    ("", "mentor", "2024-03-04", "", "A"),  # whose?
    ("c5", "", "2024-03-04", "", "A"),  # what?
    ("c6", "mentor", "", "", "A"),  # when?
    ("c7", "mentor", "2024-02-30", "", "A"),  # no such day
    ("c8", "mentor", "2024-03-04", "2024-03-03", "A"),  # ends before it starts
]
EFFORTS = pd.DataFrame(EFFORT_ROWS, columns=EFFORT_COLUMNS)


def check(name, table):
    return check_follow_up(name, table, file="f.csv", extract_date=TODAY)


def test_every_table_that_is_read_here_is_one_that_no_feature_may_read():
    assert tuple(TABLES) == AFTER_T0


def test_cases_are_kept_and_faulty_rows_are_set_aside_with_their_rule():
    checked = check("follow_up", CASES)
    assert checked.kept["case_id"].tolist() == ["c1", "c2", "c3"]
    told = dict(checked.set_aside[["line", "rule"]].itertuples(index=False))
    _, remedy = find_harmful_word("umotiverede")
    assert told == {
        5: "first_talk_on: before first_absence_day",
        6: "first_talk_on: after the extract date",
        7: f"first_talk_on: {NOT_A_DATE}",
        8: f"team: {MISSING}",
        9: f"excluded_reason: {NOT_ALLOWED}",
        10: "case_id: occurs more than once",
        11: "case_id: occurs more than once",
        12: f"team: {JUDGES}; {remedy}",
    }


def test_a_column_that_is_left_out_is_missing_throughout_and_never_zero():
    kept = check("follow_up", CASES[["case_id", "team"]].head(2)).kept
    assert tuple(kept) == list_columns("follow_up")
    assert kept.drop(columns=["case_id", "team"]).isna().all(axis=None)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_its_keys_is_refused_and_an_empty_one_keeps_its_contract(name):
    required = list_columns(name, required=True)
    empty = pd.DataFrame({column: [] for column in required}, dtype="str")
    kept = check(name, empty).kept
    assert validate_table(kept, build_follow_up_schema(name), name="t") is kept
    with pytest.raises(TableError, match=required[-1]):
        check(name, empty.drop(columns=required[-1]))


def test_volumes_are_read_by_month_however_it_is_written():
    table = pd.DataFrame(
        [
            # month       team     days     min   max  entries  other users
            ("2024-03", "Nord", "1.240,5", "20", "40", "14", "4"),
            ("2024-3", "Syd", "900", "20", "40", "14", ""),
            ("15-04-2024", "Nord", "900", "20", "40", "14", "4"),
            ("2024-05", "Nord", "900", "41", "40", "14", "4"),  # min above max
            ("2024-06", "Nord", "900", "20", "40", "3", "4"),  # more of them than all
            ("2024-07", "Nord", "-1", "20", "40", "14", "4"),
            ("2024-13", "Nord", "1", "20", "40", "14", "4"),
            ("2024-08", "Nord", "1", "20,5", "40", "14", "4"),
        ],
        columns=[
            "month", "team", "person_days", "caseload_min", "caseload_max", "entries",
            "other_users",
        ],
    ).assign(programme="Fønix")  # fmt: skip
    checked = check("volumes", table)
    assert checked.kept["month"].dt.strftime("%F").tolist() == [
        "2024-03-01", "2024-03-01", "2024-04-01",
    ]  # fmt: skip
    assert checked.kept["person_days"].tolist() == [1240.5, 900.0, 900.0]
    assert checked.set_aside["rule"].tolist() == [
        "caseload_max: below caseload_min",
        "entries: below other_users",
        "person_days: below 0",
        f"month: {NOT_A_DATE}",
        "caseload_min: not a whole number",
    ]


def test_an_answer_lies_on_the_scale_of_its_question():
    rows = [
        ("19", "5"), ("1", ""), ("barrier_time", "0"), ("barrier_time", "1"),
        ("3", "0"), ("barrier_time", "4"), ("20", "3"), ("3", "6"), ("3", "2,5"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["question", "answer"]).assign(
        round="2", team="Vejen", role="staff"
    )
    checked = check("fidelity", table)
    assert checked.kept["answer"].tolist()[0::2] == [5.0, 0.0]
    assert checked.set_aside["line"].tolist() == [6, 7, 8, 9, 10]


def test_a_person_number_stops_it_without_being_quoted():
    table = CASES.head(1).assign(team="0101901234")
    table = pd.concat([table] * 6, ignore_index=True)
    with pytest.raises(PersonalDataError) as stopped:
        check("follow_up", table)
    assert "0101901234" not in str(stopped.value)


def test_efforts_are_kept_and_faulty_rows_are_set_aside_with_their_rule():
    checked = check_follow_up("efforts", EFFORTS, file="efforts.csv")
    assert checked.kept["case_id"].tolist() == ["c1", "c1", "c2", "c3", "c4"]
    assert checked.kept["kind"].tolist()[:2] == ["mentor", "course"]
    assert checked.kept["start_date"].dt.strftime("%F").tolist()[1] == "2024-06-04"
    assert checked.kept["end_date"].isna().tolist() == [False, True, False, True, True]
    assert checked.kept["place"].isna().tolist() == [False, True, False, False, False]
    told = dict(checked.set_aside[["line", "rule"]].itertuples(index=False))
    assert told == {
        7: f"case_id: {MISSING}",
        8: f"kind: {MISSING}",
        9: f"start_date: {MISSING}",
        10: f"start_date: {NOT_A_DATE}",
        11: "end_date: before start_date",
    }


def test_a_row_whose_words_judge_or_recommend_is_set_aside_with_what_to_write():
    rows = [
        ("c1", "samtale med umotiveret borger", "2024-03-04", "", "A"),
        ("c2", "Indstilles til førtidspension", "2024-03-04", "", "A"),
        ("c3", "mentor", "2024-03-04", "", "hold for fastlåste"),
        ("c4", "ressourceforløb", "2024-03-04", "", "A"),  # a benefit's name is none
    ]
    checked = check_follow_up(
        "efforts", pd.DataFrame(rows, columns=EFFORT_COLUMNS), file="e"
    )
    assert checked.kept["case_id"].tolist() == ["c4"]
    assert checked.set_aside["rule"].str.split(":").str[0].tolist() == [
        "kind", "kind", "place",
    ]  # fmt: skip
    told = " ".join(checked.set_aside["rule"])
    assert "no score recommends a benefit" in told
    assert "samtale" not in told
    assert "hold for" not in told


def test_end_and_place_may_be_left_out_and_other_columns_are_not_read():
    few = EFFORTS[["case_id", "kind", "start_date"]].assign(hours_a_week="37")
    checked = check_follow_up("efforts", few, file="e")
    assert list(checked.kept.columns) == EFFORT_COLUMNS
    assert checked.kept["end_date"].isna().all()
    assert len(checked.ignored) == 1


def test_a_table_without_a_row_says_that_nobody_was_helped_yet():
    assert check_follow_up("efforts", EFFORTS[:0], file="e").kept.empty


def test_a_start_that_fails_throughout_stops():
    with pytest.raises(TableError, match="all 10 cells of start_date"):
        check_follow_up("efforts", EFFORTS.assign(start_date="soon"), file="e")


def test_a_table_without_a_kind_stops():
    with pytest.raises(TableError, match=r"1 required column.*missing: kind"):
        check_follow_up("efforts", EFFORTS.drop(columns="kind"), file="e")


def test_a_place_of_person_numbers_stops():
    numbers = EFFORTS.assign(place="010161-4000")
    with pytest.raises(PersonalDataError):
        check_follow_up("efforts", numbers, file="e")
