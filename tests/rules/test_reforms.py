from datetime import date

import pytest

from riskscreen.errors import FileError, SpecError
from riskscreen.rules.reforms import (
    REFORMS,
    Reform,
    read_shipped_reforms,
    read_site_reforms,
    select_reforms,
)

HEAD = "date,affects,what,source\n"
OWN = "2024-03-06,population:long_absence,en lokal linje,byrådet\n"


def read(folder, text):
    (folder / REFORMS).write_text(text, encoding="utf-8")
    return read_site_reforms(folder)


def test_every_shipped_change_has_a_day_a_text_and_a_source():
    shipped = read_shipped_reforms()
    assert list(shipped) == sorted(shipped, key=lambda r: (r.day, r.affects))
    assert all(reform.what and reform.source for reform in shipped)
    assert {r.target for r in shipped} == {None, "long_absence", "long_unemployment"}


def test_a_site_without_a_list_has_the_shipped_one(tmp_path):
    assert read_site_reforms(tmp_path) == read_shipped_reforms()
    assert read_site_reforms(tmp_path, synthetic=True) == ()


def test_a_sites_row_stands_in_place_of_all_shipped_ones_that_affect_the_same(tmp_path):
    found = read(tmp_path, HEAD + OWN)
    of_absence = [r for r in found if r.target == "long_absence"]
    assert of_absence == [
        Reform(date(2024, 3, 6), "population:long_absence", "en lokal linje", "byrådet")
    ]
    assert len(found) == len(read_shipped_reforms()) - 1  # two of absence, now one


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("6. marts,a,b,c\n", "line 2: date: write it as 2026-02-01"),
        ("2024-03-06,People!,b,c\n", "line 2: affects: write the name of a deadline"),
        ("2024-03-06,population:,b,c\n", "line 2: affects"),
        ("2024-03-06,a,,c\n", "line 2: what and source must not be empty"),
        ("2024-03-06,a,b\n", "line 2: what and source must not be empty"),
        (OWN + OWN, "line 3: the same day and affects twice"),
    ],
)
def test_a_bad_row_is_refused_with_file_line_rule_and_remedy(tmp_path, rows, told):
    with pytest.raises(FileError) as refused:
        read(tmp_path, HEAD + rows)
    assert f"{REFORMS}, {told}" in str(refused.value)


def test_a_list_of_a_danish_spreadsheet_is_read_as_ours(tmp_path):
    ours = read(tmp_path, HEAD + OWN)
    text = "\ufeffdate;affects;what;source\r\n06-03-2024;population:long_absence;"
    text += "en lokal linje;byrådet\r\n;;;\r\n"
    assert read(tmp_path, text) == ours


@pytest.mark.parametrize("row", ["2024-03-06,a,b,c,d\n", '2024-03-06,a,"b,c\n'])
def test_a_list_that_is_no_csv_is_refused_with_its_line(tmp_path, row):
    with pytest.raises(FileError, match=rf"{REFORMS}: line 2: "):
        read(tmp_path, HEAD + row)


def test_other_columns_and_bytes_that_are_no_text_are_refused(tmp_path):
    with pytest.raises(FileError, match=", ".join(HEAD.split(",")[:3])):
        read(tmp_path, "day,affects,what,source\n")
    (tmp_path / REFORMS).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=REFORMS):
        read_site_reforms(tmp_path)


def test_a_target_has_the_changes_of_its_population_and_of_its_rules(tmp_path):
    rows = "2024-01-01,its_rule,x,y\n2024-01-01,not_known_here,x,y\n"
    reforms = read(tmp_path, HEAD + OWN + rows)
    found = select_reforms(reforms, "long_absence", ["its_rule"])
    assert [r.affects for r in found] == ["its_rule", "population:long_absence"]
    assert [r.affects for r in select_reforms(reforms, "other", ["its_rule"])] == [
        "its_rule"
    ]


def test_a_rule_that_is_all_but_one_of_the_targets_is_misspelt(tmp_path):
    reforms = read(tmp_path, HEAD + "2024-01-01,sygedagpnege,x,y\n")
    with pytest.raises(SpecError, match="did you mean 'sygedagpenge'"):
        select_reforms(reforms, "long_absence", ["sygedagpenge"])
    # What the package ships is not the site's to correct.
    assert select_reforms(read_shipped_reforms(), "x", ["sygedagpenge_s"]) == ()
