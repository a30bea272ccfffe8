"""The lines of a text file, and the rows they make: a quoted text may hold several.

Programs write lines of their own before and after the rows; they are told apart here.
"""

import codecs
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.readers.limits import limit_line

Line = tuple[int, str]
"""A line's number in its file, the header being 1, and its text."""

_LONGEST_TEXT = 50
"""Lines that one quoted text may run over before its quotation mark is a fault."""
_NO_CONTENT = " \r\t;,|"
_RULER = re.compile(r"-+")
_SHORTEST_RULER = 3
_TRAILERS = re.compile(
    r"\(\d[\d., ]* [^()\d]+(?:\(\w+\) *)?[^()\d]*\)"  # (12 rows affected)
    r"|\d+ rows? (?:selected\.|in set.*)"
    r"|[^\d:]{4,40}: \d{4}-\d\d-\d\d[T ]\S+"  # Completion time: ...
)
_LONGEST_TRAILER = 200


def read_lines(
    path: Path, blocks: Iterable[bytes], encoding: str
) -> Iterator[list[Line]]:
    """Read the lines that have any content, without their ends, block by block.

    Raises FileError where the bytes are not of this *encoding*.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    number, rest = 0, ""
    for block in blocks:
        try:
            text = rest + decoder.decode(block, final=not block)
        except UnicodeError:
            raise FileError(
                f"{path}: cannot be read as {encoding}. State its encoding, or save it "
                "as UTF-8."
            ) from None
        *ended, rest = text.split("\n")
        limit_line(path, max(map(len, (*ended, rest))))
        if not block:
            ended.append(rest)
        # A whole block at once: line by line it would be a fifth of reading a file.
        numbered = [
            (place, line)
            for place, line in enumerate(ended, start=number + 1)
            if line[:1] not in _NO_CONTENT or line.strip(_NO_CONTENT)
        ]
        number += len(ended)
        if "\r" in text or "\ufeff" in text:
            # A mark begins a line where a file was put behind another.
            numbered = [
                (place, line.removeprefix("\ufeff").removesuffix("\r"))
                for place, line in numbered
            ]
        yield numbered


def join_quoted(
    blocks: Iterable[list[Line]], fits: Callable[[str], bool]
) -> Iterator[list[Line]]:
    """Join lines to rows that a quoted text runs over; *fits* says of a text if it may.

    Where a quotation mark is never closed, its line stands alone and reading goes on
    with the next, so that one fault costs one row.
    """
    waiting: deque[Line] = deque()
    for lines in blocks:
        if not waiting and '"' not in "".join([line for _, line in lines]):
            yield lines
            continue
        joined: list[Line] = []
        for number, line in lines:
            if waiting or line.count('"') % 2:
                waiting.append((number, line))
                joined += _take_settled(waiting, fits)
            else:
                joined.append((number, line))
        yield joined
    while waiting:
        yield [waiting.popleft()]
        yield [*_take_settled(waiting, fits)]


def _take_settled(waiting: deque[Line], fits: Callable[[str], bool]) -> Iterator[Line]:
    """Take from *waiting* all rows of which it can be told where they end."""
    while waiting:
        marks, ends = 0, None
        for count, (_, line) in enumerate(waiting, start=1):
            marks += line.count('"')
            if marks % 2 == 0:
                ends = count
                break
        if ends is None and len(waiting) <= _LONGEST_TEXT:
            return
        number, text = waiting[0]
        together = "\n".join(line for _, line in islice(waiting, ends))
        if ends and fits(together):
            text = together
        else:
            ends = 1
        for _ in range(ends):
            waiting.popleft()
        yield number, text


def is_ruler(text: str, delimiter: str, *, width: int) -> bool:
    """Return whether a line only underlines the column names, as SQL tools write it."""
    fields = [f.strip() for f in re.split(f"[{re.escape(delimiter)}+]", text)]
    dashes = len(fields) == width and all(_RULER.fullmatch(f) for f in fields)
    return dashes and max(map(len, fields)) >= _SHORTEST_RULER


def find_trailers(last: Sequence[Line]) -> frozenset[int]:
    """Find the lines at the end of a file that count its rows for people."""
    trailers = set()
    for number, text in reversed(last):
        # No program writes a long one, and the pattern would take for ever over it.
        if len(text) > _LONGEST_TRAILER or not _TRAILERS.fullmatch(text.strip()):
            break
        trailers.add(number)
    return frozenset(trailers)
