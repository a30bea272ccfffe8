import csv
from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.folders.locking import hold_lock
from riskscreen.readers.site import read_site
from riskscreen.rules.code_groups import read_site_code_table
from riskscreen.rules.confirming import RULES_LOG as LOG
from riskscreen.rules.confirming import TEXTS
from riskscreen.rules.deadline_rules import read_shipped_rules, read_site_rules
from riskscreen.stories.confirm_rules import confirm_rules, write_rules_to_confirm

ON = date(2027, 3, 4)


@pytest.fixture
def site(tmp_path):
    """Six citizens on 890 and 899, two on 740, six on a code that no table has."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "site.toml").write_text("extract_date = 2020-03-02\n", "utf-8")
    rows = [
        (f"p{n}", code, start, end)
        for n in range(6)
        for code, start, end in (
            ("0890", "2019-01-07", "2019-03-04"),
            ("899", "2019-03-04", "2019-03-18"),
            ("740", "2019-06-03", "2019-06-17"),
            ("555", "2020-02-03", ""),
        )
        if code != "740" or n < 2
    ]
    columns = ["person_id", "code", "start_date", "end_date"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "history.csv", index=False)
    return read_site(folder)


@pytest.fixture
def sheet(site, tmp_path):
    path = tmp_path / "to_confirm.csv"
    write_rules_to_confirm(site, path, language="da")
    return path


def read_sheet(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def answer(path, *answers):
    """Answer rows by name: (name, confirmed, more cells)."""
    rows = read_sheet(path)
    for name, confirmed, cells in answers:
        for row in rows:
            if row["name"] == name:
                row |= {"confirmed": confirmed, **cells}
    return save(path, rows)


def save(path, rows, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_sheet_has_the_sites_codes_by_weeks_and_no_figure_of_a_few(sheet):
    codes = [row for row in read_sheet(sheet) if row["kind"] == "ydelseskode"]
    told = {row["name"]: (row["group"], row["weeks"], row["persons"]) for row in codes}
    assert told == {
        "890": ("sygedagpenge", "48", "6"),
        "555": ("", "24", "6"),
        "899": ("sygedagpenge", "12", "6"),
        "740": ("ledighedsydelse", "", "<5"),
    }
    assert [row["name"] for row in codes][:2] == ["890", "555"]
    assert codes[0]["meaning"] == "sygedagpenge, uden tilbud"
    assert codes[0]["trust"] == TEXTS["da"]["marks"]["two_lists"]
    assert {row["confirmed"] + row["remark"] for row in codes} == {""}


def test_the_sheet_has_every_deadline_and_every_change(sheet):
    rows = read_sheet(sheet)
    deadlines = {row["name"] for row in rows if row["kind"] == "frist"}
    assert deadlines == {rule.name for rule in read_shipped_rules()}
    assert any(row["kind"] == "ændring" for row in rows)


def test_a_sheet_that_is_there_is_not_written_over(site, sheet):
    with pytest.raises(FileError, match="there already"):
        write_rules_to_confirm(site, sheet, language="da")


@pytest.mark.slow
def test_what_is_confirmed_stands_in_the_sites_files_with_name_and_day(site, sheet):
    deadline = read_shipped_rules()[0]
    answer(
        sheet,
        ("899", "Ja", {"remark": "listen af 1. marts 2027"}),
        ("555", "x", {"group": "ledighedsydelse", "valid_from": "2020-01-06"}),
        ("740", "nej", {"remark": "spørg STAR"}),
        (deadline.name, "yes", {"remark": "loven, slået op"}),
    )
    done = confirm_rules(site, sheet, by=" NN,  dataansvarlig ", on=ON)
    assert sum(a.confirmed for a in done.answers) == len(done.answers) - 1
    rows = read_site_code_table(site.folder).rows.set_index("code")
    assert rows.loc["899", ["group", "attribute", "mark", "source"]].tolist() == [
        "sygedagpenge",
        "partly_recovered",
        "confirmed",
        "listen af 1. marts 2027",
    ]
    assert rows.loc["899", "checked_on"] == pd.Timestamp(ON)
    assert rows.loc["555", ["group", "mark"]].tolist() == [
        "ledighedsydelse",
        "confirmed",
    ]
    assert rows.loc["555", "valid_from"] == pd.Timestamp("2020-01-06")
    assert rows.loc["740", "mark"] == "two_lists"
    own = (site.folder / "code_groups.csv").read_text("utf-8").splitlines()
    assert len(own) == 3  # a heading, 555 and 899: the rest is the shipped table's
    confirmed = [r for r in read_site_rules(site.folder) if r.mark == "confirmed"]
    assert {r.name for r in confirmed} == {deadline.name}
    assert {(r.checked_on, r.source) for r in confirmed} == {(ON, "loven, slået op")}
    with (site.folder / LOG).open(encoding="utf-8", newline="") as stream:
        log = list(csv.DictReader(stream))
    assert {(row["date"], row["by"]) for row in log} == {
        ("2027-03-04", "NN, dataansvarlig")
    }
    assert {row["name"]: row["confirmed"] for row in log} == {
        "899": "yes",
        "555": "yes",
        "740": "no",
        deadline.name: "yes",
    }


@pytest.mark.slow
def test_a_second_sheet_asks_for_the_rest_and_the_log_grows(site, sheet, tmp_path):
    answer(sheet, ("890", "ja", {}), ("899", "ja", {}))
    confirm_rules(site, sheet, by="NN", on=ON)
    rest = tmp_path / "rest.csv"
    write_rules_to_confirm(site, rest, language="en")
    codes = {r["name"] for r in read_sheet(rest) if r["kind"] == "benefit code"}
    assert codes == {"555", "740"}
    confirm_rules(site, answer(rest, ("740", "yes", {})), by="MM", on=date(2027, 4, 1))
    rows = read_site_code_table(site.folder).rows.set_index("code")
    assert (rows.loc[["740", "890", "899"], "mark"] == "confirmed").all()
    log = (site.folder / LOG).read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in log[1:]] == [
        ["2027-03-04", "NN"],
        ["2027-03-04", "NN"],
        ["2027-04-01", "MM"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answers", "error", "says"),
    [
        ([("890", "måske", {})], TableError, "neither yes nor no"),
        ([("555", "ja", {})], TableError, "group is missing in 1 confirmed rows"),
        ([("890", "ja", {"kind": "kode"})], TableError, "kind is none"),
        ([("890", "ja", {"valid_to": "1/1/2027"})], TableError, "2026-07-01"),
        ([("890", "ja", {"valid_from": "2015-01-05"})], TableError, "valid_from"),
        ([("890", "ja", {"name": "Kaj Hansen"})], TableError, "form of a code"),
        ([("890", "nej", {"name": "010190-1234"})], TableError, "form of a code"),
        ([("890", "nej", {"valid_from": "2015-01-05"})], TableError, "a no has a va"),
        ([("555", "nej", {"valid_from": "2015-01-05"})], TableError, "a no has a va"),
        ([("890", "nej", {"name": "899"}), ("899", "ja", {})], TableError, "twice"),
        ([("890", "nej", {"kind": "frist"})], TableError, "1 deadlines are none"),
        ([("890", "nej", {"kind": "ændring"})], TableError, "1 changes are none"),
        (
            [("benefit_reassessment", "ja", {"applies_when": "state = fleksjob"})],
            TableError,
            "1 deadlines are none",
        ),
        ([("890", "ja", {"group": "Ikke En"})], TableError, "lower-case"),
        ([("890", "nej", {"remark": "borgeren er uegnet"})], FileError, "uegnet"),
    ],
)
def test_an_answer_that_cannot_be_used_writes_nothing(
    site, sheet, answers, error, says
):
    answer(sheet, *answers)
    before = sorted(path.name for path in site.folder.iterdir())
    with pytest.raises(error, match=says):
        confirm_rules(site, sheet, by="NN", on=ON)
    assert sorted(path.name for path in site.folder.iterdir()) == before


@pytest.mark.slow
def test_a_no_to_a_code_that_no_table_has_is_logged(site, sheet):
    answer(sheet, ("555", "nej", {}), ("890", "nej", {}))
    confirm_rules(site, sheet, by="NN", on=ON)
    with (site.folder / LOG).open(encoding="utf-8", newline="") as stream:
        log = {row["name"]: row["confirmed"] for row in csv.DictReader(stream)}
    assert log == {"555": "no", "890": "no"}


@pytest.mark.slow
def test_rules_of_one_name_are_answered_each_for_its_own_cases(site, sheet):
    rows = read_sheet(sheet)
    for row in rows:
        if (row["kind"], row["name"]) == ("frist", "reassessment_22_weeks"):
            of_employed = row["applies_when"].startswith("employed_at_intake = yes")
            row["confirmed"] = "ja" if of_employed else "nej"
    save(sheet, rows)
    confirm_rules(site, sheet, by="NN", on=ON)
    marks = {
        rule.free_days: (rule.mark, rule.checked_on == ON)
        for rule in read_site_rules(site.folder)
        if rule.name == "reassessment_22_weeks"
    }
    assert marks == {
        30: ("confirmed", True),
        14: ("official", False),
        0: ("official", False),
    }
    with (site.folder / LOG).open(encoding="utf-8", newline="") as stream:
        log = {row["applies_when"]: row["confirmed"] for row in csv.DictReader(stream)}
    assert {when: said for when, said in log.items() if said == "yes"} == {
        "employed_at_intake = yes and age_at_intake < 67": "yes"
    }
    assert len(log) == len(marks)


@pytest.mark.slow
def test_a_sheet_that_a_danish_spreadsheet_has_saved_is_read(site, sheet):
    """It writes days as dd-mm-yyyy, marks UTF-8 and quotes only where it must."""
    answer(sheet, ("first_follow_up_talk", "JA", {}), ("555", "x", {"group": "su"}))
    rows = read_sheet(sheet)
    for row in rows:
        for bound in ("valid_from", "valid_to"):
            row[bound] = "-".join(reversed(row[bound].split("-")))
    save(sheet, rows, encoding="utf-8-sig")
    done = confirm_rules(site, sheet, by="NN", on=ON)
    assert [a.kind for a in done.answers] == ["code", *["deadline"] * 2, "reform"]
    confirmed = [r for r in read_site_rules(site.folder) if r.mark == "confirmed"]
    assert {r.valid_from for r in confirmed} == {date.min, date(2026, 2, 1)}


def test_a_sheet_saved_in_another_encoding_is_refused_with_the_right_one(site, sheet):
    answer(sheet, ("890", "ja", {}))
    save(sheet, read_sheet(sheet), encoding="cp1252")
    with pytest.raises(FileError, match="CSV UTF-8"):
        confirm_rules(site, sheet, by="NN", on=ON)


@pytest.mark.slow
def test_a_period_more_of_a_known_code_may_be_added_beside_its_row(site, sheet):
    answer(sheet, ("890", "ja", {"valid_to": "2027-01-04"}))
    rows = read_sheet(sheet)
    (first,) = [row for row in rows if row["name"] == "890"]
    later = {"valid_from": "2027-01-04", "valid_to": "", "group": "ledighedsydelse"}
    save(sheet, [*rows, {**first, **later}])
    confirm_rules(site, sheet, by="NN", on=ON)
    table = read_site_code_table(site.folder).rows
    groups = table[table["code"] == "890"]["group"]
    assert groups.tolist() == ["sygedagpenge", "ledighedsydelse"]


@pytest.mark.slow
def test_a_code_that_means_something_else_after_a_benefit_is_answered_row_by_row(
    site, sheet, tmp_path
):
    rows = read_sheet(sheet)
    (first,) = [row for row in rows if row["name"] == "890"]
    first |= {"confirmed": "ja"}
    after = {"group": "ledighedsydelse", "applies_when": "state=ledighedsydelse"}
    save(sheet, [*rows, {**first, **after}])
    confirm_rules(site, sheet, by="NN", on=ON)
    table = read_site_code_table(site.folder)
    own = table.rows[table.rows["code"] == "890"]
    assert own[["group", "applies_when"]].to_numpy().tolist() == [
        ["sygedagpenge", ""],
        ["ledighedsydelse", "state = ledighedsydelse"],
    ]
    assert len(table.conditions) == 1
    # Both rows stand in a sheet until each has been confirmed.
    path = site.folder / "code_groups.csv"
    path.write_text(path.read_text("utf-8").replace("confirmed", "one_list"), "utf-8")
    again = tmp_path / "again.csv"
    write_rules_to_confirm(site, again, language="da")
    asked = [row for row in read_sheet(again) if row["name"] == "890"]
    assert [row["applies_when"] for row in asked] == ["", "state = ledighedsydelse"]
    asked[1]["confirmed"] = "ja"
    save(again, asked)
    confirm_rules(site, again, by="NN", on=ON)
    rows = read_site_code_table(site.folder).rows
    marks = rows[rows["code"] == "890"]["mark"].tolist()
    assert marks == ["one_list", "confirmed"]


def test_a_code_of_which_a_sheet_asks_for_a_column_is_refused(site, sheet):
    answer(sheet, ("890", "ja", {"applies_when": "age_at_intake >= 40"}))
    with pytest.raises(TableError, match="applies_when of a code"):
        confirm_rules(site, sheet, by="NN", on=ON)
    assert not (site.folder / "code_groups.csv").exists()


@pytest.mark.slow
def test_a_log_of_fewer_columns_or_of_a_spreadsheet_goes_on(site, sheet):
    before = "date;by;kind;name;confirmed;remark\n2026-01-02;MM;code;890;no;nej da\n"
    (site.folder / LOG).write_text(before, "utf-8")
    answer(sheet, ("890", "ja", {}))
    confirm_rules(site, sheet, by="NN", on=ON)
    with (site.folder / LOG).open(encoding="utf-8", newline="") as stream:
        log = list(csv.DictReader(stream))
    assert [(row["by"], row["remark"]) for row in log] == [("MM", "nej da"), ("NN", "")]


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"a\xe6\n", b'date,by\n"2026', b"who,when\nx,y\n"])
def test_a_log_that_cannot_be_read_stops_before_anything_is_written(
    site, sheet, content
):
    (site.folder / LOG).write_bytes(content)
    answer(sheet, ("890", "ja", {}))
    with pytest.raises(FileError, match=LOG):
        confirm_rules(site, sheet, by="NN", on=ON)
    assert not (site.folder / "code_groups.csv").exists()


@pytest.mark.slow
def test_one_sheet_at_a_time_is_taken_into_the_sites_files(site, sheet):
    answer(sheet, ("890", "ja", {}))
    with (
        hold_lock(site.folder / ".riskscreen.rules-lock"),
        pytest.raises(FileError, match="Ask again"),
    ):
        confirm_rules(site, sheet, by="A", on=ON)
    assert not (site.folder / LOG).exists()
    confirm_rules(site, sheet, by="A", on=ON)
    assert (site.folder / LOG).exists()


@pytest.mark.slow
def test_what_is_written_is_its_owners_alone(site, sheet):
    answer(sheet, ("890", "ja", {}))
    for path in confirm_rules(site, sheet, by="NN", on=ON).files:
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_sheet_of_no_csv_is_a_file_error(site, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_text('kind;name\n"frist;x\n', "utf-8")
    with pytest.raises(FileError, match=r"broken.csv: line 2:"):
        confirm_rules(site, broken, by="NN", on=ON)


def test_what_is_no_sheet_is_a_file_error(site, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(FileError, match="no column kind"):
        confirm_rules(site, other, by="NN", on=ON)
    with pytest.raises(FileError, match="no such file"):
        confirm_rules(site, tmp_path / "none.csv", by="NN", on=ON)
    with pytest.raises(FileError, match="no name"):
        confirm_rules(site, other, by="  ", on=ON)


@pytest.mark.slow
def test_a_manifest_of_the_files_before_is_told(site, sheet):
    (site.folder / "manifest.sha256").write_text("", "utf-8")
    answer(sheet, ("890", "ja", {}))
    done = confirm_rules(site, sheet, by="NN", on=ON)
    assert "manifest.sha256" in "\n".join(done.describe())
