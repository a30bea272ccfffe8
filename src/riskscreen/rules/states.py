"""A code group and what a code says beyond it: the state that a spell shows.

Code 899 is sygedagpenge like 890, of a citizen who is partly recovered. The state of
such a spell is written ``sygedagpenge:partly_recovered``; without an attribute a state
is its group. Whatever asks for groups (features, routes, quality) counts both as the
group; an outcome may map the state apart.
"""

from collections.abc import Mapping
from typing import TypeVar

OTHER_SUPPORT = "anden_forsoergelse"
"""The code group of whatever no code table knows at that time: other public support.

Every code table has it, whether a row names it or not (code_groups.py).
"""
_BEFORE_ATTRIBUTE = ":"

T = TypeVar("T")
D = TypeVar("D")


def name_state(group: str, attribute: str) -> str:
    """Return the name of a group's state; no attribute is an empty text.

    >>> name_state("sygedagpenge", "partly_recovered")
    'sygedagpenge:partly_recovered'
    """
    return f"{group}{_BEFORE_ATTRIBUTE}{attribute}" if attribute else group


def get_group(state: str) -> str:
    """Return the code group of *state*.

    >>> get_group("sygedagpenge:partly_recovered"), get_group("barsel")
    ('sygedagpenge', 'barsel')
    """
    return state.partition(_BEFORE_ATTRIBUTE)[0]


def read_mapped(mapped: Mapping[str, T], state: str, default: D) -> T | D:
    """Return what *mapped* says of *state*, else of its group, else *default*."""
    return mapped.get(state, mapped.get(get_group(state), default))
