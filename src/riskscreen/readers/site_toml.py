"""Read site.toml, or say key by key what to mend in it and in its earlier forms."""

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from riskscreen.errors import FileError
from riskscreen.hand_written import name_unreadable, read_toml
from riskscreen.readers.dialect import CsvDialect
from riskscreen.readers.site_file import SITE_FILE, SiteFile

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EXTRACT, _MAPPING = "extract.toml", "mapping.toml"
_EXAMPLE = "extract_date = 2025-01-06"


def read_site_file(folder: Path) -> SiteFile:
    """Return what site.toml in *folder* states.

    Raises FileError naming file, key and remedy; where there are files of an earlier
    version, with the lines to write in their place.
    """
    path = folder / SITE_FILE
    if not folder.is_dir():
        raise FileError(f"{folder}: no such folder. Give the site's folder.")
    _refuse_earlier_files(folder)
    try:
        content = _read_content(path)
    except FileNotFoundError:
        raise FileError(
            f"{path}: missing. Say when the data were extracted: a line '{_EXAMPLE}' "
            "in this file."
        ) from None
    try:
        return SiteFile.model_validate(content)
    except ValidationError as failed:
        wrong = failed.errors(include_input=False)
        lines = [
            f"  {_describe_key(e['loc'], content)}{_describe_remedy(e)}" for e in wrong
        ]
    raise FileError("\n".join([f"{path}:", *lines]))


def _read_content(path: Path) -> dict[str, Any]:
    with name_unreadable(path):
        return read_toml(path)


def _describe_key(location: tuple[int | str, ...], content: Any) -> str:
    """Describe where a key stands: names that may be a target's, or numbers."""
    parts = list[str]()
    for part in location:
        keys = list(content) if isinstance(content, dict) else []
        shown = isinstance(part, int) or _NAME.fullmatch(part)
        number = keys.index(part) + 1 if part in keys else "?"
        parts.append(str(part) if shown else f"(key number {number})")
        content = content[part] if part in keys else None
    return ".".join(parts) + ": " if parts else ""


def _describe_remedy(error: Any) -> str:
    """Describe what is wrong with a key, and the remedy; the value is not shown."""
    if error["type"] == "missing":
        example = f", such as {_EXAMPLE}" if error["loc"] == ("extract_date",) else ""
        return f"missing; add it{example}"
    if error["type"] in ("model_type", "dict_type"):
        return "not a table; write its keys under a heading in [ ]"
    return str(error["msg"]).removeprefix("Value error, ")


def _refuse_earlier_files(folder: Path) -> None:
    """Raise FileError with the text for site.toml where an earlier file stands."""
    if (path := folder / _EXTRACT).is_file():
        raise _build_error(path, _translate_extract(_read_content(path)))
    if (path := folder / _MAPPING).is_file():
        raise _build_error(path, _translate_mapping(_read_content(path)))
    path = folder / SITE_FILE
    if not path.is_file():
        return
    # Names of columns stand there as in the mapping file of old.
    content = _read_content(path)
    texts = bool(content) and all(isinstance(value, str) for value in content.values())
    unheaded = texts and not content.keys() & SiteFile.model_fields.keys()
    if unheaded or content.keys() & {"cases", "history"}:
        raise _build_error(path, _translate_mapping(content))


def _build_error(path: Path, lines: list[str]) -> FileError:
    text = "\n".join(f"    {line}" for line in lines)
    return FileError(
        f"{path}: of an earlier version. What a site states stands in {SITE_FILE}. "
        f"Write there, and remove this:\n{text}"
    )


def _translate_extract(content: Mapping[str, Any]) -> list[str]:
    """Return the lines of site.toml that say what an extract.toml said."""
    day, source = content.get("extract_date"), content.get("source")
    lines = [f"extract_date = {day}" if isinstance(day, date) else _EXAMPLE]
    if isinstance(source, dict) and source.get("made_up") is True:
        lines.append("synthetic = true")
    reading = content.get("reading")
    dialect = reading if isinstance(reading, dict) else {}
    if dialect:
        lines += ["", "[files.history]  # and the same for each other text file"]
        known = CsvDialect.__dataclass_fields__.keys() & dialect.keys()
        lines += [f"{name} = {_quote(dialect[name])}" for name in sorted(known)]
    return lines


def _translate_mapping(content: Mapping[str, Any]) -> list[str]:
    """Return the lines of site.toml that say what a mapping file said."""
    unheaded = {n: v for n, v in content.items() if isinstance(v, str)}
    named = {
        name: table if isinstance(table := content.get(name), dict) else {}
        for name in ("cases", "history")
    }
    cases, history = unheaded | named["cases"], named["history"]
    lines = [_EXAMPLE]
    for heading, columns in (("<target>", cases), ("history", history)):
        if columns:
            pairs = (f'"<its name>" = {_quote(ours)}' for ours in columns.values())
            lines += ["", f"[files.{heading}]", f"columns = {{ {', '.join(pairs)} }}"]
    return lines


def _quote(value: object) -> str:
    """Quote a text as TOML does, where it is a name or a mark, as ours all are."""
    name = isinstance(value, str) and _NAME.fullmatch(value.replace("-", "_"))
    shown = name or (isinstance(value, str) and len(value) == 1)
    return json.dumps(value if shown else "<as it was>")
