"""The name that was probably meant."""

import difflib
from collections.abc import Iterable
from functools import lru_cache

_ALL_BUT_THE_SAME = 0.8


def suggest_name(name: str, names: Iterable[str]) -> str:
    """Return what to say of a *name* that is none of *names*: the nearest, or all.

    >>> suggest_name("extract_dat", ["name", "extract_date"])
    "did you mean 'extract_date'?"
    >>> suggest_name("x", ["name", "extract_date"])
    'there are name, extract_date.'
    """
    known = list(names)
    near = find_nearest_name(name, known)
    return f"did you mean {near!r}?" if near else f"there are {', '.join(known)}."


def find_nearest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the one of *names* that is like *name*, or None.

    >>> find_nearest_name("taem", ["team", "case_id"]), find_nearest_name("x", ["team"])
    ('team', None)
    """
    return _find_nearest(name, tuple(names))


# The forms of a site send the same headings with each case.
@lru_cache(maxsize=1_000)
def _find_nearest(name: str, names: tuple[str, ...]) -> str | None:
    return next(iter(difflib.get_close_matches(name, names, n=1)), None)


def find_misspelt(name: str, names: Iterable[str]) -> str | None:
    """Return the one of *names* that *name* is all but the same as, if it is none.

    >>> find_misspelt("histroy", ["history"]), find_misspelt("history", ["history"])
    ('history', None)
    """
    known = list(names)
    if name in known:
        return None
    close = difflib.get_close_matches(name, known, n=1, cutoff=_ALL_BUT_THE_SAME)
    return close[0] if close else None
