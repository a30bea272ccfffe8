"""Cases and history by SQL, as by file: on a real PostgreSQL and on SQLite."""

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from riskscreen.readers.site import read_site
from riskscreen.scoring.batch import score_files
from riskscreen.scoring.site import deliver_from_site
from tests import small_site

pytestmark = pytest.mark.slow

CASES = """
CREATE TABLE "Åbne sager" (
    case_id text, person_id varchar(12), start_date text, "T0 (100 %)" {moment},
    municipality text, team text, distance numeric(6, 1), helpers numeric(3, 0),
    alone {flag}, colour text, declined {flag}, own_guess smallint
)
"""
HISTORY = """
CREATE TABLE forloeb (
    person_id varchar(12), code numeric(4, 0), start_date {moment}, "slut""dato" date
)
"""
KINDS = {
    "postgresql": {"moment": "timestamptz", "flag": "boolean"},
    "sqlite": {"moment": "text", "flag": "integer"},
}
# A quoted name, a per cent sign, a colon, a comment and a semicolon at the end.
OPEN = """-- the open cases: all of them
SELECT * FROM "Åbne sager" WHERE team LIKE '%' AND case_id <> '50 %:id' -- 100 %
;
"""
STATED = """
extract_date = {day}
[files.history]
sql = "{sql}"
query = "SELECT * FROM forloeb WHERE person_id LIKE 'p%';"
columns = {{ 'slut"dato' = "end_date" }}
[intake.small_target]
sql = "{sql}"
query = "open.sql"
dates = "day_first"
columns = {{ "T0 (100 %)" = "decision_date" }}
"""


@pytest.fixture(scope="module")
def model():
    return small_site.model()


@pytest.fixture(params=["postgresql", "sqlite"])
def database(request, tmp_path):
    """The SQLAlchemy URL of a database without our tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'register.db'}"
    return request.getfixturevalue("postgres")


def fill(url, delivered, past):
    """Write what the files have into the tables, in the database's own kinds."""
    engine = create_engine(url)
    kinds = KINDS[engine.dialect.name]
    flags = {"ja": True, "nej": False}
    moments = {
        name: pd.to_datetime(column).dt.tz_localize("Europe/Copenhagen").astype("str")
        for name, column in (
            ("T0", delivered["decision_date"]),
            ("start", past["start_date"]),
        )
    }
    cases = delivered.drop(columns=["fritekst", "decision_date"]).assign(
        T0=moments["T0"],
        distance=delivered["distance"].str.replace(",", "."),
        alone=delivered["alone"].map(flags),
        declined=delivered["declined"].map(flags),
    )
    spells = past.assign(start_date=moments["start"], end=past["end_date"].dt.date)
    spells = spells.drop(columns="end_date")
    with engine.begin() as connection:
        for table, name, rows in (
            (CASES, '"Åbne sager"', cases),
            (HISTORY, "forloeb", spells),
        ):
            connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
            connection.execute(text(table.format(**kinds)))
            columns = [
                {"T0": '"T0 (100 %)"', "end": '"slut""dato"'}.get(c, c) for c in rows
            ]
            marks = ", ".join(f":v{i}" for i in range(len(columns)))
            insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
            values = rows.astype("object").where(rows.notna() & (rows != ""), None)
            connection.execute(
                text(insert),
                [
                    {f"v{i}": value for i, value in enumerate(row)}
                    for row in values.itertuples(index=False)
                ],
            )
    engine.dispose()


def read_scores(model, site, out, **more):
    delivered = deliver_from_site(site, model, **more)
    run = score_files(model, delivered, out=out, scored_at="2025-01-02T08:00Z")
    return (
        run.counts,
        pd.read_parquet(out / "scores.parquet"),
        (out / "routed.csv").read_text("utf-8"),
    )


def test_cases_and_history_of_a_database_score_as_those_of_files(
    model, database, tmp_path
):
    folder, day = tmp_path / "site", small_site.EXTRACTED.date()
    delivered = small_site.deliver(folder, 60)
    stated = f"extract_date = {day}\n[intake.small_target]\npath = 'cases.csv'\n"
    (folder / "site.toml").write_text(stated, encoding="utf-8")
    by_file = read_scores(model, read_site(folder), tmp_path / "by_file")

    fill(database, delivered, small_site.history(delivered))
    (folder / "cases.csv").unlink()
    (folder / "history.parquet").unlink()
    (folder / "open.sql").write_text(OPEN, encoding="utf-8")
    stated = STATED.format(day=day, sql=database)
    (folder / "site.toml").write_text(stated, encoding="utf-8")
    by_sql = read_scores(model, read_site(folder), tmp_path / "by_sql")

    assert by_sql[0] == by_file[0]
    assert by_file[0]["scored"] > 40
    assert not by_file[0]["set_aside"]
    order = {"by": "case_id", "ignore_index": True}
    pd.testing.assert_frame_equal(
        by_sql[1].sort_values(**order), by_file[1].sort_values(**order)
    )
    assert sorted(by_sql[2].splitlines()) == sorted(by_file[2].splitlines())
