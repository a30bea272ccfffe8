"""Forms of dates, numbers and texts: read or refused with the reason, never guessed."""

import shutil
from datetime import date, datetime, timedelta, timezone

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Column, DateTime, MetaData, NullPool, Table, Text, create_engine

from tests.field import base, spellings
from tests.field.base import changed
from tests.field.doors import score_frames

pytestmark = pytest.mark.slow

DAYS = ("start_date", "decision_date")
MONTHS = {11: "NOV", 12: "DEC"}


def day_of(text):
    return datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007


def dated(rows, form, columns=DAYS):
    """*rows* with each day of *columns* as *form* writes it."""
    for name in columns:
        rows = changed(rows, name, lambda text: form(day_of(text)))
    return rows


def utc_midnight(day):
    """A Danish midnight of winter as web exports write it."""
    return f"{day - timedelta(days=1)}T23:00:00Z"


CLEAR = {
    "yyyymmdd": lambda d: f"{d:%Y%m%d}",
    "SAS date9": lambda d: f"{d:%d}{MONTHS[d.month]}{d.year}",
    "SAS date9 in small letters": lambda d: f"{d:%d}{MONTHS[d.month].lower()}{d.year}",
    "an offset": lambda d: f"{d}T00:00:00+01:00",
    "an offset without a colon": lambda d: f"{d}T00:00:00+0100",
    "a Danish midnight in UTC": utc_midnight,
    "the same with fractions": lambda d: utc_midnight(d).replace("Z", ".000Z"),
    "the same as an offset": lambda d: utc_midnight(d).replace("Z", "+00:00"),
    "a time of day": lambda d: f"{d} 00:00:00",
    "dots": lambda d: f"{d:%d.%m.%Y}",
}


BY_TWOS = list(zip(list(CLEAR)[::2], list(CLEAR)[1::2], strict=True))


@pytest.mark.parametrize(("starts", "decisions"), BY_TWOS)
def test_a_day_that_cannot_be_misread_is_read(intake, clean, starts, decisions):
    cases = dated(base.cases(), CLEAR[starts], ["start_date"])
    run = intake.score(dated(cases, CLEAR[decisions], ["decision_date"]))
    assert run.code == 0, run.said
    assert run.risks() == clean.risks()
    for case, row in run.scores.items():
        assert row["decision_date"] == clean.scores[case]["decision_date"]


UNCLEAR = {
    "Excel's day number": lambda d: str((d - date(1899, 12, 30)).days),
    "a year of two digits": lambda d: f"{d:%d-%m-%y}",
    "milliseconds": lambda d: str((d - date(1970, 1, 1)).days * 86_400_000),
    "infinity": lambda _: "infinity",
}


@pytest.mark.parametrize("form", UNCLEAR.values(), ids=UNCLEAR)
@pytest.mark.parametrize("column", DAYS)
def test_a_whole_column_of_days_that_can_be_misread_is_refused(
    intake, clean, form, column
):
    out = shutil.copytree(clean.out, intake.folder / "scores")
    run = intake.score(dated(base.cases(), form, [column]), out=out)
    assert run.refused
    assert column in run.said
    assert "12" in run.said
    assert (out / "scores.csv").exists()


def test_one_day_that_cannot_be_read_sets_its_row_aside(intake):
    cases = base.cases()
    cases[0]["decision_date"] = "45642"
    run = intake.score(cases)
    assert [row["case_id"] for row in run.set_aside] == ["S0000101"]
    assert len(run.scores) == 11


def test_fewer_than_five_cells_are_faults_of_their_rows(intake):
    run = intake.score(changed(base.cases()[:4], "decision_date", "45642"))
    assert run.code == 3
    assert run.summary["counts"]["set_aside"] == 4


def arrow_days(rows, kind):
    days = {
        "date32": lambda d: pa.array(d, pa.date32()),
        "date64": lambda d: pa.array(d, pa.date64()),
        "timestamp": lambda d: pa.array(d, pa.timestamp("us")),
        "Danish time": lambda d: pa.array(
            d, pa.timestamp("us", tz="Europe/Copenhagen")
        ),
        "UTC": lambda d: pa.array(d, pa.timestamp("us", tz="UTC")),
    }
    values = {name: [day_of(row[name]) for row in rows] for name in DAYS}
    if kind in ("timestamp", "Danish time", "UTC"):
        values = {n: [midnight(d, kind) for d in v] for n, v in values.items()}
    columns = {name: [row[name] or None for row in rows] for name in rows[0]}
    return pa.table(columns | {n: days[kind](v) for n, v in values.items()})


def midnight(day, kind):
    """The moment at which *day* begins in Denmark in winter."""
    zone = timezone(timedelta(hours=1)) if kind != "timestamp" else None
    return datetime(day.year, day.month, day.day, tzinfo=zone)


KINDS = ["date32", "date64", "timestamp", "Danish time", "UTC"]


@pytest.mark.parametrize("kind", KINDS)
def test_days_of_parquet_are_danish_days(intake, clean, kind):
    path = intake.folder / "cases.parquet"
    pq.write_table(arrow_days(base.cases(), kind), path)
    assert intake.score(path).risks() == clean.risks()


@pytest.mark.parametrize("kind", KINDS)
def test_days_of_arrow_backed_frames_are_danish_days(loaded, clean, frames, kind):
    cases = arrow_days(base.cases(), kind).to_pandas(types_mapper=pd.ArrowDtype)
    run = score_frames(loaded, cases, frames[1])
    assert run.risks() == clean.risks()


def test_an_arrow_backed_history_is_read(loaded, clean, frames):
    history = spellings.tables(*[spellings.SPELLINGS[0]] * 2)[1]
    of = history.set_column(
        0, "person_id", pa.array([row["person_id"] for row in base.history()])
    )
    run = score_frames(loaded, frames[0], of.to_pandas(types_mapper=pd.ArrowDtype))
    assert run.risks() == clean.risks()


def test_python_dates_in_a_frame_are_read(loaded, clean, frames):
    cases, history = frames
    for name in DAYS:
        cases[name] = [day_of(text) for text in cases[name]]
    assert score_frames(loaded, cases, history).risks() == clean.risks()


def test_moments_of_postgresql_are_danish_days(postgres, intake, clean):
    rows = [
        row | {name: midnight(day_of(row[name]), "UTC") for name in DAYS}
        for row in base.cases()
    ]
    moment = DateTime(timezone=True)
    columns = [Column(name, moment if name in DAYS else Text) for name in rows[0]]
    table = Table("field_moments", MetaData(), *columns)
    with create_engine(postgres, poolclass=NullPool).begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        connection.execute(table.insert(), rows)
    run = intake.score(f"{postgres}#SELECT * FROM field_moments")
    assert run.risks() == clean.risks()


def test_infinity_as_an_end_is_no_end_yet(intake, clean, need_right):
    history = changed(base.history(), "end_date", lambda day: day or "infinity")
    assert need_right(intake.score(history=history)).risks() in (clean.risks(), {})


SEP = {"sep=;": "sep=;\n", "in quotes": '"sep=;"\n', "in capitals": "SEP=;\n"}


@pytest.mark.parametrize("line", SEP.values(), ids=SEP)
def test_the_line_that_excel_writes_for_itself_is_no_heading(intake, clean, line):
    path = intake.write("excel.csv", base.cases(), before=line)
    run = intake.score(path)
    assert run.code == 0
    assert run.risks() == clean.risks()
    path.write_text(path.read_text("utf-8").replace(";45;", ";x;", 1), "utf-8")
    (aside,) = intake.score(path).set_aside
    assert aside["line"] == "3"


def test_a_delimiter_at_the_end_of_every_row_is_no_column(intake, clean):
    path = intake.write("cases.csv", base.cases())
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(f"{line};" for line in lines) + "\n", "utf-8")
    assert intake.score(path).risks() == clean.risks()


def test_a_delimiter_at_the_end_of_the_rows_alone_moves_no_column(intake, clean):
    path = intake.write("cases.csv", base.cases())
    first, *lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([first, *(f"{line};" for line in lines)]) + "\n", "utf-8")
    run = intake.score(path)
    assert run.refused or run.risks() == clean.risks()


@pytest.mark.parametrize(
    "after",
    [
        "\n(12 rows affected)\n",
        "\n(12 rows affected)\n\nCompletion time: 2025-01-06T07:12:44.1234567+01:00\n",
        "\n\n",
    ],
)
def test_what_a_database_tool_writes_below_is_no_row(intake, clean, after):
    run = intake.score(intake.write("cases.csv", base.cases(), after=after))
    assert run.risks() == clean.risks()
    assert run.code == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_with_and_without_their_mark(intake, clean, encoding):
    teams = changed(base.cases(), "team", lambda team: f"{team} Ålborg")
    run = intake.score(intake.write("cases.csv", teams, encoding=encoding))
    assert run.code == 0, run.said
    assert run.risks() == clean.risks()
    assert {row["team"] for row in run.scores.values()} >= {"N1 Ålborg"}


def blank_years(of, n=2500):
    """Cases of years in which no number with decimals was kept."""
    numbers = dict.fromkeys(spellings.NUMBERS, "")
    return [
        of[i % len(of)]
        | numbers
        | {"case_id": f"F{i:05d}", "person_id": f"{of[i % len(of)]['person_id']}{i}"}
        for i in range(n)
    ]


def test_a_point_is_the_same_mark_wherever_the_comma_stands(intake):
    first = base.cases()
    first[0]["travel_km"] = "1.250"
    early, late = (
        intake.score(rows).scores.get("S0000101")
        for rows in (first + blank_years(first), blank_years(first) + first)
    )
    assert (early and early["risk"]) == (late and late["risk"])


@pytest.mark.parametrize("text", ["1.250", "1.000"])
def test_a_point_among_decimal_commas_is_not_read_as_one(intake, text):
    """1.250 km would be 1250 or 1.25; either is wrong where it is not known which."""
    cases = base.cases()
    cases[0]["travel_km"] = text
    run = intake.score(cases)
    if not run.refused:
        read_so = base.cases()
        read_so[0]["travel_km"] = text.replace(".", ",")
        silent = intake.score(read_so).risks()["S0000101"]
        assert run.risks().get("S0000101") != silent


def test_a_month_first_file_whose_first_days_are_small_is_not_turned_round(intake):
    small = [
        row | {"start_date": "12/02/2024", "decision_date": "12/09/2024"}
        for row in blank_years(base.cases())
    ]
    large = dated(base.cases(), lambda d: f"{d:%m/%d/%Y}")
    early, late = (intake.score(rows) for rows in (large + small, small + large))
    assert early.code == late.code
    if early.finished:
        assert early.risks() == late.risks()
