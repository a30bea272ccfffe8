"""How much one delivered file may hold, so that no small file costs a large machine.

What is refused here is refused before it is read, by what a file's beginning or its own
metadata says. Honest files stay far below: a register of 1,600 weeks and 20,000 persons
has 20 cells and 1.4 unpacked bytes for each byte of its Parquet file
(`python -m benchmarks.bounds`).
"""

from pathlib import Path

from riskscreen.errors import FileError

MOST_COLUMNS = 5_000
"""A register of weeks since 1991 has under 2,000."""
LONGEST_LINE = 1 << 26
"""Characters of one line of text, a quoted text's lines taken one by one."""
MOST_ROW_GROUPS = 10_000
MOST_FILES = 50_000
"""Of a folder: partitions of a day each, for a century, have fewer."""
CELLS_IN_PART = 4_000_000
"""Cells that are held at once while a file is read part by part."""
_SMALL_CELLS = 1_000_000
_CELLS_PER_BYTE = 100
_SMALL_BYTES = 1 << 24
_BYTES_PER_BYTE = 100


def limit_columns(path: Path, columns: int) -> None:
    """Raise FileError for a file of more columns than any register has."""
    if columns > MOST_COLUMNS:
        raise FileError(
            f"{path}: {columns:,} columns, and at most {MOST_COLUMNS:,} are read. Is "
            "the delimiter right? Deliver the columns that are needed."
        )


def limit_line(path: Path, length: int) -> None:
    """Raise FileError for a line so long that the file can hardly be rows."""
    if length > LONGEST_LINE:
        raise FileError(
            f"{path}: a line of more than {LONGEST_LINE:,} characters. Deliver one row "
            "a line."
        )


def limit_row_groups(path: Path, groups: int) -> None:
    """Raise FileError for a Parquet file in far too many pieces."""
    if groups > MOST_ROW_GROUPS:
        raise FileError(
            f"{path}: {groups:,} row groups, and at most {MOST_ROW_GROUPS:,} are read. "
            "Write it again with more rows in each."
        )


def limit_files(folder: Path, files: int) -> None:
    """Raise FileError for a folder that can hardly be one table."""
    if files > MOST_FILES:
        raise FileError(
            f"{folder}: more than {MOST_FILES:,} files in this folder. Give the path "
            "of the folder that holds one table."
        )


def limit_cells(path: Path, cells: int, *, size: int) -> None:
    """Raise FileError for more cells than a file of *size* bytes can honestly hold."""
    if cells > max(_SMALL_CELLS, _CELLS_PER_BYTE * size):
        raise FileError(
            f"{path}: {cells:,} cells in {size:,} bytes, so nearly all of them are the "
            "same. Deliver the rows that say something, or deliver CSV."
        )


def limit_bytes(path: Path, unpacked: int, *, size: int) -> None:
    """Raise FileError for a file of *size* bytes that unpacks to far more."""
    if unpacked > max(_SMALL_BYTES, _BYTES_PER_BYTE * size):
        raise FileError(
            f"{path}: {size:,} bytes that unpack to more than {unpacked:,}. Deliver it "
            "again without texts that repeat themselves, or deliver CSV."
        )


def count_rows_at_once(rows: int, *, columns: int) -> int:
    """Return how many of *rows* to read at once where a row has so many *columns*."""
    return max(1, min(rows, CELLS_IN_PART // max(1, columns)))
