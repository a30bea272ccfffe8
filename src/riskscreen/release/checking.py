"""Check a folder before it leaves: every file by its content, then all of them."""

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path

from riskscreen.errors import FileError, ModelError
from riskscreen.files import fingerprint_file
from riskscreen.folders.mark import MARK, list_entries, read_mark
from riskscreen.headings import find_personal_kind, is_refused
from riskscreen.model.records import check_record, read_json
from riskscreen.plain_files import TooLargeError, read_plain
from riskscreen.release.card import CARD_FILE, render_card
from riskscreen.release.findings import Finding, Rule
from riskscreen.release.forms import CROSSED, Tables
from riskscreen.release.model import check_model
from riskscreen.release.study import (
    MADE_BY,
    MANIFEST_FILE,
    MODEL,
    StudyManifest,
    check_role,
)
from riskscreen.release.tables import Row, check_earlier, check_tables
from riskscreen.release.texts import Content, check_note, check_words, read_content

_Found = tuple[str, str, Rule]
"""File, place and rule."""


def check_release(
    folder: Path, *, earlier: Sequence[Path] = (), approved_by: str | None = None
) -> list[Finding]:
    """Return all that keeps *folder* from leaving; nothing where it may.

    *earlier* are the releases that left before it. A model in it may leave where
    study.json names the same role *approved_by*. Raises FileError for what is no folder
    and for an earlier release without counts.
    """
    check_role(approved_by)
    names = _list_files(folder)
    manifest = _read_manifest(folder)
    found = [*_check_files(folder, names, listed=manifest.files if manifest else ())]
    whole = {name for name in names if (folder / name).is_file()}
    found += _check_manifest(folder, manifest, whole)
    model = {name for name in whole if name.split("/")[0] == MODEL}
    if model and not (
        manifest and manifest.model and manifest.model.approved_by == approved_by
    ):
        found.append((MODEL, "the folder", Rule.MODEL))
    elif model:
        found += [
            (f"{MODEL}/{name}", place, rule)
            for rule, name, place in check_model(folder / MODEL)
        ]
    tables = _read_tables(folder, names)
    every = reduce(add, tables.values(), Tables())
    for rule, row in check_tables(every):
        found.append(_place(rule, row, tables))
    for before in earlier:
        old = _read_earlier(before, manifest)
        found += [_place(rule, row, tables) for rule, row in check_earlier(every, old)]
    if CARD_FILE in whole and manifest:
        made = render_card(manifest.target, every)
        if (folder / CARD_FILE).read_bytes() != made.encode():
            found.append((CARD_FILE, "the page", Rule.CARD))
    return _join(found)


def _list_files(folder: Path) -> list[str]:
    """List what stands below *folder* but its own mark, by its path there."""
    if not folder.is_dir():
        raise FileError(f"{folder}: no such folder. Name the folder that is to leave.")
    mark, entries = read_mark(folder), list_entries(folder)
    ours = mark is not None and mark.made_by == MADE_BY and mark.entries <= entries
    if not ours and os.path.lexists(folder / MARK):
        entries |= {MARK}
    return sorted(entries)


def _read_earlier(folder: Path, manifest: StudyManifest | None) -> Tables:
    """Return the tables of an earlier release; of another target there is nothing."""
    tables = reduce(add, _read_tables(folder, _list_files(folder)).values(), Tables())
    if not tables.counts:
        raise FileError(
            f"{folder}: holds no counts to compare with. Name the folder as it left."
        )
    before = _read_manifest(folder)
    if before and manifest and before.target != manifest.target:
        return Tables()
    return tables


def _check_files(
    folder: Path, names: Iterable[str], *, listed: Collection[str]
) -> Iterator[_Found]:
    """Yield what each file breaks by itself; its name is told where it may be."""
    for number, name in enumerate(names, start=1):
        words = [*check_words(name)]
        yield from ((f"file {number}", "its name", rule) for rule in words)
        shown = f"file {number}" if words else name
        mode = (folder / name).lstat().st_mode
        if stat.S_ISLNK(mode):
            yield shown, "the file", Rule.LINK
        elif Path(name).name.startswith("."):
            yield shown, "the file", Rule.HIDDEN_FILE
        elif stat.S_ISDIR(mode):
            continue
        elif name.split("/")[0] == MODEL and name in listed:
            yield from _check_model_words(folder / name, shown)
        elif name not in (MANIFEST_FILE, CARD_FILE):
            yield from _check_content(_read(folder / name), shown)


def _check_content(content: Content, name: str) -> Iterator[_Found]:
    if content.rule is not None:
        yield from ((name, "the file", content.rule) for _ in range(content.rows))
    for rule, line in check_note(content.note or ""):
        yield name, f"line {line}", rule
    tables = content.tables or Tables()
    rows: tuple[Row, ...] = (*tables.counts, *tables.figures)
    for line, row in enumerate(rows, start=2):
        for words in (row.people, row.by, row.group):
            yield from ((name, f"line {line}", rule) for rule in check_words(words))
        if any(map(_names_key, row.by.split(CROSSED))):
            yield name, f"line {line}", Rule.KEY


def _names_key(column: str) -> bool:
    return column.endswith("_id") or is_refused(find_personal_kind(column))


def _check_model_words(path: Path, name: str) -> Iterator[_Found]:
    """Yield person numbers in the texts of a model's file, word by word."""
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        for word in line.split('"')[1::2]:
            yield from ((name, f"line {number}", rule) for rule in check_words(word))


def _read_text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def _read(path: Path) -> Content:
    try:
        return read_content(read_plain(path))
    except (OSError, TooLargeError):
        return Content(rule=Rule.KIND)


def _read_tables(folder: Path, names: Iterable[str]) -> dict[str, Tables]:
    """Read every table in *folder*, by its file."""
    contents = {
        name: _read(folder / name)
        for name in names
        if (folder / name).is_file() and not (folder / name).is_symlink()
    }
    return {name: of.tables for name, of in contents.items() if of.tables is not None}


def _read_manifest(folder: Path) -> StudyManifest | None:
    try:
        text = read_plain(folder / MANIFEST_FILE).decode("utf-8")
        content = read_json(text, file=MANIFEST_FILE)
        return check_record(content, StudyManifest, file=MANIFEST_FILE)
    except (OSError, ValueError, ModelError):
        return None


def _check_manifest(
    folder: Path, manifest: StudyManifest | None, whole: set[str]
) -> Iterator[_Found]:
    if manifest is None:
        yield MANIFEST_FILE, "the file", Rule.MANIFEST
        return
    for name, digest in manifest.files.items():
        if name not in whole or fingerprint_file(folder / name) != digest:
            shown = name if name in whole else MANIFEST_FILE
            yield shown, "the file", Rule.MANIFEST
    unlisted = {name for name in whole if name.split("/")[0] == MODEL}
    for name in sorted((unlisted | ({CARD_FILE} & whole)) - set(manifest.files)):
        yield name, "the file", Rule.MANIFEST


def _place(rule: Rule, row: Row, tables: dict[str, Tables]) -> _Found:
    """Say in which file and line *row* stands."""
    for name, of in tables.items():
        rows: tuple[Row, ...] = (*of.counts, *of.figures)
        if row in rows:
            return name, f"line {rows.index(row) + 2}", rule
    raise AssertionError("a row of no table")


def _join(found: Iterable[_Found]) -> list[Finding]:
    """Join what one rule finds in one file: its first place, and how often."""
    first: dict[tuple[str, Rule], str] = {}
    times: Counter[tuple[str, Rule]] = Counter()
    for name, place, rule in found:
        first.setdefault((name, rule), place)
        times[name, rule] += 1
    return [
        Finding(name, place, rule, times[name, rule])
        for (name, rule), place in first.items()
    ]
