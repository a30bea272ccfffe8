import stat
from datetime import date, timedelta

import pandas as pd
import pytest

from riskscreen.efforts import read_efforts
from riskscreen.errors import FileError, TableError
from riskscreen.objections import add_objection, read_objections
from riskscreen.pseudonymise import pseudonymise_site
from riskscreen.pseudonyms import Key
from riskscreen.readers import read_table
from riskscreen.readers.history import read_history
from riskscreen.readers.letter_text import read_letter_text
from riskscreen.readers.site import read_site
from riskscreen.stories.confirm_letter import confirm_letter
from riskscreen.validation import check_cases
from riskscreen_synthetic import write_letter_texts
from tests import small_site

SPEC = small_site.specification()
KEY = Key(b"k" * 32)
FIRST_DAY = pd.Timestamp("1961-01-01")


def number(person):
    """A made-up shape for a made-up person: a day and 4000 and more."""
    n = int(person.removeprefix("p"))
    return f"{FIRST_DAY + timedelta(days=n):%d%m%y}-{4000 + n % 1000}"


def raw_site(folder, *, cases=None, **changes):
    """A site with person numbers: hyphens in the cases, none in the history."""
    made = small_site.cases(90)
    past = small_site.history(made)
    numbers = made["person_id"].map(number)
    table = made.assign(person_id=numbers, Navn="Ada", **changes)
    table = table if cases is None else cases(table)
    (folder / "small_target").mkdir(parents=True)
    table = table.rename(columns={"person_id": "cpr"})
    table.to_csv(folder / "small_target" / "cases.csv", sep=";", index=False)
    past = past.assign(person_id=past["person_id"].map(number).str.replace("-", ""))
    past.assign(note="ring").to_parquet(folder / "history.parquet", index=False)
    (folder / "site.toml").write_text(
        'extract_date = 2024-12-30\n[files.small_target]\ncolumns = {cpr="person_id"}\n'
        '[places.small_target]\nshared_by = "team"\nper_week = {A = 1.5, B = 2}\n'
        "[gates.small_target]\nici_at_most = 0.03\n"
    )
    return read_site(folder)


def pseudonymise(site, out, **more):
    written = pseudonymise_site(site, [SPEC], KEY, out=out, **more)
    return {table.place: table for table in written}


def checked(folder):
    site = read_site(folder)
    read = read_table(site.cases("small_target"))
    found = check_cases(SPEC, read.table, file="c", patterns=site.keys)
    return found, read_table(site.history()).table


@pytest.mark.slow
def test_all_tables_of_a_site_join_by_pseudonyms_and_nothing_else_changes(tmp_path):
    pseudonymise(raw_site(tmp_path / "raw"), tmp_path / "site")
    found, past = checked(tmp_path / "site")
    plain = check_cases(SPEC, small_site.cases(90), file="c").kept
    persons = {p: KEY.encode_person(number(p)) for p in plain["person_id"]}
    expected = plain.assign(person_id=plain["person_id"].map(persons))
    pd.testing.assert_frame_equal(found.kept, expected)
    own = small_site.history(small_site.cases(90))
    assert past["person_id"].tolist() == own["person_id"].map(persons).tolist()
    assert past["start_date"].tolist() == own["start_date"].tolist()
    assert list(past.columns) == ["person_id", "code", "start_date", "end_date"]
    assert read_site(tmp_path / "site").find_places("small_target").per_week == {
        "A": 1.5,
        "B": 2,
    }
    assert read_site(tmp_path / "site").narrow_gates(SPEC).gates.ici_at_most == 0.03


@pytest.mark.slow
def test_efforts_join_by_the_case_numbers_that_the_cases_have(tmp_path):
    site = raw_site(tmp_path / "raw", cases=lambda t: t.assign(case_id=t["person_id"]))
    ids = pd.read_csv(tmp_path / "raw/small_target/cases.csv", sep=";")["case_id"]
    rows = [f"{case};mentor;2024-05-01;010161-4000" for case in ids[20:27]]
    text = "\n".join(["case_id;kind;start_date;note", *rows])
    (tmp_path / "raw/efforts.csv").write_text(text)
    written = pseudonymise(site, tmp_path / "site")
    assert written["efforts.parquet"].left_out == 1
    efforts = read_efforts(read_site(tmp_path / "site"))
    found, _ = checked(tmp_path / "site")
    assert efforts.cases <= set(found.kept["case_id"])
    assert len(efforts.table) == 7


@pytest.mark.slow
def test_objections_join_by_the_same_pseudonyms_or_nothing_is_written(tmp_path):
    site = raw_site(tmp_path / "raw")
    person = number(small_site.cases(90)["person_id"][3])
    text = f"person_id;from;what\n{person.replace('-', '')};2024-05-01;both\n"
    (tmp_path / "raw/objections.csv").write_text(text)
    pseudonymise(site, tmp_path / "site")
    found = read_objections(tmp_path / "site")
    assert [row.person_id for row in found.rows] == [KEY.encode_person(person)]
    (tmp_path / "raw/objections.csv").write_text(f"{text}310299-0;2024-05-01;both\n")
    with pytest.raises(TableError, match="1 of 2 rows"):
        pseudonymise(site, tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_an_objection_noted_between_two_runs_outlives_the_second(tmp_path):
    site = raw_site(tmp_path / "raw")
    first, other = map(number, small_site.cases(90)["person_id"][3:5])
    text = f"person_id;from;what\n{first};2024-05-01;both\n"
    (tmp_path / "raw/objections.csv").write_text(text)
    pseudonymise(site, tmp_path / "site")
    noted = KEY.encode_person(other)
    add_objection(tmp_path / "site", noted, what="scoring", since=date(2026, 3, 2))
    pseudonymise(site, tmp_path / "site")
    found = [row.person_id for row in read_objections(tmp_path / "site").rows]
    assert found == [KEY.encode_person(first), noted]


@pytest.mark.slow
def test_a_further_table_joins_by_the_same_pseudonyms(tmp_path):
    site = raw_site(tmp_path / "raw")
    rows = small_site.work(small_site.cases(90))
    numbers = rows["person_id"].map(number)
    rows.assign(person_id=numbers, note="ring").to_parquet(
        tmp_path / "raw/work.parquet"
    )
    spec = small_site.specification(tables=(small_site.WORK,))
    pseudonymise_site(site, [spec], KEY, out=tmp_path / "site")
    made = read_site(tmp_path / "site").tables(["work"])["work"]
    table = read_table(made).table
    assert list(table) == list(rows)
    assert table["person_id"].tolist() == numbers.map(KEY.encode_person).tolist()


@pytest.mark.slow
def test_weeks_in_one_file_a_year_become_one_table_of_the_same_spells(tmp_path):
    site = raw_site(tmp_path / "raw")
    (tmp_path / "raw/history.parquet").unlink()
    folder = tmp_path / "raw/history"
    folder.mkdir()
    for year in (2023, 2024):
        rows = pd.DataFrame({"person_id": [number(f"p{n}") for n in range(6)]})
        rows = rows.assign(**{f"y_{n:02d}": "300" for n in range(1, 53)})
        rows.to_csv(folder / f"dream{year}.csv", sep=";", index=False)
    pseudonymise(site, tmp_path / "site")
    spells = read_history(read_site(tmp_path / "site").history()).table
    assert sorted(spells["person_id"]) == sorted(
        KEY.encode_person(number(f"p{n}")) for n in range(6)
    )
    assert set(spells["start_date"]) == {pd.Timestamp("2023-01-02")}


@pytest.mark.slow
def test_undeclared_columns_and_numbers_stand_nowhere_in_the_result(tmp_path):
    pseudonymise(raw_site(tmp_path / "raw"), tmp_path / "site")
    everything = b"".join(p.read_bytes() for p in (tmp_path / "site").rglob("*.*"))
    for word in (b"Ada", b"fritekst", b"ringer", b"note", b"0101614000", b"010161-"):
        assert word not in everything


@pytest.mark.slow
def test_invalid_numbers_are_set_aside_and_counted(tmp_path):
    def spoil(table):
        table.loc[3, "person_id"] = "310461-4285"
        table.loc[4, "person_id"] = ""
        table.loc[5, "team"] = "010170-1234"
        table.loc[6, "case_id"] = "S 010170-1234"
        return table

    written = pseudonymise(raw_site(tmp_path / "raw", cases=spoil), tmp_path / "site")
    cases = written["small_target/cases.parquet"]
    assert sum(cases.set_aside.values()) == 3
    assert cases.cases_renamed == 1
    assert cases.rows == 87
    aside = pd.read_csv(tmp_path / "site" / "set_aside.csv")
    assert aside["line"].tolist() == [5, 6, 7]
    found, _ = checked(tmp_path / "site")
    assert len(found.kept) == 87


@pytest.mark.slow
def test_the_way_back_is_written_only_where_it_is_asked_for(tmp_path):
    site = raw_site(tmp_path / "raw")
    pseudonymise(site, tmp_path / "site", way_back=tmp_path / "back.csv")
    back = pd.read_csv(tmp_path / "back.csv", sep=";", dtype="str")
    assert back["pseudonym"].is_unique
    assert back["pseudonym"].tolist() == [
        KEY.encode_person(n) for n in back["person_number"]
    ]
    assert stat.S_IMODE((tmp_path / "back.csv").stat().st_mode) == 0o600
    with pytest.raises(FileError, match="may not lie in"):
        pseudonymise(site, tmp_path / "other", way_back=tmp_path / "other" / "back.csv")
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_a_site_of_pseudonyms_is_refused(tmp_path):
    pseudonymise(raw_site(tmp_path / "raw"), tmp_path / "site")
    with pytest.raises(TableError, match="already"):
        pseudonymise(read_site(tmp_path / "site"), tmp_path / "again")


@pytest.mark.slow
@pytest.mark.parametrize("theirs", ["cpr", "first_day"])
def test_a_table_whose_own_names_are_not_stated_is_refused(tmp_path, theirs):
    ours = {"cpr": "person_id", "first_day": "start_date"}[theirs]
    raw_site(tmp_path / "raw")
    rows = small_site.cases(6)
    rows = rows.assign(person_id=rows["person_id"].map(number))
    rows.rename(columns={ours: theirs}).to_csv(tmp_path / "raw" / "open.csv")
    with (tmp_path / "raw" / "site.toml").open("a") as file:
        file.write('[intake.small_target]\npath = "open.csv"\n')
    site = read_site(tmp_path / "raw")
    with pytest.raises(TableError, match=rf"intake\.small_target.*{ours}") as refused:
        pseudonymise(site, tmp_path / "site")
    assert theirs not in str(refused.value)
    assert not (tmp_path / "site").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "headings", "missing"),
    [
        ("work", "person_id;start_date;end_date;degree;category", "value"),
        ("work", "person_id;grad_2024_01", None),
        ("small_target/audit", "case_id;audit_kind;remarks", "audit_note"),
        ("small_target/outcomes", "case_id;langvarig", "long"),
        ("small_target/outcomes", "case_id;duration", None),
    ],
)
def test_every_table_must_have_what_its_reader_asks_of_it(
    tmp_path, place, headings, missing
):
    site = raw_site(tmp_path / "raw")
    cells = {"person_id": number("p1"), "case_id": "case-00001"}
    row = [cells.get(name, "1") for name in headings.split(";")]
    lines = "\n".join([headings, *[";".join(row)] * 2])
    (tmp_path / "raw" / f"{place}.csv").write_text(lines)
    outcome = small_site.specification().outcome
    if "outcomes" in place:
        outcome = outcome.model_copy(update={"rule": "ready"})
    spec = small_site.specification(tables=(small_site.WORK,))
    spec = spec.model_copy(update={"outcome": outcome})
    if missing is None:
        written = pseudonymise_site(site, [spec], KEY, out=tmp_path / "site")
        (table,) = (table for table in written if table.place == f"{place}.parquet")
        assert (table.rows, table.left_out) == (2, 0)
        return
    with pytest.raises(TableError, match=rf"1 required column.* {missing}\b"):
        pseudonymise_site(site, [spec], KEY, out=tmp_path / "site")


@pytest.mark.slow
def test_columns_declared_as_persons_become_pseudonyms_too(tmp_path):
    site = raw_site(tmp_path / "raw", partner_id="0101704000")
    stated = (tmp_path / "raw" / "site.toml").read_text()
    (tmp_path / "raw" / "site.toml").write_text('persons = ["partner_id"]\n' + stated)
    site = read_site(tmp_path / "raw")
    pseudonymise(site, tmp_path / "site")
    cases = pd.read_parquet(tmp_path / "site" / "small_target" / "cases.parquet")
    assert set(cases["partner_id"]) == {KEY.encode_person("010170-4000")}


@pytest.mark.slow
def test_letters_say_the_same_and_stay_confirmed(tmp_path):
    site = raw_site(tmp_path / "site")
    write_letter_texts(site.folder)
    site = read_site(site.folder)
    confirm_letter(site, by="NN", role="jurist", on=date(2026, 8, 3))
    pseudonymise(site, tmp_path / "out")
    for language in ("da", "en"):
        said = read_letter_text(read_site(tmp_path / "out"), language)
        assert said.rights is not None
        assert said == read_letter_text(site, language)
