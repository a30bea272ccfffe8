import datetime as dt
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.errors import FileError, PersonalDataError
from riskscreen.readers.dialect import CsvDialect
from riskscreen.readers.site import read_site
from riskscreen.readers.site_file import (
    Keys,
    SiteFile,
    StatedHistory,
    StatedPlaces,
    Trust,
)
from riskscreen.readers.sources import TableSource, read_table
from riskscreen.readers.sql_query import SqlQuery
from tests.made_up import specification
from tests.page_commands import list_blocks

DATED = "extract_date = 2025-01-06\n"


@pytest.fixture
def folder(tmp_path):
    """A site's folder with a history and the cases of one target."""
    (tmp_path / "long_absence").mkdir()
    for name in ("history", "long_absence/cases"):
        (tmp_path / f"{name}.csv").write_text("case_id;person_id\n1;2\n", "utf-8")
    return tmp_path


def stated(folder, text="", *, environment=None):
    content = text if isinstance(text, bytes) else (DATED + text).encode()
    (folder / "site.toml").write_bytes(content)
    return read_site(folder, environment=environment)


def refusal(folder, text, ask=lambda site: site):
    with pytest.raises(FileError) as refused:
        ask(stated(folder, text))
    return str(refused.value)


def test_a_day_is_all_that_must_be_stated(folder):
    site = stated(folder)
    assert site.extract_date == dt.date(2025, 1, 6)
    assert site.name == folder.name
    assert not site.synthetic
    assert site.keys == {}
    assert site.history() == TableSource(folder / "history.csv")
    assert site.cases("long_absence") == TableSource(folder / "long_absence/cases.csv")
    assert site.audit("long_absence") is None
    assert site.find_places("long_absence") is None


def test_each_file_keeps_its_own_habits_names_and_ends(folder):
    site = stated(
        folder,
        """
        [files.history]
        path = "dream[1].csv"
        layout = "spells"
        ends = "inclusive"
        dates = "day_first"
        columns = { ydelse = "code" }
        [files.long_absence]
        dates = "month_first"
        decimal = "comma"
        encoding = "cp1252"
        delimiter = ";"
        [files.long_absence.audit]
        path = "audit.csv"
        decimal = "point"
        """,
    )
    history = site.history()
    assert history.source == folder / "dream[1].csv"
    assert history.dialect == CsvDialect(dates="day_first")
    assert (history.layout, history.ends) == ("spells", "inclusive")
    assert history.columns == {"ydelse": "code"}
    assert site.cases("long_absence").dialect == CsvDialect(
        "cp1252", ";", "comma", "month_first"
    )
    assert site.audit("long_absence").dialect == CsvDialect(decimal="point")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("extrct_date = 1\n", "unknown key (number 2); did you mean 'extract_date'"),
        ("max_age_days = '8'\n", "max_age_days: "),
        ("max_age_days = 0\n", "max_age_days: "),
        ("synthetic = 'yes'\n", "synthetic: "),
        ("timezone = 'Europe/Kopenhagen'\n", "timezone: not a time zone"),
        ("[keys]\nperson = 'P'\n", "keys: unknown key (number 1); did you mean"),
        ("[keys]\nperson_id = 'P[0-9'\n", "keys.person_id: not a regular expression"),
        ("[files.histroy]\npath = 'h.csv'\n", "did you mean 'history'"),
        ("[files.efort]\npath = 'h.csv'\n", "did you mean 'efforts'"),
        (
            "[files.history]\ndate = 'day_first'\n",
            "files.history: unknown key (number 1)",
        ),
        ("[files.history]\ndates = 'backwards'\n", "files.history.dates: "),
        ("[files.history]\nencoding = 'klingon'\n", "files.history.encoding: "),
        ("[files.history]\ndelimiter = ';;'\n", "files.history.delimiter: "),
        ("[files.history]\nlayout = 'dream_months'\n", "cannot be read yet"),
        ("[files.history]\ncolumns = {x = 'start_dat'}\n", "did you mean 'start_date'"),
        (
            "[files.history]\ncolumns = {x = 'code', y = 'code'}\n",
            "columns number 1 and 2 have one name",
        ),
        (
            "[files.history]\nlayout = 'dream_wide'\nends = 'inclusive'\n",
            "weeks run from Monday",
        ),
        ("[files.history]\npath = 'h'\nsql = 'x://'\nquery = 'q.sql'\n", "two sources"),
        ("[files.history]\nsql = 'sqlite:///x'\n", "sql needs query"),
        ("[files.history]\npath = 'sqlite:///x'\n", "stated with sql"),
        (
            "[intake.t]\nsql = 'sqlite:///x'\nquery = 'q.sql'\nencoding = 'cp1252'\n",
            "intake.t: encoding and delimiter",
        ),
        ("[files.t]\nends = 'inclusive'\n", "files.t: unknown key (number 1)"),
        ("[places.t]\nshared_by = 'town'\nper_week = 1\n", "places.t.shared_by: "),
        ("[places.t]\nshared_by = 'site'\nper_week = -1\n", "places.t.per_week: "),
        ("[places.t]\nshared_by = 'site'\nper_week = {a = 1}\n", "whole site shares"),
        ("[places.t]\nshared_by = 'team'\nper_week = {a = 0}\n", "no place at all"),
        ("[places.t]\nshared_by = 'team'\n", "places.t.per_week: missing"),
        ("[gates.t]\nici_at_mots = 0.1\n", "gates.t: unknown key (number 1)"),
        # What a model's folder could not hold is refused before anything is trained.
        ("[places.t]\nshared_by = 'site'\nper_week = 1000001\n", "from 0 to 1000000"),
        ("[places.t]\nshared_by = 'team'\nper_week = {a = inf}\n", "from 0 to 1000000"),
        (
            "[places.t]\nshared_by = 'site'\nper_week = 1\ncarry_weeks = 521\n",
            "places.t.carry_weeks: ",
        ),
        (
            "[places.t]\nshared_by = 'site'\nper_week = 1\nprice_a_week = -1\n",
            "places.t.price_a_week: ",
        ),
        ("files = 3\n", "files: not a table"),
        ("[files]\nhistory = 'h.csv'\n", "files.history: not a table"),
        ("[trust]\napproval_keys = 'x'\n", "trust.approval_keys: "),
        ("[trust]\napproval_keys = ['x']\n", "riskscreen make-key prints one"),
        ("[trust]\napproval_keys = []\n", "trust.approval_keys: "),
        ("[trust]\n", "trust.approval_keys: missing"),
    ],
)
def test_a_key_that_is_wrong_is_told_with_file_key_and_remedy(folder, text, told):
    said = refusal(folder, text)
    assert str(folder / "site.toml") in said
    assert told in said


def test_the_day_is_that_of_its_time_zone_else_of_denmark(folder):
    midnight = dt.datetime(2024, 12, 29, 23, 30, tzinfo=dt.UTC)
    assert stated(folder).find_day(midnight) == dt.date(2024, 12, 30)
    faroe = stated(folder, 'timezone = "Atlantic/Faroe"\n')
    assert faroe.find_day(midnight) == dt.date(2024, 12, 29)


def test_all_of_the_design_is_read_and_later_tables_may_be_declared(folder):
    site = stated(
        folder,
        """
        name = "Eksempelkommune"
        timezone = "Europe/Copenhagen"
        max_age_days = 8
        synthetic = true
        [keys]
        person_id = "P[A-Z2-7]{26}"
        [files.efforts]
        path = "efforts.csv"
        [places.long_absence]
        shared_by = "municipality"
        per_week = { "0461" = 6, "0265" = 14 }
        carry_weeks = 2
        price_a_week = 2400
        [trust]
        approval_keys = ["ed25519:%s"]
        """
        % ("0" * 64),
    )
    assert (site.name, site.synthetic) == ("Eksempelkommune", True)
    assert site.keys["person_id"].fullmatch("P" + "A" * 26)
    assert site.find_places("long_absence").per_week == {"0461": 6.0, "0265": 14.0}
    assert site.find_price("long_absence") == 2400.0
    assert site.find_price("long_benefit") is None
    assert site.targets_among(["long_absence", "long_benefit"]) == ["long_absence"]


@pytest.mark.parametrize("heading", ["files", "intake", "places"])
def test_a_misspelt_target_is_told_where_it_would_be_passed_over(folder, heading):
    more = {"places": "shared_by = 'site'\nper_week = 1\n"}.get(heading, "path = 'x'\n")
    ask = {
        "files": lambda site: site.cases("long_absence"),
        "intake": lambda site: site.intake("long_absence"),
        "places": lambda site: site.find_places("long_absence"),
    }[heading]
    said = refusal(folder, f"[{heading}.long_absense]\n{more}", ask)
    assert "did you mean 'long_absence'?" in said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "extract_date = 2025-01-06"),
        (b"name = 'x'\n", "extract_date: missing"),
        (b"extract_date = \n", "not valid TOML"),
        (b"extract_date = '2025-01-06'\n", "extract_date: "),
        (b"extract_date = 20250106\n", "extract_date: "),
        (DATED.encode("utf-16"), "saved as UTF-16. Save it as UTF-8."),
        (DATED.encode("utf-16-le"), "saved as UTF-16. Save it as UTF-8."),
        ("# på dansk\n".encode("cp1252") + DATED.encode(), "not UTF-8. Save it as"),
    ],
)
def test_a_file_that_is_not_toml_in_utf_8_is_told_with_the_remedy(
    folder, content, told
):
    if content is not None:
        (folder / "site.toml").write_bytes(content)
    with pytest.raises(FileError) as refused:
        read_site(folder)
    assert told in str(refused.value)


def test_a_mark_at_the_beginning_of_site_toml_is_read_over(folder):
    site = stated(folder, b"\xef\xbb\xbf" + DATED.encode())
    assert site.extract_date == dt.date(2025, 1, 6)


# Where tables are found


@pytest.mark.parametrize(
    ("table", "ask"),
    [
        ("history", lambda site: site.history()),
        ("long_absence/cases", lambda site: site.cases("long_absence")),
        ("long_absence/audit", lambda site: site.audit("long_absence")),
        ("long_absence/outcomes", lambda site: site.outcomes("long_absence")),
    ],
)
@pytest.mark.parametrize("other", [".parquet", ".CSV", ".xpt", ".xlsx", ".csv.gz"])
def test_two_files_for_one_table_are_refused_and_both_named(folder, table, ask, other):
    for suffix in (".csv", other):
        (folder / f"{table}{suffix}").write_text("x", "utf-8")
    said = refusal(folder, "", ask)
    stem = table.split("/")[-1]
    assert f"{stem}.csv" in said
    assert f"{stem}{other}" in said
    assert "Leave one of them" in said


def test_a_folder_beside_a_file_is_a_second_source_too(folder):
    (folder / "history").mkdir()
    assert "history and history.csv" in refusal(folder, "", lambda site: site.history())


def test_a_stated_file_is_read_and_the_one_beside_it_is_told(folder):
    (folder / "old.csv").write_text("case_id;person_id\n1;2\n", "utf-8")
    source = stated(folder, "[files.history]\npath = 'old.csv'\n").history()
    assert source.source == folder / "old.csv"
    note = "history.csv is not read: [files.history] states another source"
    assert note in read_table(source).notes
    same = stated(folder, "[files.history]\npath = './history.csv'\n").history()
    assert same.notes == ()


def test_what_is_not_there_is_told_with_the_key_that_would_state_it(folder):
    (folder / "history.csv").unlink()
    said = refusal(folder, "", lambda site: site.history())
    assert "no history.parquet or history.csv" in said
    assert "[files.history]" in said
    said = refusal(folder, "", lambda site: site.outcomes("long_absence"))
    assert "[files.long_absence.outcomes]" in said
    said = refusal(folder, "", lambda site: site.intake("long_absence"))
    assert "[intake.long_absence]" in said


def test_the_intake_is_what_is_stated_or_what_stands_in_its_place(folder):
    site = stated(
        folder,
        "[intake.long_absence]\npath = 'in/c.csv'\ncolumns = {nr = 'case_id'}\n"
        "decimal = 'comma'\n",
    )
    assert site.intake("long_absence").source == folder / "in/c.csv"
    instead = site.intake("long_absence", instead=folder / "x.csv")
    assert instead == TableSource(
        folder / "x.csv", {"nr": "case_id"}, CsvDialect(decimal="comma")
    )


@pytest.mark.parametrize(
    "text",
    [
        "[files.tables.stays]\npath = './efforts.csv'\n",
        "[files.efforts]\npath = 'given/help.csv'\n"
        "[files.tables.stays]\npath = 'given/help.csv'\n",
        "[files.efforts]\npath = 'given/help.csv'\n"
        "[files.tables.stays]\npath = 'efforts.csv'\n",
        "[files.efforts]\npath = 'stays.csv'\n",
        "[files.efforts]\nsql = 'sqlite:///site.db'\nquery = 'SELECT 1'\n"
        "[files.tables.stays]\nsql = 'sqlite:///site.db'\nquery = 'one.sql'\n",
    ],
    ids=["by name", "by path", "beside it", "the other way round", "by query"],
)
def test_no_further_table_is_the_efforts_by_another_name(folder, text):
    for name in ("efforts", "stays", "given/help"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.csv").write_text("case_id;kind\n1;talk\n", "utf-8")
    (folder / "one.sql").write_text("SELECT 1;\n", "utf-8")
    said = refusal(folder, text, lambda site: site.tables(["stays"]))
    assert "[files.tables.stays] states" in said


def test_a_further_table_lies_beside_the_efforts(folder):
    (folder / "stays.csv").write_text("person_id;date\n1;2024-01-01\n", "utf-8")
    text = "[files.efforts]\nsql = '${HELP}'\nquery = 'SELECT 1'\n"
    found = stated(folder, text).tables(["stays", "visits"])
    assert found == {"stays": TableSource(folder / "stays.csv")}
    text += "[files.tables.visits]\nsql = 'sqlite:///site.db'\nquery = 'SELECT 1'\n"
    assert list(stated(folder, text).tables(["stays", "visits"])) == ["stays", "visits"]


# Databases


def test_a_query_stands_in_a_file_or_as_text_and_sqlite_lies_in_the_folder(folder):
    table = pd.DataFrame({"case_id": ["a"], "person_id": ["b"]})
    with closing(sqlite3.connect(folder / "site.db")) as database:
        table.to_sql("cases", database, index=False)
    text = "-- the open cases\n\nSELECT case_id, person_id FROM cases;\n"
    (folder / "open.sql").write_text("\ufeff" + text, "utf-8")
    for query in ("open.sql", "SELECT case_id, person_id FROM cases"):
        site = stated(
            folder, f"[intake.t]\nsql = 'sqlite:///site.db'\nquery = '{query}'\n"
        )
        assert read_table(site.intake("t")).table.to_dict("list") == {
            "case_id": ["a"],
            "person_id": ["b"],
        }


def intake(site):
    return site.intake("t")


def test_secrets_come_from_the_environment(folder):
    text = (
        "[intake.t]\nsql = 'postgresql+psycopg://${USER}:${PASS}@db/register'\n"
        "query = 'SELECT 1'\n"
    )
    given = {"USER": "ada", "PASS": "p@ss/w:rd"}
    source = stated(folder, text, environment=given).intake("t").source
    assert source == SqlQuery(
        "postgresql+psycopg://ada:p%40ss%2Fw%3Ard@db/register", "SELECT 1"
    )
    whole = text.replace("postgresql+psycopg://${USER}:${PASS}@db/register", "${URL}")
    site = stated(folder, whole, environment={"URL": "sqlite:////x.db"})
    assert site.intake("t").source.url == "sqlite:////x.db"
    said = refusal(folder, text, lambda site: site.intake("t"))
    assert "${USER}" in said
    said = refusal(
        folder, text.replace("${PASS}", "hemmeligt"), lambda s: s.intake("t")
    )
    assert "a password stands in sql" in said
    assert "hemmeligt" not in said
    asked = "postgresql+psycopg://db/register?sslpassword="
    text = text.replace("postgresql+psycopg://${USER}:${PASS}@db/register", asked)
    said = refusal(folder, text.replace(asked, f"{asked}hemmeligt"), intake)
    assert "a password stands in sql" in said
    assert "hemmeligt" not in said
    site = stated(folder, text.replace(asked, asked + "${PASS}"), environment=given)
    source = intake(site).source
    assert source.url.endswith("?sslpassword=p%40ss%2Fw%3Ard")
    assert "ss" not in str(source).removeprefix("postgresql+psycopg://")


@pytest.mark.parametrize(
    ("sql", "query"),
    [
        ("sqlite:///070761-4285.db", "SELECT 1"),
        ("sqlite:///site.db", "SELECT * FROM c WHERE cpr = '0707614285'"),
    ],
)
def test_no_query_names_a_person(folder, sql, query):
    site = stated(folder, f'[intake.t]\nsql = "{sql}"\nquery = "{query}"\n')
    with pytest.raises(PersonalDataError) as raised:
        site.intake("t")
    assert "4285" not in str(raised.value)
    with pytest.raises(PersonalDataError):
        read_table(f"{sql}#{query}")


# Files of earlier versions


def test_the_files_of_an_earlier_version_are_refused_with_what_to_write(folder):
    (folder / "extract.toml").write_text(
        DATED + '[source]\nmade_up = true\n[reading]\ndates = "day_first"\n'
    )
    said = refusal(folder, "")
    for line in (DATED.strip(), "synthetic = true", 'dates = "day_first"'):
        assert line in said
    assert "[files.history]" in said
    (folder / "extract.toml").unlink()
    mapping = '[cases]\n"Sags ID" = "case_id"\n[history]\nydelse = "code"\n'
    (folder / "mapping.toml").write_text(mapping)
    said = refusal(folder, "")
    assert '[files.<target>]\n    columns = { "<its name>" = "case_id" }' in said
    assert '[files.history]\n    columns = { "<its name>" = "code" }' in said
    (folder / "mapping.toml").unlink()
    for old in (mapping, 'ydelse = "code"\n"Sags ID" = "case_id"\n'):
        said = refusal(folder, old.encode())
        assert "of an earlier version" in said
        assert '"<its name>" = "case_id"' in said
        assert "Sags ID" not in said
    said = refusal(folder, mapping.encode())
    assert 'columns = { "<its name>" = "code" }' in said


# The page about it


@pytest.mark.parametrize("block", range(2))
def test_what_the_page_shows_can_be_written(folder, block):
    page = (
        Path(__file__).parents[2] / "docs" / "reference" / "site-folder.md"
    ).read_text("utf-8")
    shown = [text for of, text in list_blocks(page) if of == "toml"][block]
    site = stated(folder, shown.encode(), environment={})
    assert site.extract_date == dt.date(2025, 1, 6)
    if block:
        assert site.history().ends == "inclusive"
        assert site.targets_among(["long_absence"]) == ["long_absence"]


def test_the_page_tells_of_every_key():
    page = (
        Path(__file__).parents[2] / "docs" / "reference" / "site-folder.md"
    ).read_text("utf-8")
    parts = (SiteFile, Keys, StatedHistory, StatedPlaces, Trust)
    for key in set().union(*(part.model_fields for part in parts)):
        assert re.search(rf"\b{key}\b", page), key


def test_a_site_narrows_the_bounds_of_gates(folder):
    site = stated(
        folder,
        """
        [gates.made_up]
        observed_minus_expected_at_most = 0.02
        calibration_slope_at_least = 0.8
        """,
    )
    gates = site.narrow_gates(specification()).gates
    assert gates.observed_minus_expected_at_most == 0.02
    assert gates.calibration_slope_at_least == 0.8
    assert gates.ici_at_most == specification().gates.ici_at_most
    other = specification(name="other")
    assert site.narrow_gates(other) == other


def test_of_a_stored_models_bounds_and_the_sites_the_narrower_holds(folder):
    site = stated(
        folder,
        """
        [gates.made_up]
        observed_minus_expected_at_most = 0.035
        calibration_slope_at_least = 0.8
        """,
    )
    stored = specification(gates={"observed_minus_expected_at_most": 0.03})
    gates = site.narrow_stored_gates(stored).gates
    assert gates.observed_minus_expected_at_most == 0.03
    assert gates.calibration_slope_at_least == 0.8
    assert gates.ici_at_most == stored.gates.ici_at_most


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        ("ici_at_most = 0.06", "ici_at_most: 0.05 in made_up"),
        ("ici_at_most = 0.04", "ici_at_most: 0.03 in made_up"),
        ("ici_at_most = nan", "ici_at_most: 0.03 in made_up"),
        ("auc_at_least = 0.5", "auc_at_least: 0.55 in made_up"),
        ("column_contribution_share_at_most = 1", "not widen it"),
        ("log_loss_increase_at_most = 0.01", "not widen it"),
        ("ici_at_most = 0", "a bound that no model can pass"),
    ],
)
def test_a_site_cannot_widen_them(folder, bound, told):
    own = {} if "0.06" in bound else {"ici_at_most": 0.03}
    spec = specification(gates=own)
    site = stated(folder, f"[gates.made_up]\n{bound}\n")
    with pytest.raises(FileError) as raised:
        site.narrow_gates(spec)
    assert told in str(raised.value)
    assert "site.toml: gates.made_up" in str(raised.value)
