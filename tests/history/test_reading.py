from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.history import reading
from riskscreen.history.reading import Asked, read_person_history, take_person_history
from riskscreen.readers import TableSource
from riskscreen.rules.code_groups import parse_code_table
from riskscreen.validation import read_spells
from riskscreen.validation.surveys import HistorySurvey
from tests import small_site
from tests.grouped import group_history
from tests.histories import check_history, index_of

SPEC = small_site.specification()
TABLE = small_site.code_table()
EXTRACTED = date(2025, 1, 6)


@pytest.fixture(scope="module")
def rows():
    """A history with stamps, and people of whom a half are asked for."""
    past = small_site.history(small_site.cases(60), seed=5)
    return past.assign(registered_on=past["start_date"].where(past.index % 3 != 0))


@pytest.fixture(scope="module")
def asked(rows):
    people = rows["person_id"].unique()[::2]
    persons = pd.Index([*people, "nobody"], dtype="str")
    return Asked(SPEC, TABLE, persons, "history", EXTRACTED)


def in_parts(rows, asked, folder, monkeypatch, *, size):
    rows.to_parquet(folder / "history.parquet")
    monkeypatch.setattr(reading, "ROWS_IN_A_PART", size)
    source = TableSource(folder / "history.parquet")
    return read_person_history(source, asked, extract_date=EXTRACTED)


def same_index(one, other):
    assert one.persons.tolist() == other.persons.tolist()
    assert one.groups == other.groups
    for name in ("offsets", "group", "start", "end", "registered", "verified"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_what_is_held_is_what_was_checked_and_grouped(rows, asked):
    checked = check_history(rows, file="history", extract_date=EXTRACTED)
    read = take_person_history([checked], asked, extract_date=EXTRACTED)
    people = pd.DataFrame({"person_id": asked.persons.sort_values()})
    spells = group_history(checked.kept, TABLE, until=EXTRACTED).spells
    same_index(read.index, index_of(SPEC, spells, people, groups=TABLE.groups))
    nobody = read.index.persons.get_loc("nobody")
    assert np.flatnonzero(~read.found).tolist() == [nobody]
    with pytest.raises(AssertionError, match="other persons"):
        read.index.locate(pd.Series(["somebody else"]))


def test_of_some_people_the_survey_of_everybody_tells_where_the_history_ends(asked):
    some = small_site.reaching(small_site.history(small_site.cases(5)), "2024-06-03")
    checked = read_spells(some, file="history", extract_date=EXTRACTED)
    whole = HistorySurvey("history", EXTRACTED)
    everybody = small_site.history(small_site.cases(150))
    whole.add(read_spells(everybody, file="history", extract_date=EXTRACTED))
    alone = take_person_history([checked], asked, extract_date=EXTRACTED)
    read = take_person_history([checked], asked, extract_date=EXTRACTED, whole=whole)
    assert (alone.last_day, read.last_day) == (None, whole.end())
    same_index(read.index, alone.index)


@pytest.mark.slow
@pytest.mark.parametrize("size", [7, 10_000])
def test_the_size_of_the_parts_changes_nothing(
    rows, asked, tmp_path, monkeypatch, size
):
    checked = check_history(rows, file="history", extract_date=EXTRACTED)
    whole = take_person_history([checked], asked, extract_date=EXTRACTED)
    read = in_parts(rows, asked, tmp_path, monkeypatch, size=size)
    same_index(read.index, whole.index)
    assert read.fingerprint == whole.fingerprint
    assert read.last_day == whole.last_day
    assert len(read.digest) == 64


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 3, 10_000])
def test_what_a_code_means_after_another_benefit_is_read_across_parts(
    tmp_path, monkeypatch, size
):
    """Who is idle stays so on a code that is work for everybody else."""
    codes = parse_code_table(
        "code,group,applies_when\n100,work,\n200,idle,\n300,sick,\n400,pension,\n"
        "500,work,\n500,idle,state = idle\n",
        name="x",
    )
    days = ["2024-01-01", "2024-03-04", "2024-06-03", "2024-09-02"]
    rows = pd.DataFrame(
        [
            ("a", "500", days[2], days[3]),  # the last of his rows comes first
            ("b", "300", days[0], days[1]),
            ("b", "500", days[1], days[2]),
            ("a", "500", days[1], days[2]),
            ("c", "500", days[1], days[2]),
            ("a", "200", days[0], days[1]),
        ],
        columns=["person_id", "code", "start_date", "end_date"],
    )
    rows = rows.astype({"start_date": "datetime64[us]", "end_date": "datetime64[us]"})
    persons = pd.Index(["a", "b", "c"], dtype="str")
    asked = Asked(SPEC, codes, persons, "history", EXTRACTED)
    index = in_parts(rows, asked, tmp_path, monkeypatch, size=size).index
    groups = [index.groups[place] for place in index.group]
    assert groups == ["idle", "idle", "idle", "sick", "work", "work"]
    # One citizen alone, as a live case comes, is read the same.
    alone = read_spells(
        rows[rows["person_id"] == "a"], file="history", extract_date=EXTRACTED
    )
    one = Asked(SPEC, codes, persons[:1], "history", None, asked_on=EXTRACTED)
    live = take_person_history([alone], one, extract_date=EXTRACTED).index
    assert [live.groups[place] for place in live.group] == ["idle"] * 3
