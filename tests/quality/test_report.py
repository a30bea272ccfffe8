import re
from datetime import date

import pandas as pd
import pytest

from riskscreen.errors import FileError, PersonalDataError, SpecError
from riskscreen.quality.findings import UNDECLARED
from riskscreen.quality.report import report_quality
from riskscreen.readers.delimited import RAGGED
from riskscreen.readers.site import read_site
from riskscreen.validation.checking import NOT_A_DATE
from tests import small_site
from tests import ten_citizens as ten

pytestmark = pytest.mark.slow

EXTRACTED = small_site.EXTRACTED.date()


@pytest.fixture
def site(tmp_path):
    """A delivery with one row of each kind of fault."""
    folder = tmp_path / "site"
    (folder / "small_target").mkdir(parents=True)
    cases = small_site.cases(200)
    cases.loc[3, "helpers"] = "ninety"
    cases.loc[4, "start_date"] = "31-02-2024"
    text = cases.to_csv(index=False, sep=";") + "a;row;too;short\n"
    (folder / "small_target" / "cases.csv").write_text(text, "latin-1")
    audit = pd.DataFrame(
        {"case_id": cases["case_id"], "audit_kind": "x", "audit_note": "a note"}
    )
    audit.to_csv(folder / "small_target" / "audit.csv", index=False)
    history = small_site.reaching(small_site.history(cases), EXTRACTED)
    history["code"] = history["code"].mask(history.index < 7, "555")
    history.to_parquet(folder / "history.parquet")
    own = small_site.code_table().to_csv_text()
    (folder / "code_groups_whole.csv").write_text(own)
    return folder


def quality(site, extracted=EXTRACTED):
    (site / "site.toml").write_text(f"extract_date = {extracted}\n")
    return report_quality(read_site(site), [small_site.specification()])


def table(told, title):
    (found,) = (t for t in told.tables if t.title == title)
    return found


def test_efforts_of_cases_that_no_case_file_has_are_a_doubt(site):
    ids = [f"case-{n:05d}" for n in (*range(5, 35), *range(900, 910))]
    rows = [f"{case};mentor;2024-05-01" for case in ids]
    (site / "efforts.csv").write_text("\n".join(["case_id;kind;start_date", *rows]))
    (doubt,) = (flag for flag in quality(site).flags if "cases of efforts.csv" in flag)
    assert doubt.startswith("10 of 40 cases of efforts.csv")
    assert "(25.0%)" in doubt


def test_every_row_of_every_file_is_counted(site):
    efforts = "case_id;kind;start_date\ncase-00001;mentor;2024-05-01\n;mentor;\n"
    (site / "efforts.csv").write_text(efforts)
    told = quality(site)
    files = {row[0]: row[1:4] for row in table(told, "Files").rows}
    assert files["small_target/cases.csv"] == ("201", "198", "3")
    assert files["small_target/audit.csv"] == ("200", "200", "0")
    rows = len(pd.read_parquet(site / "history.parquet"))
    assert files["history.parquet"] == (f"{rows}", f"{rows}", "0")
    assert files["efforts.csv"] == ("2", "1", "1")
    assert told.rows_set_aside == 4
    assert told.faults == ()
    assert told.exit_code == 0


def test_rules_columns_and_how_files_were_read_are_told(site):
    told = quality(site)
    assert set(table(told, "Set aside").rows) == {
        (
            "small_target/cases.csv",
            RAGGED,
            "1",
        ),
        ("small_target/cases.csv", "helpers: not a number", "1"),
        ("small_target/cases.csv", f"start_date: {NOT_A_DATE}", "1"),
    }
    assert (
        "small_target/cases.csv",
        "column 13",
        UNDECLARED,
    ) in table(told, "Not used").rows
    (how,) = (r[4] for r in table(told, "Files").rows if "cases" in r[0])
    assert [note.split(" (")[0] for note in how.split(", ")][:2] == [
        "encoding latin-1",
        "delimiter semicolon",
    ]
    missing = {row[1]: row[2] for row in table(told, "Missing").rows}
    assert re.fullmatch(r"\d+ %", missing["distance"])
    assert missing["helpers"] == "0 %"


def test_unknown_codes_and_people_without_history_are_flagged(site):
    flags = " ".join(quality(site).flags)
    assert "(7 rows)" in flags  # of one person
    assert "555" not in flags
    assert "citizens of small_target/cases.csv" in flags
    assert "self-supporting" in flags


def test_unknown_codes_are_other_support_by_year_and_many_are_a_fault(site):
    past = pd.read_parquet(site / "history.parquet")
    for percent, faults, code in ((2, 0, 0), (8, 1, 22)):
        renumbered = small_site.beside_renumbered(past, percent, until=EXTRACTED)
        renumbered.to_parquet(site / "history.parquet")
        told = quality(site)
        assert (len(told.faults), told.exit_code) == (faults, code)
        assert any(f"{percent}.0%" in said for said in told.faults + told.flags)
        weeks = {r[0]: r[1:] for r in table(told, "Weeks by code group and year").rows}
        assert weeks["anden_forsoergelse"][-2:] != ("0", "0")
    accepted = report_quality(
        read_site(site), [small_site.specification()], accept_unknown_codes=True
    )
    assert accepted.faults == ()
    assert any("8.0%" in said for said in accepted.flags)


def test_no_value_of_any_row_is_shown(site):
    shown = "\n".join(quality(site).describe())
    cases = small_site.cases(200)
    private = ("case_id", "person_id", "team", "municipality", "fritekst", "distance")
    for column in private:
        for value in set(cases[column]) - {""}:
            if len(value) > 3:
                assert value not in shown
    dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", shown))
    assert dates == {EXTRACTED.isoformat()}


def test_a_history_read_in_parts_has_the_figures_of_the_whole(site, monkeypatch):
    whole = quality(site)
    monkeypatch.setattr("riskscreen.quality.reading.ROWS_IN_A_PART", 50)
    assert quality(site) == whole


def test_weeks_read_in_parts_have_the_figures_of_the_whole(tmp_path, monkeypatch):
    rows = pd.concat([ten.dream_wide()] * 12, ignore_index=True)
    rows["person_id"] = [f"p{n:03}" for n in range(len(rows))]
    rows.to_csv(tmp_path / "history.csv", sep=";", index=False)
    whole = quality(tmp_path, ten.EXTRACT_DATE)
    monkeypatch.setattr("riskscreen.quality.reading.ROWS_IN_A_PART", 7)
    assert quality(tmp_path, ten.EXTRACT_DATE) == whole


def test_small_counts_are_hidden(site):
    path = site / "small_target" / "cases.csv"
    early = small_site.cases(200)
    early.loc[:2, ["start_date", "decision_date"]] = ["01-05-2023", "2023-06-01"]
    early.to_csv(path, index=False)
    years = dict(
        row[1:] for row in table(quality(site), "Rows by year of the decision").rows
    )
    assert years == {"2023": "<5", "2024": "hidden"}


def test_a_dying_code_is_a_cliff_in_words_and_weeks_not_confirmed_are_counted(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    rows = [
        (f"p{n}", code, start, end)
        for n in range(40)
        for code, start, end in [
            ("890", "2010-01-04", "2013-12-30"),
            ("893", "2014-01-06", None),
            ("740", "2008-01-07", "2009-12-28"),
        ]
    ]
    columns = ["person_id", "code", "start_date", "end_date"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "history.csv", index=False)
    confirmed = (
        "code,group,mark\n890,sygedagpenge,confirmed\n893,sygedagpenge,confirmed\n"
    )
    (folder / "code_groups.csv").write_text(confirmed)
    told = quality(folder, date(2016, 1, 4))
    flags = "\n".join(told.flags)
    assert "code 890: falls away in 2014" in flags
    assert "code 893: begins in 2014" in flags
    assert "ledighedsydelse: falls away in 2010" in flags
    assert "code 740" not in flags  # its group says it
    assert re.search(r"25 % of all benefit weeks", flags)
    weeks = {
        r[0]: r[2]
        for r in table(told, "Weeks on codes that the site has not confirmed").rows
    }
    assert weeks == {"ledighedsydelse": "100 %", "sygedagpenge": "0 %"}


def test_files_that_cannot_be_used_are_told_and_the_others_read_on(site):
    (site / "history.parquet").write_bytes(b"PAR1 but no more")
    (site / "small_target" / "audit.csv").write_bytes(b"")
    told = quality(site)
    assert len(told.faults) == 2
    assert told.exit_code == FileError.exit_code
    assert [row[0] for row in table(told, "Files").rows] == ["small_target/cases.csv"]
    assert "Cannot be used" in "\n".join(told.describe())


def test_a_site_without_an_audit_table_is_told_and_can_be_used(site):
    (site / "small_target" / "audit.csv").unlink()
    told = quality(site)
    assert told.faults == ()
    assert told.exit_code == 0
    (flag,) = (flag for flag in told.flags if "audit table" in flag)
    assert flag.startswith("small_target: ")
    assert "audit_kind" in flag
    assert "[files.small_target.audit]" in flag


def test_a_column_in_the_sites_own_words_is_a_flag_and_a_slip_is_none(site):
    path = site / "small_target" / "cases.csv"
    cases = pd.read_csv(
        path, sep=";", dtype=str, encoding="latin-1", on_bad_lines="skip"
    )
    levels = cases["colour"].dropna()
    cases.loc[levels.index, "colour"] = "et andet ord"
    cases.to_csv(path, sep=";", index=False)
    (flag,) = (flag for flag in quality(site).flags if "could not be read" in flag)
    assert flag.startswith("small_target/cases.csv: 100 % ")
    assert " colour " in flag
    assert "et andet ord" not in flag
    cases.loc[levels.index[8:], "colour"] = levels.iloc[8:]
    cases.to_csv(path, sep=";", index=False)
    assert not [flag for flag in quality(site).flags if "could not be read" in flag]


def test_files_are_called_by_their_path_in_the_sites_folder(site):
    (site / "sager.csv").write_bytes((site / "small_target/cases.csv").read_bytes())
    (site / "ind").mkdir()
    intake = small_site.cases(20).assign(case_id=[f"new-{n}" for n in range(20)])
    intake.to_csv(site / "ind" / "small_target.csv", index=False)
    (site / "site.toml").write_text(
        f"extract_date = {EXTRACTED}\n[files.small_target]\npath = 'sager.csv'\n"
        "[intake.small_target]\npath = 'ind/small_target.csv'\n"
    )
    told = report_quality(read_site(site), [small_site.specification()])
    assert {row[0] for row in table(told, "Files").rows} == {
        "sager.csv (small_target)",
        "small_target/audit.csv",
        "ind/small_target.csv",
        "history.parquet",
    }


def test_a_deadline_that_asks_for_a_misspelt_column_is_told_before_any_page(site):
    header = "name,clock,count,unit,valid_from,applies_when,da,en,source,mark\n"
    row = "talk,start,8,weeks,,{} = yes,samtale,talk,ours,official\n"
    spec = small_site.specification(deadlines=["talk"])
    twin = small_site.specification(deadlines=["talk"], name="other_target")
    (site / "other_target").symlink_to(site / "small_target")
    (site / "site.toml").write_text(f"extract_date = {EXTRACTED}\n")
    for column, faults in (("alone", 0), ("aloen", 1)):
        (site / "deadlines.csv").write_text(header + row.format(column))
        told = report_quality(read_site(site), [spec, twin])
        assert len(told.faults) == faults
    assert "'aloen'" in told.faults[0]
    assert "'alone'" in told.faults[0]
    assert told.exit_code == SpecError.exit_code
    (site / "deadlines.csv").unlink()
    (unknown,) = report_quality(read_site(site), [spec]).faults
    assert "['talk'] are not known" in unknown


def test_a_person_number_stops_the_report(site):
    path = site / "small_target" / "audit.csv"
    path.write_text(path.read_text().replace("a note", "010190-1234"))
    with pytest.raises(PersonalDataError):
        quality(site)


@pytest.mark.slow
def test_a_history_of_weeks_counts_the_rows_it_was_made_of(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    ten.dream_wide().to_csv(folder / "history.csv", sep=";", index=False)
    told = quality(folder, ten.EXTRACT_DATE)
    assert table(told, "Files").rows[0][:4] == ("history.csv", "10", "10", "0")
