import pandas as pd
import pytest

from riskscreen.errors import PersonalDataError, TableError
from riskscreen.validation.follow_up import check_follow_up

COLUMNS = ["case_id", "kind", "start_date", "end_date", "place"]
ROWS = [
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
EFFORTS = pd.DataFrame(ROWS, columns=COLUMNS)


def test_efforts_are_kept_and_faulty_rows_are_set_aside_with_their_rule():
    checked = check_follow_up("efforts", EFFORTS, file="efforts.csv")
    assert checked.kept["case_id"].tolist() == ["c1", "c1", "c2", "c3", "c4"]
    assert checked.kept["kind"].tolist()[:2] == ["mentor", "course"]
    assert checked.kept["start_date"].dt.strftime("%F").tolist()[1] == "2024-06-04"
    assert checked.kept["end_date"].isna().tolist() == [False, True, False, True, True]
    assert checked.kept["place"].isna().tolist() == [False, True, False, False, False]
    told = dict(checked.set_aside[["line", "rule"]].itertuples(index=False))
    assert told == {
        7: "case_id: missing, where it may not be",
        8: "kind: missing, where it may not be",
        9: "start_date: missing, where it may not be",
        10: "start_date: not a date that exists",
        11: "end_date: before start_date",
    }


def test_a_row_whose_words_judge_or_recommend_is_set_aside_with_what_to_write():
    rows = [
        ("c1", "samtale med umotiveret borger", "2024-03-04", "", "A"),
        ("c2", "Indstilles til førtidspension", "2024-03-04", "", "A"),
        ("c3", "mentor", "2024-03-04", "", "hold for fastlåste"),
        ("c4", "ressourceforløb", "2024-03-04", "", "A"),  # a benefit's name is none
    ]
    checked = check_follow_up("efforts", pd.DataFrame(rows, columns=COLUMNS), file="e")
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
    assert list(checked.kept.columns) == COLUMNS
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
