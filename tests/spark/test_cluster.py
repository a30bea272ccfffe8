"""Scores of a Spark cluster: the bits of the command, whatever becomes of a worker."""

import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from riskscreen.errors import (
    NotApprovedError,
    PersonalDataError,
    ScreeningError,
    TableError,
    UnknownCodesError,
)
from riskscreen.objections import add_objection
from riskscreen.readers import TableSource
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.spark import cluster
from riskscreen.validation.surveys import TWICE
from tests import small_site
from tests.approving import save_approved
from tests.page_commands import list_blocks

pytestmark = [
    pytest.mark.slow,
    # Spark leaves closing them to Python.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

AS_OF = small_site.EXTRACTED.date()
NOW = datetime(2025, 1, 6, 8, tzinfo=UTC)
PARTS = 3
PAGE = Path(__file__).parents[2] / "docs/how-to/spark.md"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    spec = small_site.specification(tables=(small_site.WORK,))
    fitted = small_site.model("blend", spec=spec)
    often = replace(fitted, policy=small_site.policy(first=0.4, base_risk=0.3))
    return open_approved(save_approved(often, tmp_path_factory.mktemp("m") / "m"))


@pytest.fixture(scope="module")
def delivered():
    """Cases that are scored, routed and set aside, for what one row or all rows say."""
    written = small_site.cases(150, seed=5)
    cases = written.assign(
        start_date=pd.to_datetime(written["start_date"], format="%d-%m-%Y"),
        decision_date=pd.to_datetime(written["decision_date"]),
        distance=pd.to_numeric(written["distance"].str.replace(",", ".")),
        helpers=pd.to_numeric(written["helpers"]),
    )
    cases.loc[3, "helpers"] = 99
    cases.loc[5, "case_id"] = cases.loc[90, "case_id"]
    # One more case, of after the end of the history.
    late = {"start_date": "2024-12-02", "decision_date": "2024-12-27"}
    late = {name: pd.Timestamp(day) for name, day in late.items()}
    one = cases.iloc[[8]].assign(case_id="late", declined="nej", **late)
    cases = pd.concat([cases, one], ignore_index=True)
    past = small_site.reaching(small_site.history(cases, seed=5), "2024-11-25")
    past.loc[7, "end_date"] = past.loc[7, "start_date"]
    return {"cases": cases, "history": past, "work": small_site.work(cases, seed=5)}


@pytest.fixture
def hand_over(spark):
    """Gives a table to the cluster."""

    def handed(table):
        arrow = pa.Table.from_pandas(table, preserve_index=False)
        return spark.createDataFrame(arrow)

    return handed


def score(hand_over, model, cases, history, work, **changes):
    return cluster.score(
        hand_over(cases),
        hand_over(history),
        model,
        tables={"work": hand_over(work)},
        **{"as_of": AS_OF, "parts": PARTS, "clock": lambda: NOW, **changes},
    )


def score_by_files(model, tables, folder):
    """What ``riskscreen score`` writes of the same rows."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    sources = {name: TableSource(folder / f"{name}.parquet") for name in tables}
    history = sources.get("history")
    further = {n: of for n, of in sources.items() if n not in ("cases", "history")}
    score_files(
        model.model,
        Delivery(sources["cases"], history, AS_OF, tables=further, site=folder),
        out=folder / "out",
        scored_at=NOW.isoformat(timespec="seconds"),
    )
    return folder / "out"


def killing_once(rows, marker):
    """*rows*, of which the first worker to touch them dies, with all it has made."""
    path = str(marker)

    def kill(batches):
        yield from batches
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return
        stat = Path(f"/proc/{os.getppid()}/stat").read_text()
        executor = int(stat.rpartition(")")[2].split()[1])
        os.write(file, str(executor).encode())
        os.close(file)
        os.kill(executor, signal.SIGKILL)

    return rows.mapInArrow(kill, rows.schema)


def in_order(table, *by):
    return table.sort_values([*by], ignore_index=True)


def assert_same_rows(found, out):
    """The answer *found* has what the command wrote into the folder *out*."""
    scored = found[found["status"].isin(["scored", "abstained"])]
    expected = pd.read_parquet(out / "scores.parquet")
    pd.testing.assert_frame_equal(
        in_order(scored[expected.columns], "case_id"),
        in_order(expected, "case_id"),
        check_exact=True,
        check_dtype=False,
    )
    rows = scored[["case_id", "reasons"]].explode("reasons", ignore_index=True)
    reasons = pd.DataFrame(rows["reasons"].tolist()).assign(case_id=rows["case_id"])
    written = pd.read_parquet(out / "reasons.parquet")
    named = written.select_dtypes("category").columns
    written = written.astype(dict.fromkeys(named, "str"))
    pd.testing.assert_frame_equal(
        in_order(reasons[written.columns], "case_id", "reason"),
        in_order(written, "case_id", "reason"),
        check_exact=True,
        check_dtype=False,
    )
    for name, status, columns in (
        ("routed.csv", "routed", ["case_id", "rule", "municipality", "team"]),
        ("set_aside.csv", "set aside", ["file", "case_id", "rule"]),
    ):
        theirs = found.loc[found["status"] == status, columns].fillna("")
        ours = pd.read_csv(out / name, dtype="str", keep_default_na=False)
        ours = ours.rename(columns={"route": "rule"}).replace(
            r"\.parquet$", "", regex=True
        )
        pd.testing.assert_frame_equal(
            in_order(theirs, *columns),
            in_order(ours[columns], *columns),
            check_dtype=False,
        )


@pytest.mark.thorough
def test_a_killed_worker_costs_no_bit(hand_over, model, delivered, tmp_path):
    person = delivered["cases"]["person_id"][20]
    objections = add_objection(tmp_path, person, what="scoring", since=NOW.date())
    rows = score(hand_over, model, **delivered, objections=objections)
    found = killing_once(rows, tmp_path / "killed").toArrow().to_pandas()
    assert not Path(f"/proc/{(tmp_path / 'killed').read_text()}").exists()
    assert_same_rows(found, score_by_files(model, delivered, tmp_path))
    counts = found["status"].value_counts()
    assert counts["routed"] > 0
    assert "objection" in set(found["rule"])
    aside = found[found["status"] == "set aside"]
    assert aside["rule"].tolist().count(TWICE) == 2
    assert aside["file"].value_counts().to_dict() == {"cases": 3, "history": 1}
    assert found["history_ends"].any()
    assert found["later_proposal"].notna().any()


def test_cases_without_dates_and_history_have_the_command_s_bits(hand_over, tmp_path):
    spec = small_site.by_period()
    model = open_approved(small_site.approved_folder(tmp_path / "m", spec=spec))
    cases = small_site.cases_by_period(20, seed=5)
    cases["distance"] = pd.to_numeric(cases["distance"].str.replace(",", "."))
    cases["helpers"] = pd.to_numeric(cases["helpers"])
    rows = cluster.score(
        hand_over(cases), None, model, as_of=AS_OF, parts=1, clock=lambda: NOW
    )
    out = score_by_files(model, {"cases": cases}, tmp_path)
    assert_same_rows(rows.toArrow().to_pandas(), out)


def test_a_range_of_citizens_has_the_bits_of_the_whole_run(
    model, delivered, tmp_path, monkeypatch
):
    page = PAGE.read_text(encoding="utf-8")
    python = [block for of, block in list_blocks(page) if of == "python"]
    (cut,) = [block for block in python if block.startswith("import pandas")]
    monkeypatch.chdir(tmp_path)
    delivered["cases"].to_parquet("cases.parquet", index=False)
    exec(compile(cut, "spark.md", "exec"), {})
    parts = [pd.read_parquet(path) for path in tmp_path.glob("cases-*.parquet")]
    assert sum(map(len, parts)) == len(delivered["cases"])
    assert pd.concat(part["person_id"].drop_duplicates() for part in parts).is_unique
    (tmp_path / "part").mkdir()
    own = delivered | {"cases": parts[0]}
    runs = ((own, tmp_path / "part"), (delivered, tmp_path))
    paths = [score_by_files(model, *run) / "scores.parquet" for run in runs]
    # A column of whole numbers is read as floats where a number is missing.
    found, whole = (
        pd.read_parquet(path, dtype_backend="numpy_nullable")
        .drop(columns="rank")
        .set_index("case_id")
        for path in paths
    )
    both = whole.index.intersection(found.index)
    assert len(both) > 5
    pd.testing.assert_frame_equal(found.loc[both], whole.loc[both], check_exact=True)


def _renumber(tables):
    past = small_site.beside_renumbered(tables["history"], 20, until=AS_OF)
    return tables | {"history": past}


def _meet_nobody(tables):
    past = tables["history"]
    return tables | {"history": past.assign(person_id="x" + past["person_id"])}


def _fill_with_person_numbers(tables):
    cases = tables["cases"]
    return tables | {"cases": cases.assign(fritekst="set 010190-1234")}


def _write_either_way(tables):
    cases = tables["cases"]
    return tables | {"cases": cases.assign(distance="1.250")}


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_write_either_way, TableError),
        (_renumber, UnknownCodesError),
        (_meet_nobody, TableError),
        (_fill_with_person_numbers, PersonalDataError),
    ],
)
def test_what_only_the_whole_tables_tell_is_refused_at_once(
    hand_over, model, delivered, spoil, error
):
    with pytest.raises(error):
        score(hand_over, model, **spoil(delivered))


def test_what_cannot_be_scored_so_is_refused_before_any_job(
    hand_over, model, delivered
):
    cases, history = hand_over(delivered["cases"]), hand_over(delivered["history"])
    tables = {"work": hand_over(delivered["work"])}
    with pytest.raises(NotApprovedError):
        cluster.score(cases, history, model.model, tables=tables)
    with pytest.raises(TableError, match="history"):
        cluster.score(cases, None, model, tables=tables)
    with pytest.raises(TableError, match="work"):
        cluster.score(cases, history, model)
    with pytest.raises(TableError, match="Spark"):
        cluster.score(delivered["cases"], history, model, tables=tables)
    listed = cases.selectExpr("* except (fritekst)", "array(fritekst) as fritekst")
    with pytest.raises(TableError, match="lists"):
        cluster.score(listed, history, model, tables=tables)
    written = tables["work"].selectExpr("* except (value)", "string(value) as value")
    with pytest.raises(TableError, match="work: value"):
        cluster.score(cases, history, model, tables={"work": written})


def test_an_error_on_a_worker_holds_no_value_of_a_row():
    broken = pa.table({"name": ["Jens Hansen"], "rows": [b"Jens Hansen"]})
    with pytest.raises(ScreeningError) as refused:
        cluster._score_part(None, broken, count=1)
    assert "Jens Hansen" not in str(refused.value)
    assert refused.value.__context__ is None
