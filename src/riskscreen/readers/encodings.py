"""In which encoding a text file is written: found in all of its bytes, or stated."""

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from riskscreen.errors import FileError

_BINARY_SHARE = 0.01
"""A file with more control characters than this share of its bytes is not text."""
_ZEROS_SHARE = 0.4
"""Every other byte of UTF-16 is zero in most letters of European text."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OF_NO_FILE = {
    "idna",
    "punycode",
    "raw-unicode-escape",
    "undefined",
    "unicode-escape",
    "utf-7",
}
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_HIGH_CONTROLS = bytes(range(0x80, 0xA0))
_NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
_DANISH_IN_UTF8 = re.compile(rb"\xc3[\xa6\xb8\xa5\x86\x98\x85\xa9\xbc\xb6\xa4]")
# Old DOS letters between others: in Windows-1252 a dagger or quotation mark in a word.
# It begins with them, as they are rare: looking at each letter would take for ever.
_DANISH_IN_DOS = re.compile(rb"[\x86\x91\x9b](?<=[A-Za-z].)[a-z]")
_QUOTE = b'"'


def detect_marked_encoding(
    path: Path, first: bytes, *, stated: str | None
) -> str | None:
    """Detect the encoding that a file's *first* bytes show, else the stated one.

    A byte order mark decides, and UTF-16 is known without one by its zeros. Raises
    FileError for a stated encoding that is unknown, or that a mark contradicts.
    """
    shown = next((e for mark, e in _BOMS.items() if first.startswith(mark)), None)
    if stated is None:
        return shown or _detect_utf16(first)
    try:
        name = look_up_encoding(stated)
    except (LookupError, ValueError):
        raise FileError(
            f"{path}: the stated encoding is not known. Use utf-8, latin-1, cp1252 or "
            "utf-16."
        ) from None
    wide = name.startswith("utf-16")
    if shown is None:
        return (_detect_utf16(first) or name) if name == "utf-16" else stated
    if wide != (shown == "utf-16") or not (wide or name.startswith("utf-8")):
        raise FileError(
            f"{path}: the stated encoding is not that of the mark with which the file "
            f"begins, which is {shown}. State what the file has, or nothing."
        )
    return shown


def look_up_encoding(stated: str) -> str:
    """Return Python's name of an encoding in which files are written.

    Raises LookupError for one that is not known, and for what Python calls an encoding
    and no file has: packings of bytes (base64), of names (idna) and of source texts.
    """
    codec = codecs.lookup(stated)
    if not getattr(codec, "_is_text_encoding", True) or codec.name in _OF_NO_FILE:
        raise LookupError(stated)
    return codec.name


def _detect_utf16(first: bytes) -> str | None:
    """Return UTF-16 without its mark, told by zeros in every other byte; else None."""
    pairs = np.frombuffer(first[: len(first) // 2 * 2], dtype=np.uint8).reshape(-1, 2)
    for encoding, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        plain = pairs[pairs[:, zeros] == 0, letters]
        counts = np.bincount(plain, minlength=256)
        text = counts[list(_CONTROLS)].sum() <= _BINARY_SHARE * len(plain)
        if len(plain) and text and len(plain) >= _ZEROS_SHARE * len(pairs):
            return encoding
    return None


@dataclass(slots=True)
class ByteCounts:
    """What the bytes of a file show of its encoding, counted block by block."""

    size: int = 0
    controls: int = 0
    high_controls: int = 0
    not_in_cp1252: int = 0
    quoted: bool = False
    beyond_ascii: bool = False
    utf8: bool = True
    danish_as_utf8: bool = False
    danish_as_dos: bool = False
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )

    def count_passing(self, blocks: Iterable[bytes]) -> Iterable[bytes]:
        """Yield the same *blocks*, each counted as it passes."""
        for block in blocks:
            self.add(block)
            yield block

    def add(self, block: bytes) -> None:
        """Look at one block more."""
        self.size += len(block)
        self.controls += _count_bytes(block, _CONTROLS)
        self.quoted = self.quoted or _QUOTE in block
        self.utf8 = self.utf8 and self._decodes(block)
        if not block.isascii():
            self.beyond_ascii = True
            self.high_controls += _count_bytes(block, _HIGH_CONTROLS)
            self.not_in_cp1252 += _count_bytes(block, _NOT_IN_CP1252)
            if not self.danish_as_utf8:
                self.danish_as_utf8 = bool(_DANISH_IN_UTF8.search(block))
            self.danish_as_dos |= bool(_DANISH_IN_DOS.search(block))

    def _decodes(self, block: bytes) -> bool:
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            return False
        return True

    def refuse_binary(self, path: Path) -> None:
        """Raise FileError if bytes that occur so often cannot be those of text."""
        if self.controls > _BINARY_SHARE * self.size:
            raise FileError(
                f"{path}: not a text file (it holds control characters throughout). "
                "Deliver CSV in UTF-8, or Parquet."
            )


def _count_bytes(block: bytes, values: bytes) -> int:
    """Return how many bytes of *block* have one of *values*."""
    return len(block) - len(block.translate(None, values))


def detect_encoding(
    path: Path, seen: ByteCounts, *, known: str | None, stated: str | None
) -> str:
    """Detect the encoding of a text file from every byte of it, unless *known* before.

    UTF-8 if every byte fits it; else Windows-1252 or its part Latin-1, the other
    encodings that are usual in Denmark. Raises FileError for anything else, for a file
    that mixes UTF-8 with one of them, and for a stated encoding of one byte a letter
    where the file is UTF-8.
    """
    if known is not None:
        narrow = not codecs.lookup(known).name.startswith("utf")
        if stated is not None and narrow and seen.utf8 and seen.beyond_ascii:
            raise FileError(
                f"{path}: the stated encoding is not that of the file, which is utf-8. "
                "State what the file has, or nothing."
            )
        return known
    seen.refuse_binary(path)
    if seen.utf8:
        return "utf-8" if seen.beyond_ascii else "ascii"
    if seen.danish_as_utf8 or seen.danish_as_dos or seen.not_in_cp1252:
        raise FileError(
            f"{path}: unreadable encoding (neither wholly UTF-8 nor wholly "
            "Windows-1252). Save it as UTF-8, or state the encoding (cp865 for DOS)."
        )
    return "cp1252" if seen.high_controls else "latin-1"
