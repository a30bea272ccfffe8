"""Every pair of spellings of one key, through every door: no other score in silence.

    python -m benchmarks.key_spellings [POSTGRESQL_URL]

The cases' persons are written in one way and the history's in another, through CSV,
Parquet, SQL (SQLite, and PostgreSQL where its URL is given) and pandas frames. In what
training reads, the persons of cases and history, and the case numbers of cases, audit
table and outcomes. Right are the scores (labels, groups) of the clean base, rows set
aside, a refusal, or the flag no_history told in counts. Anything else is wrong, and
the run ends with 1 if there is any.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import create_engine

from riskscreen import load_model
from riskscreen.errors import ScreeningError
from riskscreen.model.risk_model import RiskModel
from riskscreen.readers.sources import Source, TableSource
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.spec import Specification
from riskscreen.training import Dataset, prepare
from tests import small_site
from tests.field import doors, spellings
from tests.field.spellings import PAIRS, SPELLINGS, Spelling
from tests.field.trained import train_model

Ends = dict[str, Counter[str]]
Door = Callable[[pa.Table, pa.Table, Path], doors.Run]


def main(postgres: str | None = None) -> None:
    """Try all pairs at all doors; print a table."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        ends = _scoring(folder, postgres) | _training(folder)
    kinds = ["right scores", "set aside", "refused", "flagged", "wrong"]
    print(f"{'door':42}", *(f"{kind:>13}" for kind in kinds))
    for door, counted in ends.items():
        print(f"{door:42}", *(f"{counted[kind]:>13}" for kind in kinds))
    wrong = sum(counted["wrong"] for counted in ends.values())
    pairs = sum(map(Counter.total, ends.values()))
    print(f"{pairs} tried, {wrong} wrong, in {time.monotonic() - began:.0f} s")
    sys.exit(bool(wrong))


def _scoring(folder: Path, postgres: str | None) -> Ends:
    model = load_model(train_model(folder))

    def files(write: Callable[[pa.Table, Path], Source]) -> Door:
        def score(cases: pa.Table, history: pa.Table, out: Path) -> doors.Run:
            delivered = Delivery(
                cases=TableSource(write(cases, folder / "cases")),
                history=TableSource(write(history, folder / "history")),
                as_of=date.fromisoformat(doors.AS_OF),
            )
            return _score_files(model.model, delivered, out)

        return score

    ways = {name: files(write) for name, write in spellings.FILES.items()}
    if postgres:
        ways["PostgreSQL"] = files(
            lambda table, path: _to_postgres(table, path, postgres)
        )
    ways["pandas frames"] = lambda cases, history, _: doors.score_frames(
        model, spellings.to_frame(cases), spellings.to_frame(history)
    )
    plain = SPELLINGS[0]
    clean = ways["Parquet"](*spellings.tables(plain, plain), folder / "clean")
    assert clean.code == 0, clean.said
    ends: Ends = {}
    for door, score in ways.items():
        counted = ends.setdefault(f"cases and history, {door}", Counter())
        for a, b in PAIRS:
            run = score(*spellings.tables(a, b), folder / "scores")
            counted[_end_of_run(run, clean, f"{door}, {a}, {b}")] += 1
    return ends


def _score_files(model: RiskModel, delivered: Delivery, out: Path) -> doors.Run:
    shutil.rmtree(out, ignore_errors=True)
    try:
        score_files(model, delivered, out=out, scored_at=doors.AS_OF)
    except ScreeningError as refused:
        return doors.Run(refused.exit_code, str(refused), out)
    return doors.read_scoring_run(0, "", out)


def _to_postgres(table: pa.Table, path: Path, url: str) -> str:
    engine = create_engine(url)
    kinds = {f.name: _postgres_type(f.type) for f in table.schema}
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {path.name}")
        columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
        connection.exec_driver_sql(f"CREATE TABLE {path.name} ({columns})")
        marks = ", ".join(["%s"] * len(kinds))
        rows = [tuple(row.values()) for row in table.to_pylist()]
        connection.exec_driver_sql(f"INSERT INTO {path.name} VALUES ({marks})", rows)
    engine.dispose()
    return f"{url}#SELECT * FROM {path.name}"


def _postgres_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return "numeric(38, 10)"
    if pa.types.is_integer(kind):
        return "bigint"
    if pa.types.is_floating(kind):
        return "double precision"
    return "date" if pa.types.is_date(kind) else "text"


def _end_of_run(run: doors.Run, clean: doors.Run, what: str) -> str:
    if fault := doors.fault_of(run, clean.risks()):
        print(f"{what}: {fault}")
        return "wrong"
    if run.refused:
        return "refused"
    if run.flagged("no_history"):
        return "flagged"
    return "right scores" if len(run.scores) == len(clean.scores) else "set aside"


def _training(folder: Path) -> Ends:
    """The same pairs where labels are made, groups are judged and outcomes read."""
    ends: Ends = {}
    joins = {
        "history": small_site.specification(),
        "audit": small_site.specification(),
        "outcomes": small_site.by_period(),
    }
    for table, spec in joins.items():
        counted = ends.setdefault(f"training, cases and {table}", Counter())
        deliver = _Delivery(spec, table, folder / f"site with {table}")
        clean = deliver.prepared(SPELLINGS[0], SPELLINGS[0])
        assert isinstance(clean, Dataset), clean
        for a, b in PAIRS:
            end = _end_of_training(deliver.prepared(a, b), clean)
            counted[end] += 1
            if end == "wrong":
                print(f"training, {table}, {a}, {b}: other labels or groups, untold")
    return ends


class _Delivery:
    """A small site whose cases are keyed in one way and one other table in another."""

    def __init__(self, spec: Specification, table: str, folder: Path) -> None:
        self._spec, self._table, self._folder = spec, table, folder
        (folder / spec.name).mkdir(parents=True)
        (folder / "site.toml").write_text("extract_date = 2026-01-05\n", "utf-8")
        codes = small_site.code_table().to_csv_text()
        (folder / "code_groups_whole.csv").write_text(codes, "utf-8")
        self._key = "person_id" if table == "history" else "case_id"
        make = small_site.cases_by_period if table == "outcomes" else small_site.cases
        self._cases = make(60, seed=3)
        if table != "outcomes":
            self._cases["person_id"] = [f"p{i:05d}" for i in range(60)]
        self._others = self._made()
        self._of = self._cases[self._key].tolist()

    def _made(self) -> dict[str, pd.DataFrame]:
        """The other tables, by the names of their files."""
        cases, draw = self._cases, np.random.default_rng(4)
        ids = cases[["case_id"]]
        within = f"{self._spec.name}/"
        if self._table == "outcomes":
            long = draw.choice(["ja", "nej"], len(ids))
            return {f"{within}outcomes": ids.assign(long=long)}
        kinds, notes = (draw.choice(list(of), len(ids)) for of in ("xy", "mn"))
        past = small_site.history(cases)
        everyone = cases[["person_id"]].assign(
            code=draw.choice(["200", "300"], len(cases)),
            start_date=pd.Timestamp("2024-01-01"),
            end_date=pd.Timestamp("2025-06-30"),
        )
        return {
            "history": pd.concat([past, everyone], ignore_index=True),
            f"{within}audit": ids.assign(audit_kind=kinds, audit_note=notes),
        }

    def prepared(self, a: Spelling, b: Spelling) -> Dataset | ScreeningError:
        """What training reads where the cases' key is written as *a*, the other as *b*.

        The tables that are not tried have the cases' spelling.
        """
        self._write(f"{self._spec.name}/cases", self._cases, a)
        for name, table in self._others.items():
            self._write(name, table, b if name.endswith(self._table) else a)
        try:
            return prepare(self._spec, self._folder)
        except ScreeningError as refused:
            return refused

    def _write(self, name: str, table: pd.DataFrame, spelling: Spelling) -> None:
        typed = pa.Table.from_pandas(table, preserve_index=False)
        if self._key in table:
            keys = spellings.spelt(table[self._key], spelling, of=self._of)
            lost = spelling.one_null and name.endswith(self._table)
            typed = typed.set_column(
                typed.column_names.index(self._key), self._key, keys
            )
            if lost:
                last = typed.slice(typed.num_rows - 1)
                nothing = pa.nulls(1, spelling.type)
                at = typed.column_names.index(self._key)
                last = last.set_column(at, self._key, nothing)
                typed = pa.concat_tables([typed, last])
        pq.write_table(typed, self._folder / f"{name}.parquet")


def _end_of_training(found: Dataset | ScreeningError, clean: Dataset) -> str:
    """What became of a pair: cases are compared by their places in the file."""
    if isinstance(found, ScreeningError):
        return "refused"
    if len(found.cases) < len(clean.cases):
        return "set aside" if not len(found.cases) else "wrong"
    same = (
        found.outcomes["outcome"].tolist() == clean.outcomes["outcome"].tolist()
        and np.array_equal(found.features, clean.features, equal_nan=True)
        and _texts(found.audit) == _texts(clean.audit)
    )
    return "right scores" if same else "wrong"


def _texts(audit: pd.DataFrame | None) -> list[list[str]] | None:
    return None if audit is None else audit.astype("str").to_numpy().tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
