"""Check a folder before it leaves: its files alone, each of them, then all together."""

import csv
import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import FileError, ModelError
from riskscreen.files import fingerprint_file
from riskscreen.folders.mark import MARK, Mark, format_mark, list_entries
from riskscreen.headings import find_personal_kind, is_refused
from riskscreen.model.model_folder import MANIFEST
from riskscreen.model.records import check_record, read_json
from riskscreen.model.stored_model import FileName
from riskscreen.plain_files import MOST, read_plain
from riskscreen.release.card import CARD_FILE, render_card
from riskscreen.release.findings import Finding, Leak
from riskscreen.release.forms import CROSSED, Tables, parse_counts, parse_figures
from riskscreen.release.model import check_leaving_model
from riskscreen.release.study import (
    COUNTS_FILE,
    FIGURES_FILE,
    MADE_BY,
    MANIFEST_FILE,
    MODEL,
    StudyManifest,
    check_approving_role,
)
from riskscreen.release.tables import Row, check_earlier, check_tables

_Found = tuple[str, str, Leak]
"""File, place and rule."""
_MODEL_FILES = {f"{MODEL}/{name}" for name in (MANIFEST, *get_args(FileName))}
_FILES = {MANIFEST_FILE, CARD_FILE, COUNTS_FILE, FIGURES_FILE, *_MODEL_FILES}
"""All that a study may hold. What is none of it is refused unread: nobody could tell of
each kind of file, however it is named, that it says nothing of one person."""
_KEY = re.compile(r"[0-9]{5}")


def check_release(
    folder: Path, *, earlier: Sequence[Path] = (), approved_by: str | None = None
) -> list[Finding]:
    """Return all that keeps *folder* from leaving; nothing where it may.

    *earlier* are the releases that left before it. A model in it may leave where
    study.json names the same role *approved_by*. Raises FileError for what is no folder
    and for an earlier release without counts.
    """
    check_approving_role(approved_by)
    if not folder.is_dir():
        raise FileError(f"{folder}: no such folder. Name the folder that is to leave.")
    ours = _list_ours(folder)
    found = [*_find_others(folder, ours)]
    manifest = _read_manifest(folder)
    found += _check_manifest(folder, manifest, ours)
    if ours & _MODEL_FILES:
        exception = manifest.model if manifest else None
        if exception is None or exception.approved_by != approved_by:
            found.append((MODEL, "the folder", Leak.MODEL))
        elif not found:  # so each of its files is one, and none is too large
            found += [
                (f"{MODEL}/{name}", place, rule)
                for rule, name, place in check_leaving_model(folder / MODEL)
            ]
    tables = Tables()
    for name in sorted({COUNTS_FILE, FIGURES_FILE} & ours):
        try:
            tables += _read_table(folder / name)
        except (ValueError, csv.Error):
            found.append((name, "the file", Leak.TABLE))
    found += _check_labels(tables)
    for rule, row in check_tables(tables):
        found.append((*_place(row, tables), rule))
    for before in earlier:
        old = _read_earlier(before, manifest)
        found += [
            (*_place(row, tables), rule) for rule, row in check_earlier(tables, old)
        ]
    if manifest and _read(folder / CARD_FILE) != render_card(manifest.target, tables):
        found.append((CARD_FILE, "the page", Leak.CARD))
    return _join(found)


def _list_ours(folder: Path) -> set[str]:
    """List the files of a study in *folder*: no link to one, and none too large."""
    places = {name: (folder / name).lstat() for name in list_entries(folder) & _FILES}
    return {
        name
        for name, of in places.items()
        if stat.S_ISREG(of.st_mode) and of.st_size <= MOST
    }


def _find_others(folder: Path, ours: Collection[str]) -> Iterator[_Found]:
    """Yield what is no file of a study; its name is told where it may be."""
    entries = list_entries(folder)
    for number, name in enumerate(sorted(entries - set(ours)), start=1):
        is_folder = stat.S_ISDIR((folder / name).lstat().st_mode)
        if not (name == MODEL and is_folder):
            words = mask_words(name) == name and name.isprintable()
            harmless = words and not _KEY.search(name)
            told = name if harmless else f"other file {number}"
            yield told, "the file", Leak.OTHER
    mark = format_mark(Mark(MADE_BY, entries & {*_FILES, MODEL}, finished=True))
    if os.path.lexists(folder / MARK) and _read(folder / MARK) != mark:
        yield MARK, "the file", Leak.OTHER


def _read(path: Path) -> str:
    """Return the text of a small file; none where there is none to be read."""
    try:
        return read_plain(path).decode("utf-8")
    except (OSError, ValueError):
        return ""


def _read_table(path: Path) -> Tables:
    if path.name == COUNTS_FILE:
        return Tables(counts=parse_counts(_read(path)))
    return Tables(figures=parse_figures(_read(path)))


def _read_earlier(folder: Path, manifest: StudyManifest | None) -> Tables:
    """Return the tables of an earlier release; of another target there is nothing."""
    tables = Tables()
    for name in (COUNTS_FILE, FIGURES_FILE):
        with suppress(ValueError, csv.Error):
            tables += _read_table(folder / name)
    if not tables.counts:
        raise FileError(
            f"{folder}: holds no counts to compare with. Name the folder as it left."
        )
    before = _read_manifest(folder)
    if before and manifest and before.target != manifest.target:
        return Tables()
    return tables


def _check_labels(tables: Tables) -> Iterator[_Found]:
    """Yield labels that hold what no file may hold, or that count by a key."""
    rows: tuple[Row, ...] = (*tables.counts, *tables.figures)
    for row in rows:
        if any(mask_words(words) != words for words in (row.by, row.group)):
            yield *_place(row, tables), Leak.PERSON_NUMBER
        if _KEY.search(row.group) or any(map(_names_key, row.by.split(CROSSED))):
            yield *_place(row, tables), Leak.KEY


def _names_key(column: str) -> bool:
    return column.endswith("_id") or is_refused(find_personal_kind(column))


def _read_manifest(folder: Path) -> StudyManifest | None:
    """Return study.json, where it is as riskscreen study writes it, to the letter."""
    text = _read(folder / MANIFEST_FILE)
    try:
        content = read_json(text, file=MANIFEST_FILE)
        manifest = check_record(content, StudyManifest, file=MANIFEST_FILE)
    except (ValueError, ModelError):
        return None
    return manifest if manifest.to_text() == text else None


def _check_manifest(
    folder: Path, manifest: StudyManifest | None, ours: Collection[str]
) -> Iterator[_Found]:
    """Yield what *manifest* does not list, or lists otherwise."""
    if manifest is None:
        yield MANIFEST_FILE, "the file", Leak.MANIFEST
        return
    for name in sorted(set(ours) - {MANIFEST_FILE}):
        if manifest.files.get(name) != fingerprint_file(folder / name):
            yield name, "the file", Leak.MANIFEST
    if not set(manifest.files) | {COUNTS_FILE, FIGURES_FILE, CARD_FILE} <= set(ours):
        yield MANIFEST_FILE, "the file", Leak.MANIFEST


def _place(row: Row, tables: Tables) -> tuple[str, str]:
    """Say in which file and line *row* stands."""
    if row in tables.counts:
        return COUNTS_FILE, f"line {tables.counts.index(row) + 2}"
    return FIGURES_FILE, f"line {tables.figures.index(row) + 2}"


def _join(found: Iterable[_Found]) -> list[Finding]:
    """Join what one rule finds in one file: its first place, and how often."""
    first: dict[tuple[str, Leak], str] = {}
    times: Counter[tuple[str, Leak]] = Counter()
    for name, place, rule in found:
        first.setdefault((name, rule), place)
        times[name, rule] += 1
    return [
        Finding(name, place, rule, times[name, rule])
        for (name, rule), place in first.items()
    ]
