"""Valid register files and the ways in which they arrive damaged, drawn from a seed."""

import random
from functools import cache
from pathlib import Path

import pandas as pd

from riskscreen.errors import ScreeningError
from riskscreen.readers import TableSource, read_history
from tests import ten_citizens as ten
from tests.histories import check_history
from tests.readers.xport import xport

WEEKS = 16
"""Week columns of the wide files, few enough to be read thousands of times."""


def _ledger():
    """The ten's ledger three times over, with a Danish name and a text."""
    once = ten.history()
    for column in ("start_date", "end_date", "registered_on"):
        once[column] = once[column].dt.strftime("%d-%m-%Y")
    copies = [once.assign(person_id=once["person_id"] + mark) for mark in "æøå"]
    table = pd.concat(copies, ignore_index=True)
    return table.assign(bemærkning="3,5 timer; må ringes op")


def _wide():
    labels = ten.labels()[20 : 20 + WEEKS]
    return ten.dream_wide()[["person_id", *labels]]


def _sas():
    weeks = [(label.upper(), 3, "") for label in ten.labels()[20 : 20 + WEEKS]]
    rows = [tuple(row) for row in _wide().to_numpy().tolist()]
    return xport([("PNR", 12, ""), *weeks], rows)


@cache
def valid_files():
    """Name and content of each kind of file that the readers know."""
    ledger = _ledger().rename(columns={"bemærkning": "note"})
    spells = ten.history().assign(n=1.5)
    return {
        "ledger.csv": _csv(ledger, sep=";", encoding="latin-1"),
        "quoted.csv": _csv(_ledger(), sep=",", encoding="utf-8"),
        "bom.csv": _csv(ledger.drop(columns="note"), sep="\t", encoding="utf-8-sig"),
        "utf16.csv": _csv(ledger.drop(columns="note"), sep=";", encoding="utf-16"),
        "marked.csv": b"sep=;\n" + _closed(ledger.drop(columns="note")),
        "unmarked.csv": _closed(ledger).decode("latin-1").encode("utf-16-le"),
        "wide.csv": _csv(_wide(), sep=";", encoding="utf-8"),
        "long.csv": _csv(ten.dream_long().head(150), sep="|", encoding="utf-8"),
        "spells.parquet": spells.to_parquet(),
        "plain.parquet": spells.to_parquet(compression=None, use_dictionary=False),
        "wide.parquet": _wide().to_parquet(),
        "wide.xpt": _sas(),
    }


def _closed(table):
    """With a delimiter at the end of each row, and the lines of an SQL tool."""
    lines = _csv(table, sep=";", encoding="latin-1").splitlines()
    rows = b";\n".join(lines[1:]) + b";\n"
    rule = b";".join([b"-----"] * len(table.columns))
    return lines[0] + b"\n" + rule + b"\n" + rows + b"\n(69 rows affected)\n"


def _csv(table, *, sep, encoding):
    return table.to_csv(index=False, sep=sep).encode(encoding)


def _flip(content, draw):
    for _ in range(draw.choice([1, 1, 2, 5, 40])):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return content


def _cut_off(content, draw):
    return content[: draw.randrange(len(content))]


def _cut_out(content, draw):
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randrange(1, 300) :]


def _lines(content, draw):
    """Lines lost, doubled or glued together."""
    lines = bytes(content).split(b"\n")
    for _ in range(draw.choice([1, 3, 20])):
        at = draw.randrange(len(lines))
        change = draw.choice(["lose", "double", "glue"])
        if change == "lose" and len(lines) > 1:
            del lines[at]
        elif change == "double":
            lines.insert(at, lines[at])
        else:
            lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    return bytearray(b"\n".join(lines))


def _rename(content, draw):
    """A column under another name, or the line of names gone."""
    head, _, rest = bytes(content).partition(b"\n")
    names = [b"person_id", b"code", b"start_date", b"end_date", b"y_1408", b"week"]
    name = draw.choice(names)
    other = draw.choice([b"", b"pnr", b"y_1499", b"code", b"navn", b"\xf8", b"y_2101"])
    if draw.random() < 0.1:
        return bytearray(rest or b"x")
    return bytearray(head.replace(name, other) + b"\n" + rest)


PIECES = [
    *("æøå".encode(code) for code in ("utf-8", "latin-1", "utf-16")),
    *(b'"', b'";"', b"\x00", b"\r", b"\r\n", b";;;", b"\xff\xfe"),
    *(b"31-02-2015", b"1.234,5"),
]


def _insert(content, draw):
    """Another encoding, marks and controls in the middle."""
    at = draw.randrange(len(content))
    piece = draw.choice(PIECES)
    return content[:at] + piece * draw.choice([1, 1, 3]) + content[at:]


DAMAGES = (_flip, _cut_off, _cut_out, _lines, _rename, _insert)


def damaged_file(seed):
    """A file's name and its content after one to three damages."""
    draw = random.Random(seed)
    name, content = draw.choice(list(valid_files().items()))
    content = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 3])):
        if content:
            content = bytearray(draw.choice(DAMAGES)(content, draw))
    return name, bytes(content)


def delivered(path: Path) -> TableSource:
    """The file with what must be stated of it: SAS's own name of the person."""
    return TableSource(path, {"PNR": "person_id"} if path.suffix == ".xpt" else {})


def read_damaged(seed, folder: Path):
    """Read a damaged file as a site's history is read; "stopped" or "read".

    Any error but a ScreeningError comes through, as does a row that got lost.
    """
    name, content = damaged_file(seed)
    path = folder / name
    path.write_bytes(content)
    try:
        read = read_history(delivered(path))
        checked = check_history(read.table, file=name, extract_date=ten.EXTRACT_DATE)
    except ScreeningError as stopped:
        fault = str(stopped)
    else:
        assert len(checked.kept) + len(checked.set_aside) == len(read.table)
        _every_line_once(read, content, name)
        return "read"
    assert name in fault
    return "stopped"


def _every_line_once(read, content, name):
    """Each line with content is a row that was kept or one that was set aside."""
    assert read.rows_read == read.rows_kept + len(read.set_aside)
    aside = read.set_aside["line"].tolist()
    assert len(set(aside)) == len(aside)
    assert not set(aside) & set(read.table.index)
    if "layout spells (found)" in read.notes:
        assert read.rows_kept == len(read.table)
    plain = {"utf16.csv", "marked.csv", "unmarked.csv"}.isdisjoint({name})
    if name.endswith(".csv") and b'"' not in content and plain:
        lines = [line for line in content.split(b"\n") if line.strip(b" \r\t;,|")]
        assert read.rows_read == len(lines) - 1
