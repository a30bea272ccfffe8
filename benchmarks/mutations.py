"""Thousands of mutated deliveries through the scoring door: no accident, no lost row.

    python -m benchmarks.mutations [how many] [first seed] [processes]

Each round mutates one or two files of a site's folder (cases, history, site.toml, code
table), in bytes or in cells, and scores the folder as the command does. Right is: a
refusal with an exit code of its own and no folder, or every row that came in scored,
routed or set aside, and the counts say so. No message holds an identifier. What is not
right is printed with its seed, and the run ends with 1; a seed can be tried again with
"1 SEED".
"""

import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tests.field import base, doors
from tests.field.trained import train_model

Rows = list[list[str]]
Draw = random.Random

SITE = """\
name = "Eksempelkommune"
extract_date = 2025-01-06
timezone = "Europe/Copenhagen"

[keys]
case_id = "S[0-9]{7}"

[files.history]
path = "history.csv"
layout = "spells"
ends = "half_open"

[intake.long_absence]
path = "cases.csv"
decimal = "comma"
columns = { travel_km = "travel_km" }

[places.long_absence]
shared_by = "municipality"
per_week = 14
"""
CODES = """\
code,group,valid_from,valid_to,source
890,sygedagpenge,,,ours
870,jobafklaring,2014-07-01,2027-01-01,ours
111,dagpenge,,,ours
"""
CELLS = [
    *("", " ", "NA", "NULL", "0", "-1", "1", "x", "ja", "nej", "UKENDT", "None", "nan"),
    *("31-02-2024", "2024-02-30", "01-01-1900", "9999-12-31", "infinity", "45642"),
    *("2024-12-15T23:00:00Z", "2024-12-16T00:00:00+01:00", "16DEC2024", "20241216"),
    *("12/16/2024", "16.12.24", "0000-00-00", "00-01-1900", "2099-12-31"),
    *("1e400", "-1e400", "1,00000E+12", "99999999999999999999", "1.250", "1.000,5"),
    *("inf", "0x10", "1_000", "٣", "½", "1,2,3", "--5", "1e", "5%"),
    *(
        '"',
        '""',
        '"x',
        'x"y',
        "'",
        "a;b",
        "a,b",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "\\",
        "=1+1",
    ),
    *("æøå", "A\u030a", "\u200b", "\ufeff", "\u00a0", "\x00", "\x1a", "😀", "\ud7ff"),
    *("x" * 5000, "{0A0B0C0D-0000-4000-8000-0000000000A0}", "<script>", "${HOME}"),
]
"""What a cell may come to hold."""
PIECES = [
    *(b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\x1a", b"\r", b"\n", b"\r\n"),
    *(b'"', b";", b";;;", b",", b"\t", b"\\", "å".encode(), "å".encode("cp1252")),
    *(b"sep=;\n", b"(12 rows affected)\n", b"PAR1", b"PK\x03\x04", b"\x1f\x8b"),
    *(b"[files.history]\n", b'path = "x"\n', b"= =", b"'''", b"{}", b"1979-05-27"),
]


# --- bytes --------------------------------------------------------------------------
def flip(content: bytearray, draw: Draw) -> bytearray:
    """Some bytes are others."""
    for _ in range(draw.choice([1, 1, 2, 5, 40])):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return content


def cut(content: bytearray, draw: Draw) -> bytearray:
    """The rest of the file, or a piece of it, is gone."""
    start = draw.randrange(len(content))
    return content[:start] + draw.choice(
        [bytearray(), content[start + draw.randrange(1, 300) :]]
    )


def insert(content: bytearray, draw: Draw) -> bytearray:
    """A piece that does not belong here."""
    at = draw.choice([0, len(content), draw.randrange(len(content))])
    piece = draw.choice(PIECES) * draw.choice([1, 1, 3])
    return content[:at] + bytearray(piece) + content[at:]


def move_lines(content: bytearray, draw: Draw) -> bytearray:
    """Lines are lost, doubled, glued together or out of order."""
    lines = bytes(content).split(b"\n")
    for _ in range(draw.choice([1, 3, 20])):
        at = draw.randrange(len(lines))
        change = draw.choice(["lose", "double", "glue", "swap"])
        if change == "lose" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "swap":
            lines[at], lines[0] = lines[0], lines[at]
        else:
            lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    return bytearray(b"\n".join(lines))


def encode_otherwise(content: bytearray, draw: Draw) -> bytearray:
    """The same text in another encoding, or in two."""
    text = content.decode("utf-8", "replace").replace("Nord", "Nørre Ø", 3)
    encoding = draw.choice(["utf-16", "utf-16-le", "cp1252", "utf-8-sig", "cp850"])
    if draw.random() < 0.3:
        half = len(text) // 2
        return bytearray(text[:half].encode() + text[half:].encode(encoding, "replace"))
    return bytearray(text.encode(encoding, "replace"))


IN_BYTES = (flip, cut, insert, move_lines, encode_otherwise)


# --- cells --------------------------------------------------------------------------
def put_cells(rows: Rows, draw: Draw) -> Rows:
    """Some cells hold what no clerk wrote."""
    for _ in range(draw.choice([1, 1, 3, 10])):
        row = draw.choice(rows[1:])
        row[draw.randrange(len(row))] = draw.choice(CELLS)
    return rows


def put_column(rows: Rows, draw: Draw) -> Rows:
    """A whole column holds the same, or a few things."""
    at = draw.randrange(len(rows[0]))
    texts = draw.sample(CELLS, draw.choice([1, 1, 2, 5]))
    for row in rows[1:]:
        row[at] = draw.choice(texts)
    return rows


def double_rows(rows: Rows, draw: Draw) -> Rows:
    """Rows come twice, a cell of the second one perhaps another."""
    for _ in range(draw.choice([1, 2, 12, 30])):
        again = list(draw.choice(rows[1:]))
        if draw.random() < 0.5:
            again[0] = f"S{draw.randrange(10**7):07d}"
        rows.append(again)
    return rows


def lose_rows(rows: Rows, draw: Draw) -> Rows:
    """Only some rows are there."""
    return [rows[0], *draw.sample(rows[1:], draw.randrange(len(rows)))]


def change_heading(rows: Rows, draw: Draw) -> Rows:
    """Names of columns are swapped, doubled, blank, misspelt, or of another case."""
    names = rows[0]
    at, other = draw.randrange(len(names)), draw.randrange(len(names))
    names[at], names[other] = draw.choice(
        [
            (names[other], names[at]),
            (names[other], names[other]),
            ("", names[other]),
            (names[at][:-1], names[other]),
            (names[at].upper(), names[other]),
            (f" {names[at]} ", names[other]),
            (f"\ufeff{names[at]}", names[other]),
            ("navn", names[other]),
        ]
    )
    return rows


def change_columns(rows: Rows, draw: Draw) -> Rows:
    """A column is missing, new, or its cells have moved to the next one."""
    at = draw.randrange(len(rows[0]))
    change = draw.choice(["lose", "add", "shift"])
    for row in rows if change != "shift" else rows[draw.randrange(1, len(rows)) :]:
        if change == "lose":
            del row[at]
        else:
            row.insert(at, draw.choice(["", "1", "x"]))
    return rows


def shuffle(rows: Rows, draw: Draw) -> Rows:
    """Another order of the rows."""
    return [rows[0], *draw.sample(rows[1:], len(rows) - 1)]


IN_CELLS = (
    *(put_cells, put_cells, put_column, double_rows, lose_rows),
    *(change_heading, change_columns, shuffle),
)


def written(rows: Rows, draw: Draw) -> bytearray:
    """*rows* as text, by one of the habits there are; cells are not always quoted."""
    delimiter = draw.choice([";", ";", ";", ",", "\t", "|"])
    quoted = draw.random() < 0.7
    end = draw.choice(["\n", "\n", "\r\n"])

    def cell(text: str) -> str:
        needs = any(mark in text for mark in (delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if quoted and needs else text

    text = end.join(delimiter.join(map(cell, row)) for row in rows) + end
    return bytearray(text.encode("utf-8", "surrogatepass"))


# --- Parquet ------------------------------------------------------------------------
def as_parquet(content: bytes, draw: Draw) -> bytearray:
    """The table as typed columns, one or two of them of an odd kind."""
    parse = pacsv.ParseOptions(delimiter=";")
    table = pacsv.read_csv(pa.BufferReader(content), parse_options=parse)
    for _ in range(draw.choice([0, 1, 2])):
        at = draw.randrange(table.num_columns)
        try:
            odd = draw.choice(ODD)(table.column(at).combine_chunks())
        except (pa.ArrowException, ValueError, TypeError):
            continue
        table = table.set_column(at, table.column_names[at], odd)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=draw.choice([3, 1000]))
    return bytearray(sink.getvalue().to_pybytes())


def _with_null(column: pa.Array) -> pa.Array:
    return pa.array([None, *column.to_pylist()[1:]], column.type)


ODD: tuple[Callable[[pa.Array], pa.Array], ...] = (
    _with_null,
    lambda c: c.cast(pa.float64()),
    lambda c: c.cast(pa.float32()),
    lambda c: c.cast(pa.decimal128(38, 10)),
    lambda c: c.cast(pa.string()).cast(pa.binary()),
    lambda c: c.cast(pa.string()).dictionary_encode(),
    lambda c: c.cast(pa.timestamp("ns", tz="UTC")),
    lambda c: c.cast(pa.date64()),
    lambda c: c.cast(pa.time32("s")),
    lambda c: pa.nulls(len(c)),
    lambda c: pa.nulls(len(c), pa.string()),
    lambda c: pa.array([[v] for v in c.to_pylist()]),
    lambda c: pa.array([{"v": v} for v in c.to_pylist()]),
    lambda c: pa.array([2**63 + i for i in range(len(c))], pa.uint64()),
    lambda c: pa.array([float("nan")] * len(c)),
    lambda c: pa.array([float("inf")] * len(c)),
    lambda c: pa.array([-(2**53)] * len(c), pa.timestamp("ms")),
    lambda c: pa.array([2**62] * len(c), pa.timestamp("us", tz="Asia/Tokyo")),
    lambda c: pa.array([i % 2 == 0 for i in range(len(c))]),
    lambda c: pa.array([2**31 - 1] * len(c), pa.date32()),
    lambda c: pa.array([1] * len(c), pa.duration("s")),
)


# --- site.toml ----------------------------------------------------------------------
VALUES = [
    *("1", "-1", "0", "1.5", "true", '""', '"x"', "[]", '["x"]', "{}", "{ a = 1 }"),
    *("2025-01-06", "2025-13-01", "2025-01-06T10:00:00Z", "1900-01-01", "9999-12-31"),
    *('"../../etc/passwd"', '"/"', '"."', '"missing.csv"', '"cases.csv"', '"[0-9"'),
    *('"month_first"', '"comma"', '"point"', '"cp1252"', '"utf-16"', '"rot13"'),
    *('"dream_wide"', '"inclusive"', '"team"', '"Mars/Phobos"', '"' + "x" * 9000 + '"'),
    *('"(a+)+$"', '"S[0-9]{7}"', "nan", "inf", "1_000", "0x10", "'''\nx\n'''"),
]
LINES = [
    *("dates = ", "decimal = ", "delimiter = ", "encoding = ", "layout = ", "ends = "),
    *("path = ", "sql = ", "query = ", "columns = ", "per_week = ", "max_age_days = "),
    *("[files.audit]\npath = ", "[files.long_absence.audit]\npath = ", "[x]\ny = "),
    *("person_id = ", "synthetic = ", "[trust]\napproval_keys = ", "timezone = "),
]


def change_statement(lines: list[str], draw: Draw) -> list[str]:
    """A line of site.toml is lost, doubled, moved, misspelt or has another value."""
    at = draw.randrange(len(lines))
    name, equals, _ = lines[at].partition(" = ")
    change = draw.randrange(6)
    if change == 0:
        del lines[at]
    elif change == 1:
        lines.insert(draw.randrange(len(lines)), lines[at])
    elif change == 2 and name:
        lines[at] = name[:-1] + lines[at][len(name) :]
    elif change == 3:
        lines.insert(at, draw.choice(LINES) + draw.choice(VALUES))
    elif equals:
        lines[at] = f"{name} = {draw.choice(VALUES)}"
    return lines


# --- rounds -------------------------------------------------------------------------
@dataclass(frozen=True)
class Delivery:
    """The files of a mutated folder, and how many case rows it holds if that is known.

    Cells keep their rows; bytes may make two of one.
    """

    files: dict[str, bytes]
    rows: int | None


def mutated(seed: int) -> Delivery:
    """A folder with one or two files mutated, drawn from *seed*."""
    draw = random.Random(seed)
    cases, history = base.as_csv(base.cases()), base.as_csv(base.history())
    files = {
        "cases.csv": cases.encode(),
        "history.csv": history.encode(),
        "site.toml": SITE.encode(),
        "code_groups.csv": CODES.encode(),
    }
    rows: int | None = 12
    for name in draw.sample(list(files), draw.choice([1, 1, 1, 2])):
        content, known = _mutate(name, files[name], draw)
        files[name] = content
        if name == "cases.csv":
            rows = known
    return Delivery(files, rows)


def _mutate(name: str, content: bytes, draw: Draw) -> tuple[bytes, int | None]:
    """*content* mutated, and its rows where they are still known."""
    if name == "site.toml" and draw.random() < 0.7:
        lines = content.decode().splitlines()
        for _ in range(draw.choice([1, 1, 2, 4])):
            lines = change_statement(lines, draw)
        return "\n".join([*lines, ""]).encode(), None
    if name.endswith("csv") and draw.random() < 0.6:
        return _in_cells(name, content, draw)
    if name in ("cases.csv", "history.csv") and draw.random() < 0.3:
        typed = as_parquet(content, draw)
        if draw.random() < 0.5:
            return bytes(typed), 12
        return bytes(draw.choice((flip, cut, insert))(typed, draw)), None
    damaged = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 3])):
        damaged = draw.choice(IN_BYTES)(damaged or bytearray(b"x"), draw)
    return bytes(damaged), None


def _in_cells(name: str, content: bytes, draw: Draw) -> tuple[bytes, int | None]:
    mark = "," if name == "code_groups.csv" else ";"
    rows = [line.split(mark) for line in content.decode().splitlines()]
    for _ in range(draw.choice([1, 1, 2])):
        if len(rows) > 1:
            rows = draw.choice(IN_CELLS)(rows, draw)
    whole = not any("\n" in c or "\r" in c or '"' in c for row in rows for c in row)
    return bytes(written(rows, draw)), len(rows) - 1 if whole else None


def try_one(seed: int, model: Path, folder: Path) -> tuple[str, str | None]:
    """How the round of *seed* ended, and what is wrong with that, or None."""
    site, out = folder / "site", folder / "out"
    for path in (site, out):
        shutil.rmtree(path, ignore_errors=True)
    site.mkdir(parents=True)
    delivery = mutated(seed)
    for name, content in delivery.files.items():
        (site / name).write_bytes(content)
    run = doors.Intake(site, model).score_site(out=out)
    end = "finished" if run.code == 0 else f"exit {run.code}"
    return end, _fault(run, delivery, folder)


def _fault(run: doors.Run, delivery: Delivery, folder: Path) -> str | None:
    left = sorted(p.name for p in folder.iterdir() if p.name not in ("site", "out"))
    if left:
        return f"left behind: {left}"
    if "Traceback" in run.said or not (run.finished or run.refused):
        return f"exit {run.code}: {run.said[-300:]}"
    if quoted := [i for i in _identifiers() if i in run.said]:
        return f"{len(quoted)} identifiers in what it said"
    if run.refused:
        return "refused, and a folder stands" if run.out.exists() else None
    return _lost(run, delivery)


def _lost(run: doors.Run, delivery: Delivery) -> str | None:
    """What does not add up in a finished run."""
    counts = run.summary["counts"]
    out = counts["scored"] + counts["routed"] + counts["set_aside"]
    if out != counts["cases"]:
        return f"{counts['cases']} came in and {out} left"
    if delivery.rows not in (None, counts["cases"]):
        return f"{delivery.rows} were delivered and {counts['cases']} came in"
    aside = len(run.set_aside) - counts["history_set_aside"]
    tables = (len(run.scores), len(run.routed), aside)
    if tables != (counts["scored"], counts["routed"], counts["set_aside"]):
        return f"the tables hold {tables}, the counts are {counts}"
    return None


def _identifiers() -> Iterable[str]:
    return (row["case_id"] for row in base.cases())


def _try_many(seeds: range, model: Path) -> list[tuple[int, str, str | None]]:
    with tempfile.TemporaryDirectory() as folder:
        return [(s, *try_one(s, model, Path(folder) / "a")) for s in seeds]


def main(count: int = 5000, first: int = 0, processes: int | None = None) -> None:
    """Try *count* seeds from *first* on, and print how they ended."""
    began = time.monotonic()
    seeds = [
        range(s, min(s + 25, first + count)) for s in range(first, first + count, 25)
    ]
    with tempfile.TemporaryDirectory() as folder:
        model = train_model(Path(folder))
        workers = processes or os.cpu_count() or 1
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = [
                one
                for many in pool.map(_try_many, seeds, [model] * len(seeds))
                for one in many
            ]
    ends = Counter(end for _, end, _ in found)
    faults = [(seed, fault) for seed, _, fault in found if fault]
    for end, n in sorted(ends.items()):
        print(f"{end:12} {n:6}")
    for seed, fault in faults:
        print(f"seed {seed}: {fault}")
    print(
        f"{count} mutated deliveries, seeds {first} to {first + count - 1}: "
        f"{len(faults)} faults, in {time.monotonic() - began:.0f} s"
    )
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
