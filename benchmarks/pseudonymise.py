"""Pseudonyms for a register of 1 million persons: seconds and peak memory.

Run: python benchmarks/pseudonymise.py [persons] [rows of history per person]. The site
is written first; then `riskscreen pseudonymise` runs on it in a process of its own,
whose peak the memory is. It grows neither with persons nor with rows.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.spec import read_specification
from riskscreen.validation.schemas import list_required_columns

TARGET = "long_absence"
ROOT = Path(__file__).parents[1]
PART = 100_000


def numbers(first: int, n: int) -> np.ndarray:
    """Shapes of person numbers, no two alike: a day and four digits."""
    at = np.arange(first, first + n)
    day = np.datetime64("1930-01-01") + at // 1000
    text = np.datetime_as_string(day)
    return np.array(
        [
            f"{d[8:]}{d[5:7]}{d[2:4]}-{i:04d}"
            for d, i in zip(text, at % 1000, strict=True)
        ]
    )


def deliver(folder: Path, persons: int, rows: int) -> None:
    folder.mkdir()
    (folder / "site.toml").write_text("extract_date = 2025-01-06\n", encoding="utf-8")
    names = ("person_id", "code", "start_date", "end_date", "note")
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(folder / "history.parquet", schema) as writer:
        for first in range(0, persons, PART):
            people = np.repeat(numbers(first, min(PART, persons - first)), rows)
            n = len(people)
            columns = [people, *(["774"] * n, ["2024-01-01"] * n), [""] * n, ["x"] * n]
            made = [pa.array(column, pa.string()) for column in columns]
            writer.write_table(pa.table(made, schema=schema))
    spec = read_specification(ROOT / "models" / f"{TARGET}.toml")
    columns = list_required_columns(spec)
    case = {"case_id": "1", "person_id": "010130-0000"}
    row = [case.get(column, "") for column in columns]
    (folder / "intake.csv").write_text(f"{';'.join(columns)}\n{';'.join(row)}\n")
    with (folder / "site.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'[intake.{TARGET}]\npath = "intake.csv"\n')


def main() -> None:
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        deliver(folder / "raw", persons, rows)
        program = Path(sys.executable).with_name("riskscreen")
        command = [str(program), "pseudonymise", "--new-key"]
        command += ["--site", str(folder / "raw"), "--key", str(folder / "key")]
        command += ["--out", str(folder / "site"), "--models", str(ROOT / "models")]
        began = time.perf_counter()
        subprocess.run([*command, "--target", TARGET], check=True)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{persons:,} persons, {persons * rows:,} rows: {seconds:.0f} s", end="")
    print(f", peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
