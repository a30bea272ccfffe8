"""Erase a case from every folder that carries our mark: tables, pages, all else.

A table loses its rows of the case. A page, or any other file that names it, is removed
whole: `riskscreen report` writes the pages anew from the tables.
"""

import codecs
import html
import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskscreen.errors import FileError
from riskscreen.folders import restrict_access
from riskscreen.folders.mark import MARK, Mark, list_entries, read_mark, write_mark

_KEYS = ("case_id", "person_id")


@dataclass(frozen=True, slots=True)
class ErasedFiles:
    """How many marked folders were looked through, and what became of their files."""

    folders: int = 0
    changed: int = 0
    removed: int = 0

    def describe(self) -> list[str]:
        """Describe it in lines."""
        if not self.folders:
            return []
        lines = [
            f"{self.folders} folders of ours: {self.changed} tables without its rows "
            f"now, {self.removed} pages and other files removed"
        ]
        if self.removed:
            lines.append("Write their pages anew: riskscreen report")
        return lines


def erase_in_folders(roots: Sequence[Path], names: Collection[str]) -> ErasedFiles:
    """Erase who is called by one of *names* from the marked folders below *roots*.

    Of a folder only what its mark lists is looked at. Raises FileError where a root is
    no folder, or a file cannot be read or written: then the order is to be given again.
    """
    folders = changed = removed = 0
    named = _match_names(names)
    for root in roots:
        if not root.is_dir():
            raise FileError(f"{root}: no such folder. Check --outputs.")
        for folder, mark in _find_marked(root):
            folders += 1
            gone = set[str]()
            for path in _list_files(folder, mark):
                with _name_fault(path):
                    became = _erase_in_file(path, names, named)
                changed += became == "changed"
                if became == "removed":
                    gone.add(str(path.relative_to(folder)))
            if gone:
                removed += len(gone)
                write_mark(folder, replace(mark, entries=mark.entries - gone))
    return ErasedFiles(folders, changed, removed)


def _find_marked(root: Path) -> Iterator[tuple[Path, Mark]]:
    """Yield each folder with a mark, *root* and those within others among them."""
    for at, _, files in os.walk(root):
        mark = read_mark(Path(at)) if MARK in files else None
        if mark is not None:
            yield Path(at), mark


def _list_files(folder: Path, mark: Mark) -> list[Path]:
    """List what is ours in *folder*: all of it, where a run was killed on the way."""
    entries = mark.entries if mark.finished else list_entries(folder)
    paths = [folder / entry for entry in sorted(entries)]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


@contextmanager
def _name_fault(path: Path) -> Iterator[None]:
    try:
        yield
        return
    except (OSError, ValueError, pa.ArrowException):
        pass
    raise FileError(
        f"{path}: cannot be read or written, so what it may have is not erased. Mend "
        "that, and give the order again."
    )


def _erase_in_file(
    path: Path, names: Collection[str], named: re.Pattern[bytes]
) -> Literal["changed", "removed"] | None:
    """Return what became of the file at *path*; None where it names nobody."""
    if path.suffix == ".parquet":
        return "changed" if _filter_parquet(path, names) else None
    if not (named.search(path.read_bytes()) or named.search(os.fsencode(path.name))):
        return None
    if path.suffix == ".csv" and _filter_csv(path, names, named):
        return "changed"
    path.unlink()
    return "removed"


def _match_names(names: Collection[str]) -> re.Pattern[bytes]:
    """Return what finds one of *names*, plain or as a page has it, as a whole word."""
    spellings = {of.encode() for name in names for of in (name, html.escape(name))}
    either = b"|".join(map(re.escape, sorted(spellings)))
    return re.compile(rb"(?<![\w-])(?:" + either + rb")(?![\w-])")


def _filter_parquet(path: Path, names: Collection[str]) -> bool:
    """Write the table anew without rows and cells of *names*; whether it had any."""
    table = pq.read_table(path)
    theirs, wanted = np.zeros(len(table), np.bool_), pa.array(sorted(names))
    found = False
    for place, name in enumerate(table.column_names):
        if not _holds_texts(table[name].type):
            continue
        texts = table[name].cast(pa.string())
        cells = pc.is_in(texts, value_set=wanted)
        if not pc.any(cells).as_py():
            continue
        found = True
        if name in _KEYS:
            theirs |= cells.to_numpy()
        else:
            blank = pc.if_else(cells, pa.scalar(None, pa.string()), texts)
            cast = blank.cast(table.schema.field(name).type)
            table = table.set_column(place, table.schema.field(name), cast)
    if found:
        with _write_anew(path) as part:
            pq.write_table(table.filter(pa.array(~theirs)), part)
    return found


def _holds_texts(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _filter_csv(path: Path, names: Collection[str], named: re.Pattern[bytes]) -> bool:
    """Write the table anew without rows and cells of *names*.

    False where it names them all the same, and is left for its removal.
    """
    content = path.read_bytes()
    between = ";" if b";" in content.split(b"\n", 1)[0] else ","
    encoding = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"
    table = pd.read_csv(
        path, sep=between, dtype="str", keep_default_na=False, encoding=encoding
    )
    cells = table.isin(list(names))
    keys = [key for key in _KEYS if key in table]
    kept = table.mask(cells, "")[~cells[keys].any(axis=1)]
    text = kept.to_csv(sep=between, index=False, lineterminator="\n")
    if named.search(text.encode()):
        return False
    with _write_anew(path) as part:
        part.write_text(text, encoding=encoding, newline="\n")
    return True


@contextmanager
def _write_anew(path: Path) -> Iterator[Path]:
    """Yield a file that takes the place of *path* when it is whole."""
    part = path.with_name(f".{path.name}.part")
    yield part
    restrict_access(part)
    part.replace(path)
