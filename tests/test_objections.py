import re
import stat
from datetime import date

import pytest

from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.folders.locking import hold_lock
from riskscreen.objections import (
    NOBODY_OBJECTS,
    add_objection,
    read_objections,
)

DAY = date(2026, 3, 2)


def write(site, *rows, header="person_id,from,what"):
    (site / "objections.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return site


def test_without_a_site_or_a_file_nobody_objects(tmp_path):
    assert read_objections(None) is NOBODY_OBJECTS
    assert read_objections(tmp_path) is NOBODY_OBJECTS


def test_an_objection_counts_from_its_day_on_and_for_what_it_says(tmp_path):
    rows = ("a,2026-03-02,scoring", "b,02-03-2026,training", "c,2026-03-03,both")
    found = read_objections(write(tmp_path, *rows))
    assert found.find_people("scoring", on=DAY) == {"a"}
    assert found.find_people("training", on=DAY) == {"b"}
    assert found.find_people("scoring", on=date(2026, 3, 3)) == {"a", "c"}
    assert found.find_people("scoring", on=date(2026, 3, 1)) == set()


def test_an_identifier_is_made_alike_as_in_every_table(tmp_path):
    header = "\ufeffperson_id;from;what"
    site = write(tmp_path, " 1001.00 ;2026-03-02;both", header=header)
    assert read_objections(site).find_people("scoring", on=DAY) == {"1001"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",2026-03-02,both", "line 2: person_id"),
        ("1.5E+12,2026-03-02,both", "line 2: person_id"),
        ("a,,both", "line 2: from"),
        ("a,2026-02-30,both", "line 2: from"),
        ("a,2026-03-02,everything", "line 2: what must be one of scoring"),
        ("a,2026-03-02,both,why", "line 2: more cells"),
    ],
)
def test_a_row_that_cannot_be_read_stops_the_whole_file(tmp_path, row, says):
    with pytest.raises(FileError, match=says):
        read_objections(write(tmp_path, row, "b,2026-03-02,both"))


def test_other_columns_than_the_three_are_refused(tmp_path):
    with pytest.raises(FileError, match="person_id, from, what"):
        read_objections(write(tmp_path, header="person_id,from"))


def test_a_person_number_is_refused_and_not_told(tmp_path):
    number = "010161-4000"
    with pytest.raises(PersonalDataError) as refused:
        read_objections(write(tmp_path, f"{number},2026-03-02,both"))
    assert number not in str(refused.value)
    raw = read_objections(tmp_path, raw=True)
    assert raw.find_people("scoring", on=DAY) == {number}


def test_an_objection_is_added_once_and_the_others_stay(tmp_path):
    write(tmp_path, "a,02-03-2026,scoring")
    for _ in range(2):
        added = add_objection(tmp_path, " b ", what="both", since=DAY)
    assert [row.person_id for row in added.rows] == ["a", "b"]
    assert read_objections(tmp_path) == added


@pytest.mark.parametrize(
    ("person", "kind"), [(" ", UsageError), ("010161-4000", PersonalDataError)]
)
def test_nobody_or_a_person_number_is_not_added(tmp_path, person, kind):
    with pytest.raises(kind):
        add_objection(tmp_path, person, what="both", since=DAY)
    assert list(tmp_path.iterdir()) == []


def test_one_program_at_a_time_adds_an_objection(tmp_path):
    with (
        hold_lock(tmp_path / ".riskscreen.object-lock"),
        pytest.raises(FileError, match="Ask again"),
    ):
        add_objection(tmp_path, "a", what="both", since=DAY)
    assert len(add_objection(tmp_path, "a", what="both", since=DAY).rows) == 1


def test_a_file_with_a_fault_is_left_as_it_is(tmp_path):
    write(tmp_path, "a,soon,both")
    before = (tmp_path / "objections.csv").read_bytes()
    with pytest.raises(FileError, match="line 2: from"):
        add_objection(tmp_path, "b", what="both", since=DAY)
    assert (tmp_path / "objections.csv").read_bytes() == before


def test_an_identifier_that_no_table_can_have_is_refused(tmp_path):
    patterns = {"person_id": re.compile("P[A-Z2-7]{26}")}
    whole = "P" + "A" * 26
    for person in (whole.lower(), whole[:-1]):
        with pytest.raises(UsageError):
            add_objection(tmp_path, person, what="both", since=DAY, patterns=patterns)
        with pytest.raises(FileError, match="line 2: person_id"):
            read_objections(
                write(tmp_path, f"{person},2026-03-02,both"), patterns=patterns
            )
        (tmp_path / "objections.csv").unlink()
    add_objection(tmp_path, whole, what="both", since=DAY, patterns=patterns)
    found = read_objections(tmp_path, patterns=patterns)
    assert found.find_people("training", on=DAY) == {whole}


def test_what_may_hide_an_objection_stops(tmp_path):
    with pytest.raises(FileError, match="no folder"):
        read_objections(tmp_path / "gone")
    (tmp_path / "Objections.xlsx").touch()
    with pytest.raises(FileError, match=r"Objections.xlsx is not read"):
        read_objections(tmp_path)
    (tmp_path / "Objections.xlsx").unlink()
    (tmp_path / "objections.csv").symlink_to(tmp_path / "share that is away.csv")
    with pytest.raises(FileError, match="cannot be read"):
        read_objections(tmp_path)


def test_the_file_keeps_its_mode_when_a_row_is_added(tmp_path):
    path = write(tmp_path, "a,2026-03-02,both") / "objections.csv"
    path.chmod(0o640)
    add_objection(tmp_path, "b", what="both", since=DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o644)
    add_objection(tmp_path, "c", what="both", since=DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.unlink()
    add_objection(tmp_path, "d", what="both", since=DAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_raw_site_notes_person_numbers(tmp_path):
    number = "010161-4000"
    added = add_objection(tmp_path, number, what="both", since=DAY, raw=True)
    assert read_objections(tmp_path, raw=True) == added
