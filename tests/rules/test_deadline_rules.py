from datetime import date

import pytest

from riskscreen.errors import FileError, SpecError
from riskscreen.rules.conditions import Condition
from riskscreen.rules.deadline_rules import (
    check_deadlines,
    format_rules,
    parse_rules,
    read_own_rules,
    read_shipped_rules,
    read_site_rules,
)

HEADER = "name,clock,count,unit,da,en,source,mark,checked_on,valid_from,valid_to\n"
ROW = "a,start,1,days,b,c,Own rule,confirmed,2026-11-01,,\n"


def named(name):
    return [rule for rule in read_shipped_rules() if rule.name == name]


def test_no_shipped_rule_is_told_as_confirmed_and_each_names_its_source():
    for rule in read_shipped_rules():
        assert rule.mark != "confirmed"
        assert len(rule.source) > 20
        assert rule.checked_on is not None


def test_what_no_text_of_a_law_was_found_for_is_marked():
    marked = {rule.name for rule in read_shipped_rules() if rule.mark == "no_source"}
    assert marked == {"external_provider_right", "external_provider_duty"}


def test_no_text_that_was_not_read_itself_is_told_as_official():
    unread = [rule for rule in read_shipped_rules() if "ikke læst" in rule.source]
    assert {rule.mark for rule in unread} == {"secondary"}
    assert "retention_flex_job_condition" in {rule.name for rule in unread}


def test_targets_of_a_project_are_no_law():
    targets = {rule.name for rule in read_shipped_rules() if rule.kind == "target"}
    assert targets == {
        "company_course_start",
        "back_at_work_26_weeks",
        "flex_job_visit",
    }


def test_the_shipped_rules_are_written_as_they_are_read():
    shipped = read_shipped_rules()
    assert parse_rules(format_rules(shipped), "a file") == shipped


def test_a_site_without_a_file_has_the_shipped_rules(tmp_path):
    assert read_site_rules(tmp_path) == read_shipped_rules()


def test_a_site_replaces_a_rule_and_keeps_the_others(tmp_path):
    (tmp_path / "deadlines.csv").write_text(
        HEADER + ROW.replace("a,start", "first_follow_up_talk,decision"), "utf-8"
    )
    rules = read_site_rules(tmp_path)
    (own,) = [rule for rule in rules if rule.name == "first_follow_up_talk"]
    assert (own.clock, own.count, own.mark) == ("decision", 1, "confirmed")
    assert own.checked_on == date(2026, 11, 1)
    assert {r.name for r in rules} == {r.name for r in read_shipped_rules()}


def test_columns_that_say_nothing_unusual_may_be_left_out():
    (rule,) = parse_rules(HEADER + ROW, "a file")
    assert (rule.kind, rule.repeats, rule.applies_when) == ("law", False, ())
    assert (rule.counts, rule.within_months, rule.free_days) == ("", 0, 0)


def test_rows_of_one_name_may_be_for_different_cases():
    header = HEADER.replace("\n", ",applies_when\n")
    rows = [ROW.replace("\n", f",employed = {e}\n") for e in ("yes", "no")]
    first, second = parse_rules(header + "".join(rows), "a file")
    assert first.applies_when == (Condition("employed", values=("yes",)),)
    assert second.applies_when == (Condition("employed", values=("no",)),)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("start,1,", "start,0,", "count must be a whole number from 1 to 9999"),
        ("start,1,", "start,10000,", "count must be a whole number from 1 to 9999"),
        ("start,1,", 'start,"2,5",', "count must be a whole number"),
        ("start,1,", f"start,{'9' * 5000},", "count must be a whole number"),
        ("days", "fortnights", "unit must be one of"),
        (",confirmed,", ",verified,", "mark must be one of"),
        ("2026-11-01,,", "1/11/26,,", "checked_on: write dates as"),
        ("Own rule", "", "source must not be empty"),
        ("2026-11-01,,", ",,", "confirmed when"),
        ("2026-11-01,,", "2026-11-01,2020-01-01,2019-01-01", "ends before it begins"),
        ("days", "paid_weeks", "counts names the code group"),
        (ROW, ROW * 2, "holds twice on the same day"),
    ],
)
def test_a_faulty_row_is_refused_with_a_remedy(old, new, says):
    with pytest.raises(FileError, match=says):
        parse_rules(HEADER + ROW.replace(old, new), "a file")


@pytest.mark.parametrize("column", ["within_months", "free_days"])
def test_a_number_that_may_be_left_out_is_refused_by_its_own_name(column):
    header = HEADER.replace("\n", f",{column}\n")
    with pytest.raises(FileError, match=rf"\b{column}\b.*\b0\b"):
        parse_rules(header + ROW.replace("\n", ",a few\n"), "a file")


def test_a_file_of_a_danish_spreadsheet_is_read_as_ours(tmp_path):
    header = HEADER.replace("\n", ",free_days\n")
    ours = parse_rules(
        header + ROW.replace(",,\n", ",2026-12-01,2027-01-01,\n"), "a file"
    )
    text = header.replace(",", ";").replace("\n", "\r\n")
    # The last cell is blank, and a spreadsheet may leave it out.
    text += "a;start;1;days;b;c;Own rule;confirmed;01-11-2026;01-12-2026;01-01-2027\r\n"
    text += ";;;;;;;;;;;\r\n"
    (tmp_path / "deadlines.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_own_rules(tmp_path) == ours


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (ROW.replace("Own rule", "Own rule, 2026"), "line 2: more cells than columns"),
        (ROW.replace("Own rule", '"Own rule'), "line 2: cannot be read as CSV"),
        (ROW.replace("Own rule", '"Own" rule'), "line 2: cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_its_line(tmp_path, row, says):
    (tmp_path / "deadlines.csv").write_text(HEADER + row, "utf-8")
    with pytest.raises(FileError, match=f"deadlines.csv: {says}"):
        read_site_rules(tmp_path)


def test_a_condition_that_cannot_be_read_names_file_line_and_column():
    header, row = HEADER.replace("\n", ",applies_when\n"), ROW.replace("\n", ",old\n")
    with pytest.raises(FileError, match="a file, line 2: applies_when: write a cond"):
        parse_rules(header + row, "a file")


def test_more_weeks_than_the_window_has_are_refused():
    header = HEADER.replace("\n", ",counts,within_months\n")
    row = ROW.replace("1,days", "40,paid_weeks").replace("\n", ",sygedagpenge,9\n")
    with pytest.raises(FileError, match="never paid within 9 months"):
        parse_rules(header + row, "a file")


@pytest.mark.parametrize(("months", "kept"), [(18, True), (19, False)])
def test_a_window_beyond_the_benefits_that_scoring_carries_is_refused(months, kept):
    header = HEADER.replace("\n", ",counts,within_months\n")
    row = ROW.replace("1,days", "40,paid_weeks")
    row = row.replace("\n", f",sygedagpenge,{months}\n")
    if kept:
        (rule,) = parse_rules(header + row, "a file")
        assert rule.within_months == months
        return
    with pytest.raises(FileError, match="within_months must be 18 at most"):
        parse_rules(header + row, "a file")


@pytest.mark.parametrize(
    ("clock", "when", "says"),
    [
        ("start", "employd = yes", "applies_when asks for 'employd'; did you mean"),
        ("asked_after_day", "", "clock asks for 'asked_after_day'; did you mean"),
        ("decision - months_theer", "", "clock asks for 'months_theer'; did you"),
    ],
)
def test_a_sites_rule_that_asks_for_a_misspelt_column_is_refused(clock, when, says):
    columns = dict.fromkeys(("employed", "asked_after_days", "months_there"), ())
    header = HEADER.replace("\n", ",applies_when\n")
    row = ROW.replace("start", clock).replace("\n", f",{when}\n")
    rules = parse_rules(header + row, "a file")
    with pytest.raises(SpecError, match=says):
        check_deadlines(["a"], rules, columns)
    check_deadlines([], rules, columns)
    check_deadlines(["a"], rules, {"quite_another": ()})


@pytest.mark.parametrize(
    ("when", "meant"),
    [
        ("state = sygedagpnge", "sygedagpenge"),
        ("cause = back | stres", "stress"),
        ("cause = back | another", None),
        ("age >= 40", None),
    ],
)
def test_a_sites_rule_that_asks_for_a_misspelt_value_is_refused(when, meant):
    facts = {"cause": ("back", "stress"), "state": ("sygedagpenge",), "age": ()}
    header = HEADER.replace("\n", ",applies_when\n")
    rules = parse_rules(header + ROW.replace("\n", f",{when}\n"), "a file")
    if meant is None:
        check_deadlines(["a"], rules, facts)
        return
    with pytest.raises(SpecError, match=f"did you mean '{meant}'"):
        check_deadlines(["a"], rules, facts)


def test_a_column_that_is_misspelt_or_of_an_earlier_release_is_named():
    with pytest.raises(FileError, match="did you mean 'checked_on'"):
        parse_rules(HEADER.replace("checked_on", "checked_om") + ROW, "a file")
    with pytest.raises(FileError, match="'verified'"):
        parse_rules(HEADER.replace("mark", "verified") + ROW, "a file")
    with pytest.raises(FileError, match="source is missing"):
        parse_rules("name,clock,count,unit,da,en,mark\n", "a file")
