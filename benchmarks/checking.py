"""Checking 1 million case rows x 30 columns with quarantine, beside pandera alone.

Run: python benchmarks/checking.py [rows]. Each way runs in a process of its own, on the
same Parquet file, reading included. Seconds are the best of three; on a busy machine
CPU seconds are the steadier figure. Memory is the process's peak.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.spec import Specification
from riskscreen.validation import check_cases

ROWS_IN_A_PART = 100_000
BAD_SHARE = 0.001
WAYS = ("riskscreen", "pandera", "pandera, drop_invalid_rows")
START, DECIDED = np.datetime64("2020-01-06"), np.datetime64("2020-01-20")


def words(text: str) -> dict[str, str]:
    return {"da": text, "en": text}


def column(kind: str, **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "label": words("x"),
        "idea": "facts",
        "known": "at_decision",
        **more,
    }


def specification() -> Specification:
    """24 declared columns; with the six key columns the table has 30."""
    numbers = {
        f"number_{i}": column("number", unit="km", minimum=0, maximum=500)
        for i in range(8)
    }
    counts = {
        f"count_{i}": column("integer", unit="count", minimum=0, maximum=12)
        for i in range(4)
    }
    flags = {f"flag_{i}": column("flag") for i in range(6)}
    kinds = {
        f"kind_{i}": column("category", values=["a", "b", "c", "d"]) for i in range(6)
    }
    return Specification.model_validate(
        {
            "name": "checked",
            "title": words("x"),
            "question": words("x"),
            "prediction_note": words("x"),
            "population": {"who": words("x")},
            "outcome": {
                "rule": "ready",
                "horizon_weeks": 26,
                "long_words": words("x"),
            },
            "columns": numbers | counts | flags | kinds,
            "ideas": {"facts": {"label": words("x")}},
            "bands": {name: words("x") for name in ("first", "raised", "usual")},
        }
    )


def made_up_cases(rows: int) -> pd.DataFrame:
    """Typed cases, one row in a thousand with a fault of one of four kinds."""
    rng = np.random.default_rng(7)
    days = rng.integers(0, 2000, rows).astype("timedelta64[D]")
    table = pd.DataFrame(
        {
            "case_id": pd.Series([f"case-{i:09d}" for i in range(rows)], dtype="str"),
            "person_id": pd.Series([f"p{i:09d}" for i in range(rows)], dtype="str"),
            "start_date": START + days,
            "decision_date": DECIDED + days,
            "municipality": pd.Series(["m"] * rows, dtype="str"),
            "team": pd.array(np.array(["t1", "t2"])[rng.integers(0, 2, rows)], "str"),
            **{f"number_{i}": rng.uniform(0, 500, rows) for i in range(8)},
            **{f"count_{i}": rng.integers(0, 13, rows).astype(float) for i in range(4)},
            **{f"flag_{i}": rng.integers(0, 2, rows).astype(bool) for i in range(6)},
            **{
                f"kind_{i}": pd.array(np.array(list("abcd"))[rng.integers(0, 4, rows)])
                for i in range(6)
            },
        }
    )
    bad = rng.choice(rows, int(rows * BAD_SHARE), replace=False)
    for fault, chosen in enumerate(np.array_split(bad, 4)):
        name, value = (
            ("number_0", -1.0),
            ("count_0", 99.0),
            ("kind_0", "unheard of"),
            ("decision_date", pd.Timestamp("2001-01-01")),
        )[fault]
        table.loc[chosen, name] = value
    return table


def pandera_schema(*, drop: object) -> object:
    within = pandera.Check.in_range
    columns = {
        "case_id": pandera.Column("str", unique=True),
        "person_id": pandera.Column("str"),
        "start_date": pandera.Column(),
        "decision_date": pandera.Column(),
        "municipality": pandera.Column("str"),
        "team": pandera.Column("str"),
        **{f"number_{i}": pandera.Column(float, within(0, 500)) for i in range(8)},
        **{f"count_{i}": pandera.Column(float, within(0, 12)) for i in range(4)},
        **{f"flag_{i}": pandera.Column(bool) for i in range(6)},
        **{
            f"kind_{i}": pandera.Column("str", pandera.Check.isin(list("abcd")))
            for i in range(6)
        },
    }
    order = pandera.Check(
        lambda t: t["decision_date"] >= t["start_date"], ignore_na=False
    )
    return pandera.DataFrameSchema(columns, checks=order, drop_invalid_rows=bool(drop))


def check_in_parts(path: Path) -> tuple[int, int]:
    """Kept and set aside, part by part as the scoring path does; one part in memory."""
    spec, kept, aside = specification(), 0, 0
    for batch in pq.ParquetFile(path).iter_batches(ROWS_IN_A_PART):
        checked = check_cases(spec, batch.to_pandas(), file="cases")
        kept, aside = kept + len(checked.kept), aside + len(checked.set_aside)
    return kept, aside


def check_with_pandera(path: Path, *, drop: bool) -> tuple[int, int]:
    table = pd.read_parquet(path)
    schema = pandera_schema(drop=drop)
    try:
        kept = schema.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as failed:
        bad = failed.failure_cases["index"].dropna().unique()
        kept = table.drop(index=bad)
    return len(kept), len(table) - len(kept)


def measure(way: str, path: Path) -> None:
    """Print kept, set aside, seconds (reading included) and peak memory as JSON."""
    seconds, busy = [], []
    for _ in range(3):
        begun, used = time.perf_counter(), time.process_time()
        if way == "riskscreen":
            kept, aside = check_in_parts(path)
        else:
            kept, aside = check_with_pandera(path, drop="drop" in way)
        seconds.append(time.perf_counter() - begun)
        busy.append(time.process_time() - used)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps([kept, aside, min(seconds), min(busy), peak]))


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.parquet"
        table = pa.Table.from_pandas(made_up_cases(rows), preserve_index=False)
        pq.write_table(table, path, row_group_size=ROWS_IN_A_PART)
        del table
        print(f"{rows:,} case rows x 30 columns, {BAD_SHARE:.1%} of them bad")
        names = f"{'seconds':>9}{'CPU s':>7}{'GiB':>7}"
        print(f"{'':<28}{'kept':>10}{'set aside':>11}{names}")
        for way in WAYS:
            run = [sys.executable, __file__, "--measure", way, str(path)]
            found = subprocess.run(run, check=True, capture_output=True, text=True)
            kept, aside, best, busy, peak = json.loads(found.stdout)
            figures = f"{best:>9.2f}{busy:>7.2f}{peak:>7.2f}"
            print(f"{way:<28}{kept:>10,}{aside:>11,}{figures}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000)
