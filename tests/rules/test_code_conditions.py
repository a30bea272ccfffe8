import re
from datetime import date

import pytest

from riskscreen.errors import TableError
from riskscreen.rules.code_groups import (
    parse_code_table,
    read_code_table,
    read_shipped_code_table,
    read_site_code_table,
)
from riskscreen.rules.model_codes import read_model_codes, select_meaning

HEAD = "code,group,valid_from,valid_to,applies_when\n"
PHASED_OUT = (
    f"{HEAD}870,jobafklaring,,2027-01-01,\n"
    "870,sygedagpenge,2027-01-01,,\n"
    "870,jobafklaring,2027-01-01,,state = jobafklaring\n"
)


def test_a_row_may_hold_after_some_benefits_alone_beside_one_for_all_others():
    table = parse_code_table(PHASED_OUT, name="x")
    assert table.rows["applies_when"].tolist() == ["", "", "state = jobafklaring"]
    (row,) = table.conditions[table.places["870"]]
    assert {table.groups[place] for place in row.after} == {"jobafklaring"}
    assert table.spell_states[row.state] == "jobafklaring"
    # What holds whatever came before is the table that it was without the row.
    plain = parse_code_table(PHASED_OUT.rpartition("870,")[0], name="x")
    assert plain.conditions == {}
    assert table.periods.start.tolist() == plain.periods.start.tolist()


def test_a_condition_is_kept_as_conditions_are_written():
    text = f"{HEAD}1,a,,,\n1,b,,,state=a|b\n"
    rows = parse_code_table(text, name="x").rows
    assert rows["applies_when"].tolist() == ["", "state = a | b"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("1,a,,,\n1,b,,,age >= 40", "No column can be asked for"),
        ("1,a,,,\n1,b,,,state = a and state = b", "write state = GROUP"),
        ("1,a,,,\n1,b,,,after a", "write state = GROUP"),
        ("1,b,,,state = b", "none without beside it"),
        # For everybody else there is a row, but not on all its days.
        ("1,a,,2020-01-01,\n1,b,,,state = b", "none without beside it"),
        ("1,a,,2020-01-01,\n1,c,2020-03-01,,\n1,b,,,state = b", "none without"),
        ("1,a,,,\n1,b,,,state = a\n1,c,,,state = c | a", "after the same benefit"),
        ("1,a,,,\n1,b,,,state = a\n1,c,,,state = a", "overlap"),
    ],
)
def test_conditions_that_cannot_be_followed_are_refused(rows, says):
    with pytest.raises(TableError, match=re.escape(says)):
        parse_code_table(f"{HEAD}{rows}\n", name="x")


def test_a_last_day_far_off_lies_before_no_end():
    rows = "1,a,0001-01-01,,\n1,b,2027-01-01,9999-12-31,state = a\n"
    table = parse_code_table(f"{HEAD}{rows}", name="x")
    assert [len(rows) for rows in table.conditions.values()] == [1]


def test_rows_after_the_same_benefit_may_follow_each_other():
    rows = "1,a,,,\n1,b,,2020-01-01,state = a\n1,c,2020-01-01,,state = c | a\n"
    table = parse_code_table(f"{HEAD}{rows}", name="x")
    assert [len(rows) for rows in table.conditions.values()] == [2]


@pytest.mark.slow
def test_a_site_may_ask_for_a_group_of_the_shipped_table_and_for_no_other(tmp_path):
    path = tmp_path / "code_groups.csv"
    text = PHASED_OUT.replace("state = jobafklaring", "state = ressourceforloeb")
    path.write_text(text, "utf-8")
    whole = read_site_code_table(tmp_path)
    (row,) = whole.conditions[whole.places["870"]]
    assert {whole.groups[place] for place in row.after} == {"ressourceforloeb"}
    # Alone it is read too: what a site's file lacks may be in the table below it.
    assert read_code_table(path).conditions[0][0].after == frozenset()
    path.write_text(text.replace("ressourceforloeb", "ressourceforlob"), "utf-8")
    with pytest.raises(TableError, match="did you mean 'ressourceforloeb'"):
        read_site_code_table(tmp_path)


def test_the_shipped_table_asks_for_nothing_before():
    shipped = read_shipped_code_table()
    assert "applies_when" in shipped.rows
    assert shipped.conditions == {}


@pytest.mark.slow
def test_a_model_keeps_a_condition_and_its_meaning_is_the_same_where_there_is_none():
    table, day = parse_code_table(PHASED_OUT, name="x"), date(2027, 6, 1)
    kept = select_meaning(table, until=day)
    assert kept.splitlines()[0].endswith(",valid_to,applies_when")
    again = read_model_codes(kept)
    own = again.rows[again.rows["code"] == "870"]
    assert own["applies_when"].tolist() == ["", "", "state = jobafklaring"]
    assert len(again.conditions) == 1
    shipped = select_meaning(read_shipped_code_table(), until=day)
    assert "applies_when" not in shipped
    # What begins after the extract is of the run, and no column says so.
    assert "applies_when" not in select_meaning(table, until=date(2026, 6, 1))
