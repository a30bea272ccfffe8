import json
import sqlite3
import stat
from contextlib import closing
from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.pages import write_reports
from riskscreen.errors import (
    FileError,
    PersonalDataError,
    ScreeningError,
    StoppedError,
    TableError,
    UnknownCodesError,
    UsageError,
)
from riskscreen.objections import add_objection
from riskscreen.person_numbers import MASKED
from riskscreen.readers import TableSource
from riskscreen.scoring import batch
from riskscreen.scoring import spool as parts
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.scoring.score_cases import score
from tests import small_site

pytestmark = pytest.mark.slow

AS_OF = small_site.EXTRACTED.date()


@pytest.fixture
def site(tmp_path):
    small_site.deliver(tmp_path / "site", 90, seed=2)
    return tmp_path / "site"


AT = "2025-01-06T08:00:00+00:00"


def run(model, site, out, /, *, at=AT, csv_up_to=100_000, **changes):
    delivered = {
        "cases": TableSource(site / "cases.csv"),
        "history": TableSource(site / "history.parquet"),
    }
    return score_files(
        model,
        Delivery(**{**delivered, "as_of": AS_OF, **changes}),
        out=out,
        scored_at=at,
        csv_up_to=csv_up_to,
    )


def test_who_objects_today_goes_by_the_sites_time_zone(model, site, tmp_path):
    person = small_site.cases(90, seed=2)["person_id"].iloc[0]
    add_objection(site, person, what="scoring", since=date(2025, 1, 7))
    for zone, objecting in (("Europe/Copenhagen", True), ("Atlantic/Faroe", False)):
        out = tmp_path / zone
        given = {"site": site, "zone": zone, "at": "2025-01-06T23:30:00+00:00"}
        run(model, site, out, **given)
        routes = pd.read_csv(out / "routed.csv")["route"]
        assert (routes == "objection").any() == objecting


def test_an_extract_after_the_run_is_refused(model, site, tmp_path):
    with pytest.raises(ScreeningError, match="6 days after"):
        run(model, site, tmp_path / "out", as_of=date(2025, 1, 12))
    assert not (tmp_path / "out").exists()


def test_a_moment_that_is_none_is_the_callers_fault(model, site, tmp_path):
    with pytest.raises(UsageError, match="scored_at"):
        run(model, site, tmp_path / "out", at="now")
    assert not (tmp_path / "out").exists()


def test_a_run_says_by_whom_its_cases_are_known_to_be_in(model, site, tmp_path):
    table = small_site.cases(90, seed=2)
    stated = np.arange(90) < 40
    table["open_as_of"] = np.where(stated, AS_OF.isoformat(), "")
    table.to_csv(site / "cases.csv", sep=";", index=False)
    out = tmp_path / "out"
    found = run(model, site, out)
    scores = pd.read_parquet(out / "scores.parquet")
    by = scores["still_in_by"].value_counts().to_dict()
    assert by["open_as_of"] == scores["case_id"].isin(table["case_id"][stated]).sum()
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["known_to_be_in_by"] == dict(found.still_in) == by
    gone = len(scores) - sum(by.values())
    assert any(f"{by['open_as_of']} by open_as_of" in of for of in found.describe())
    assert any(of.endswith(f"; {gone} not any more") for of in found.describe())


def test_files_give_the_same_scores_as_tables(model, site, tmp_path):
    found = run(model, site, tmp_path / "out")
    expected = score(
        model,
        small_site.cases(90, seed=2),
        pd.read_parquet(site / "history.parquet"),
        as_of=AS_OF,
    )
    written = pd.read_csv(
        tmp_path / "out" / "scores.csv",
        dtype={"team": "str"},
        converters={"risk": float},  # pandas 3.0 reads a third of floats a bit off
    )
    assert written["case_id"].tolist() == expected.scores["case_id"].tolist()
    assert written["risk"].tolist() == expected.scores["risk"].tolist()
    assert written["rank"].tolist() == expected.scores["rank"].tolist()
    typed = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert typed["risk"].tolist() == written["risk"].tolist()
    assert (
        str(typed["decision_date"].iloc[0].date()) == written["decision_date"].iloc[0]
    )
    counts = {name: found.counts[name] for name in expected.counts}
    assert counts == dict(expected.counts)
    reasons = pd.read_parquet(tmp_path / "out" / "reasons.parquet")
    assert len(reasons) == len(expected.reasons)


@pytest.mark.slow
def test_parts_of_any_size_give_the_same_files(model, site, tmp_path, monkeypatch):
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str", keep_default_na=False)
    table.loc[5, "case_id"] = table.loc[70, "case_id"]  # far apart
    table.loc[6, "distance"] = "far"
    table.to_csv(site / "cases.csv", sep=";", index=False)
    run(model, site, tmp_path / "whole")
    monkeypatch.setattr(batch, "CASES_IN_A_PART", 7)
    monkeypatch.setattr(batch, "CASES_AT_ONCE", 3)
    monkeypatch.setattr(parts, "CASES_IN_A_PART", 11)
    found = run(model, site, tmp_path / "parts")
    assert found.rules["case_id: occurs more than once"] == 2
    for name in ("scores.csv", "routed.csv", "set_aside.csv", "summary.json"):
        whole = (tmp_path / "whole" / name).read_bytes()
        assert (tmp_path / "parts" / name).read_bytes() == whole, name
    for name in ("reasons.parquet", "facts.parquet", "benefits.parquet"):
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / "whole" / name),
            pd.read_parquet(tmp_path / "parts" / name),
        )


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes(model, site, tmp_path):
    run(model, site, tmp_path / "one")
    run(model, site, tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()


def test_arrivals_say_of_every_row_whose_it_is_and_when_it_began(model, site, tmp_path):
    """Also of a row that is set aside; a person number in it is masked."""
    path = site / "cases.csv"
    cases = pd.read_csv(path, sep=";", dtype="str", keep_default_na=False)
    cases.loc[0, ["decision_date", "team"]] = ["31-02-2024", "070761-4285"]
    cases.to_csv(path, sep=";", index=False)
    run(model, site, tmp_path / "out")
    arrivals = pd.read_parquet(tmp_path / "out" / "arrivals.parquet")
    assert arrivals["line"].tolist() == list(range(2, len(cases) + 2))
    first = arrivals.iloc[0]
    assert pd.isna(first["decision_date"])
    assert pd.notna(first["start_date"])
    assert first["team"] == MASKED


def test_the_folder_is_its_owners_alone(model, site, tmp_path):
    run(model, site, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        ".riskscreen.json",
        "arrivals.parquet",
        "benefits.parquet",
        "facts.parquet",
        "reasons.parquet",
        "routed.csv",
        "scores.csv",
        "scores.parquet",
        "set_aside.csv",
        "summary.json",
    ]


def test_set_aside_rows_name_file_line_case_and_rule(model, site, tmp_path):
    text = (site / "cases.csv").read_text(encoding="utf-8").splitlines()
    text[10] = text[10].replace(";p0", ";", 1)  # another person, so no history
    fields = text[20].split(";")
    fields[7] = "maybe"
    text[20] = ";".join(fields)
    (site / "cases.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    found = run(model, site, tmp_path / "out")
    aside = pd.read_csv(tmp_path / "out" / "set_aside.csv")
    assert aside.to_dict("records") == [
        {
            "file": "cases.csv",
            "line": 21,
            "case_id": fields[0],
            "rule": "helpers: not a number",
        }
    ]
    assert found.counts["set_aside"] == 1


def test_a_sites_own_names_are_mapped(model, site, tmp_path):
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str", keep_default_na=False)
    theirs = {"case_id": "Sagsnr", "distance": "Afstand"}
    table.rename(columns=theirs).to_csv(site / "theirs.csv", sep=";", index=False)
    past = pd.read_parquet(site / "history.parquet")
    past.rename(columns={"code": "Ydelse"}).to_parquet(site / "past.parquet")
    plain = run(model, site, tmp_path / "plain")
    mapped = run(
        model,
        site,
        tmp_path / "mapped",
        cases=TableSource(
            site / "theirs.csv", {"Sagsnr": "case_id", "Afstand": "distance"}
        ),
        history=TableSource(site / "past.parquet", {"Ydelse": "code"}),
    )
    assert mapped.counts == plain.counts
    scores = (tmp_path / "mapped" / "scores.csv").read_bytes()
    assert scores == (tmp_path / "plain" / "scores.csv").read_bytes()


def test_a_sites_own_code_table_maps_what_the_models_does_not(model, site, tmp_path):
    past = pd.read_parquet(site / "history.parquet")
    past.replace({"code": {"300": "777"}}).to_parquet(site / "history.parquet")
    odd = run(model, site, tmp_path / "odd")
    assert odd.counts["set_aside"] == 0
    assert odd.counts["unknown_codes"] > 0
    assert "777" in odd.unknown_codes
    own = small_site.code_table()
    rows = own.rows.assign(code=own.rows["code"].replace({"300": "777"}))
    mapped = run(model, site, tmp_path / "own", site_codes=type(own)(rows))
    assert mapped.counts["unknown_codes"] == 0
    assert mapped.unknown_codes is None


def test_many_unknown_codes_stop_a_run_before_its_folder_is_touched(
    model, site, tmp_path
):
    past = pd.read_parquet(site / "history.parquet")
    many = small_site.beside_renumbered(past, 8, until=AS_OF)
    many.to_parquet(site / "history.parquet")
    out = tmp_path / "out"
    with pytest.raises(UnknownCodesError, match=r"history\.parquet: .*8\.0%"):
        run(model, site, out)
    assert not out.exists()
    found = run(model, site, out, accept_unknown_codes=True)
    assert "8.0%" in found.describe()[0]
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert summary["warnings"] == list(found.warnings)
    assert summary["unknown_share"] == pytest.approx(0.08, abs=0.001)


def test_nothing_scored_still_writes_every_file(model, site, tmp_path):
    small_site.cases(20).assign(declined="ja").to_csv(site / "cases.csv", index=False)
    found = run(model, site, tmp_path / "out")
    assert found.counts["routed"] == 20
    assert pd.read_parquet(tmp_path / "out" / "reasons.parquet").empty
    assert pd.read_csv(tmp_path / "out" / "scores.csv").empty


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (lambda t: t.assign(note="010190-1234"), PersonalDataError),
        (lambda t: t.assign(Navn="x"), PersonalDataError),
        (lambda t: t.drop(columns="helpers"), TableError),
    ],
)
def test_a_faulty_file_leaves_the_earlier_run_as_it_was(
    model, site, tmp_path, fault, error
):
    run(model, site, tmp_path / "out")
    before = (tmp_path / "out" / "scores.csv").read_bytes()
    fault(small_site.cases(20)).to_csv(site / "cases.csv", sep=";", index=False)
    with pytest.raises(error):
        run(model, site, tmp_path / "out")
    assert (tmp_path / "out" / "scores.csv").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "site"]


def test_a_history_that_is_not_there_stops(model, site, tmp_path):
    with pytest.raises(FileError, match="no such file"):
        run(model, site, tmp_path / "out", history=TableSource(site / "none.parquet"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("column", ["Navn", "note"])
def test_a_wide_history_that_names_people_stops_whatever_column_it_is(
    model, site, tmp_path, column
):
    people = pd.read_csv(site / "cases.csv", sep=";")["person_id"].unique()
    wide = pd.DataFrame({"person_id": people, "y_2401": "300", "y_2402": ""})
    wide.to_csv(site / "wide.csv", index=False)
    plain = run(model, site, tmp_path / "out", history=TableSource(site / "wide.csv"))
    assert plain.counts["scored"] > 0
    wide.assign(**{column: "010190-1234"}).to_csv(site / "wide.csv", index=False)
    with pytest.raises(PersonalDataError, match=r"wide\.csv: column"):
        run(model, site, tmp_path / "other", history=TableSource(site / "wide.csv"))
    assert not (tmp_path / "other").exists()


def test_a_person_number_costs_its_row_and_stands_nowhere(model, site, tmp_path):
    number = "010170 \u2013 1234"
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str", keep_default_na=False)
    table.loc[3, "case_id"] = number
    table["note_text"] = ""
    table.loc[7, "note_text"] = f"ring {number}"
    table.to_csv(site / "cases.csv", sep=";", index=False)
    found = run(model, site, tmp_path / "out")
    assert found.rules == {"case_id: holds a person number": 1}
    assert any("is not declared" in note for note in found.notes)
    written = [p.read_bytes() for p in (tmp_path / "out").iterdir()]
    assert not any(b"1234" in b for b in written if b"010170" in b)
    aside = pd.read_csv(tmp_path / "out" / "set_aside.csv")
    assert aside["case_id"].tolist() == ["(person number)"]


def test_the_share_of_person_numbers_is_one_of_the_whole_file(
    model, site, tmp_path, monkeypatch
):
    monkeypatch.setattr(parts, "CASES_IN_A_PART", 11)
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str", keep_default_na=False)
    table["note_text"] = ["010170-1234"] * 6 + ["nothing"] * (len(table) - 6)
    table.to_csv(site / "cases.csv", sep=";", index=False)
    run(model, site, tmp_path / "few")
    table["note_text"] = ["010170-1234"] * 30 + ["nothing"] * (len(table) - 30)
    table.to_csv(site / "cases.csv", sep=";", index=False)
    with pytest.raises(PersonalDataError):
        run(model, site, tmp_path / "many")
    assert not (tmp_path / "many").exists()


def test_a_team_called_like_a_formula_shows_as_text_in_excel(model, site, tmp_path):
    table = pd.read_csv(site / "cases.csv", sep=";", dtype="str", keep_default_na=False)
    table["team"] = "=1+1"
    table.to_csv(site / "cases.csv", sep=";", index=False)
    score_files(
        model,
        Delivery(
            TableSource(site / "cases.csv"),
            TableSource(site / "history.parquet"),
            AS_OF,
        ),
        out=tmp_path / "out",
        scored_at="2025-01-06T08:00:00+00:00",
        csv_for="excel",
    )
    text = (tmp_path / "out" / "scores.csv").read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    read = pd.read_csv(tmp_path / "out" / "scores.csv", sep=";", decimal=",")
    assert set(read["team"]) == {"'=1+1"}
    exact = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert set(exact["team"]) == {"=1+1"}
    assert read["risk"].tolist() == pytest.approx(exact["risk"].tolist())


@pytest.mark.parametrize("source", ["file", "query"])
def test_a_night_in_which_nobody_came_in_is_a_run_of_no_cases(
    model, site, tmp_path, source
):
    nobody = small_site.cases(20).head(0)
    cases = site / "cases.csv"
    nobody.to_csv(cases, sep=";", index=False)
    if source == "query":
        with closing(sqlite3.connect(tmp_path / "site.db")) as database:
            nobody.to_sql("cases", database, index=False)
        cases = f"sqlite:///{tmp_path / 'site.db'}#SELECT * FROM cases"
    found = run(model, site, tmp_path / "out", cases=TableSource(cases))
    assert [found.counts[name] for name in ("cases", "scored", "set_aside")] == [0] * 3
    assert not found.rows_set_aside
    assert pd.read_parquet(tmp_path / "out" / "scores.parquet").empty
    pages = write_reports(tmp_path / "out", model, language="da", out=tmp_path / "p")
    assert pages.cases == 0
    assert "30. december 2024" in pages.index.read_text("utf-8")


def test_many_scores_stand_in_parquet_alone_and_that_is_said(model, site, tmp_path):
    many = run(model, site, tmp_path / "many", csv_up_to=10)
    few = run(model, site, tmp_path / "few", csv_up_to=90)
    assert not many.has_csv
    assert "--csv" in many.describe()[-2]
    assert not (tmp_path / "many" / "scores.csv").exists()
    assert (tmp_path / "few" / "scores.csv").exists()
    both = [pd.read_parquet(tmp_path / of / "scores.parquet") for of in ("many", "few")]
    pd.testing.assert_frame_equal(*both)
    assert few.has_csv


def test_a_run_stops_before_its_next_part_and_writes_nothing(
    model, site, tmp_path, monkeypatch
):
    monkeypatch.setattr(batch, "CASES_IN_A_PART", 30)
    looks = []

    def look(folder):
        looks.append(folder)
        if len(looks) == 3:  # before the run, before its first part, before its second
            raise StoppedError("Stopped.")

    monkeypatch.setattr(batch, "require_running", look)
    with pytest.raises(StoppedError):
        run(model, site, tmp_path / "out", site=site)
    assert looks == [site] * 3
    assert not (tmp_path / "out").exists()
