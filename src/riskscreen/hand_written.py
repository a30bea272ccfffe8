"""Small files that people write by hand: text and TOML, as editors save them."""

import codecs
import tomllib
from pathlib import Path
from typing import Any

from riskscreen.plain_files import NotPlainError, TooLargeError, read_plain

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableError(ValueError):
    """Why a file cannot be read, and the remedy; says nothing of which file it is."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises FileNotFoundError, and UnreadableError with the remedy for anything else.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as broken:
        raise UnreadableError(f"not valid TOML ({broken}). Mend the file.") from None
    except RecursionError:
        raise UnreadableError("nested too deeply. Mend the file.") from None


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8; a mark at its beginning (BOM) is no text.

    Raises FileNotFoundError, and UnreadableError with the remedy for anything else.
    """
    try:
        content = read_plain(path)
    except FileNotFoundError:
        raise
    except NotPlainError:
        raise UnreadableError("no file. Save it as a file first.") from None
    except TooLargeError:
        raise UnreadableError("too large for what it is. Check the path.") from None
    except OSError:
        raise UnreadableError("cannot be read. Check that it may be.") from None
    if content.startswith(_UTF_16) or b"\0" in content:
        raise UnreadableError("saved as UTF-16. Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("not UTF-8. Save it as UTF-8.") from None
