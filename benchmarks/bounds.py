"""What small hostile files cost: seconds and memory of reading each of them.

    python -m benchmarks.bounds

Each file is read in a process of its own, through the door by which every register
comes in. Memory is the process's peak above what it had when all was imported. The run
ends with 1 where a file takes more than a second of a processor or 100 MiB. An honest
file at the end shows how far the limits of readers/limits.py are from it.
"""

import gzip
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.errors import ScreeningError

MOST_SECONDS, MOST_MIB = 1.0, 100
HEADER = "case_id;person_id;start_date\n"


def write_header(path: Path, delimiters: int = 140_000) -> None:
    path.write_text("case_id" + ";" * delimiters + "\n" + ";" * 5_000 + "\n")


def write_doubled_names(path: Path, names: int = 4_900) -> None:
    path.write_text(";".join(f"name{n}" for n in range(names)) + "\n1;2\n")


def write_row(path: Path, delimiters: int = 140_000) -> None:
    path.write_text(HEADER + "1" + ";" * delimiters + "\n1;2;3\n")


def write_quotes(path: Path, marks: int = 140_000) -> None:
    path.write_text(HEADER + '"' * (marks + 1) + "\n" + "1;2;3\n" * 100)


def write_long_line(path: Path, letters: int = 140_000) -> None:
    path.write_text(HEADER + "1;2;3\n" * 9 + "(1 " + "a" * letters + "\n")


def write_rows_alike(path: Path, rows: int = 20_000_000) -> None:
    part = pa.table({"case_id": pa.array(["A"] * 1000), "x": pa.array([1] * 1000)})
    table = pa.concat_tables([part] * (rows // 1000)).combine_chunks()
    pq.write_table(table, path, compression="zstd")


def write_cells_alike(path: Path, rows: int = 200_000) -> None:
    columns = {f"c{n}": pa.array(["fifteen letters"] * rows) for n in range(5)}
    pq.write_table(pa.table(columns), path, compression="zstd")


def write_long_text(path: Path, letters: int = 200_000_000) -> None:
    table = pa.table({"case_id": ["A"], "note": ["x" * letters]})
    pq.write_table(table, path, compression="zstd")


def write_dictionary(path: Path, rows: int = 150_000, letters: int = 1 << 20) -> None:
    text = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, dtype=np.int32)), pa.array(["x" * letters])
    )
    pq.write_table(pa.table({"case_id": text}), path, compression="zstd")


def write_wide(path: Path, columns: int = 10_000) -> None:
    pq.write_table(pa.table({f"c{n}": [1] for n in range(columns)}), path)


def write_lists(path: Path, entries: int = 20_000_000) -> None:
    lists = pa.ListArray.from_arrays([0, entries], pa.array(np.zeros(entries, "int8")))
    pq.write_table(pa.table({"case_id": ["A"], "x": lists}), path, compression="zstd")


def write_row_groups(path: Path, groups: int = 12_000) -> None:
    table = pa.table({"case_id": ["A"] * groups})
    pq.write_table(table, path, row_group_size=1)


def write_gzip(path: Path, letters: int = 200_000_000) -> None:
    with gzip.open(path, "wb") as stream:
        for _ in range(letters // 1_000_000):
            stream.write(b"x" * 1_000_000)


def write_pipe(path: Path) -> None:
    os.mkfifo(path)


def write_weeks(path: Path, *, persons: int = 5_000, weeks: int = 1_600) -> None:
    """An honest register: most people have nothing in most weeks."""
    random = np.random.default_rng(1)
    state = np.full(persons, -1)
    codes = np.array(["890", "881", "111", "140", "750"])
    table: dict[str, object] = {"person_id": [f"P{n:07d}" for n in range(persons)]}
    for week in range(weeks):
        starts = (state < 0) & (random.random(persons) < 0.0008)
        state[starts] = random.integers(0, len(codes), starts.sum())
        state[(state >= 0) & (random.random(persons) < 0.05)] = -1
        table[f"week{week}"] = [codes[s] if s >= 0 else None for s in state]
    pq.write_table(pa.table(table), path, compression="zstd")


HOSTILE: dict[str, Callable[[Path], None]] = {
    "140,000 delimiters in the header.csv": write_header,
    "4,900 column names.csv": write_doubled_names,
    "140,000 delimiters in a row.csv": write_row,
    "140,001 quotation marks.csv": write_quotes,
    "a long last line.csv": write_long_line,
    "20 million rows alike.parquet": write_rows_alike,
    "a million cells alike.parquet": write_cells_alike,
    "a text of 200 million letters.parquet": write_long_text,
    "a long text in every row.parquet": write_dictionary,
    "10,000 columns.parquet": write_wide,
    "a list of 20 million.parquet": write_lists,
    "12,000 row groups.parquet": write_row_groups,
    "200 MB of one letter.csv": write_gzip,
    "a named pipe.csv": write_pipe,
}
HONEST: dict[str, Callable[[Path], None]] = {"1,600 weeks.parquet": write_weeks}


def read(path: Path) -> tuple[float, float, str]:
    """Seconds of the processor, MiB above the start, and how reading *path* ended."""
    from riskscreen.readers import read_table  # noqa: PLC0415

    before, began = _peak(), time.process_time()
    try:
        ended = f"{read_table(path).rows_kept:,} rows"
    except ScreeningError as refused:
        ended = f"refused ({refused.exit_code})"
    return time.process_time() - began, _peak() - before, ended


def _peak() -> float:
    """The process's own peak; getrusage would count its parent's, which is larger."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> int:
    """Read every file and print what it took; 1 where a hostile one took too much."""
    over = []
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'file':40} {'bytes':>10} {'seconds':>8} {'MiB':>6}  ended")
        for name, write in (HOSTILE | HONEST).items():
            path = Path(folder) / name
            write(path)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.bounds", path],
                capture_output=True,
                text=True,
                check=True,
                timeout=600,
            )
            seconds, mib, ended = done.stdout.strip().split(" ", maxsplit=2)
            size = path.stat().st_size
            print(f"{name:40} {size:10,} {seconds:>8} {mib:>6}  {ended}")
            if name in HOSTILE and (
                float(seconds) > MOST_SECONDS or float(mib) > MOST_MIB
            ):
                over.append(name)
    print(f"over {MOST_SECONDS:g} s or {MOST_MIB} MiB: {', '.join(over) or 'none'}")
    return int(bool(over))


if __name__ == "__main__":
    if sys.argv[1:]:
        seconds, mib, ended = read(Path(sys.argv[1]))
        print(f"{seconds:.2f} {mib:.0f} {ended}")
    else:
        sys.exit(main())
