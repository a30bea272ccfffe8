"""A code group and what a code says beyond it: the state that a spell shows.

Code 899 is sygedagpenge like 890, of a citizen who is partly recovered. The state of
such a spell is written ``sygedagpenge:partly_recovered``; without an attribute a state
is its group. Whatever asks for groups (features, routes, quality) counts both as the
group; an outcome may map the state apart.

What the citizen did while on the benefit (code 897: workplace training) stands behind
that, ``sygedagpenge@workplace_training``. No outcome maps it: it is another fact, not
another benefit.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

OTHER_SUPPORT = "anden_forsoergelse"
"""The code group of whatever no code table knows at that time: other public support.

Every code table has it, whether a row names it or not (code_groups.py).
"""
_BEFORE_ATTRIBUTE, _BEFORE_ACTIVATION = ":", "@"

T = TypeVar("T")
D = TypeVar("D")


def name_state(group: str, attribute: str) -> str:
    """Return the name of a group's state; no attribute is an empty text.

    >>> name_state("sygedagpenge", "partly_recovered")
    'sygedagpenge:partly_recovered'
    """
    return f"{group}{_BEFORE_ATTRIBUTE}{attribute}" if attribute else group


def add_activation(state: str, activation: str) -> str:
    """Return *state* with what was done in it; no activation is an empty text.

    >>> add_activation("sygedagpenge", "guidance"), add_activation("barsel", "")
    ('sygedagpenge@guidance', 'barsel')
    """
    return f"{state}{_BEFORE_ACTIVATION}{activation}" if activation else state


def drop_activation(state: str) -> str:
    """Return *state* without what was done in it.

    >>> drop_activation("sygedagpenge:partly_recovered@guidance")
    'sygedagpenge:partly_recovered'
    """
    return state.partition(_BEFORE_ACTIVATION)[0]


def get_activation(state: str) -> str:
    """Return what was done in *state*; an empty text where its code does not say.

    >>> get_activation("sygedagpenge@guidance"), get_activation("barsel")
    ('guidance', '')
    """
    return state.partition(_BEFORE_ACTIVATION)[2]


@lru_cache(maxsize=10_000)
def get_group(state: str) -> str:
    """Return the code group of *state*.

    >>> get_group("sygedagpenge:partly_recovered"), get_group("barsel")
    ('sygedagpenge', 'barsel')
    """
    return drop_activation(state).partition(_BEFORE_ATTRIBUTE)[0]


def read_mapped(mapped: Mapping[str, T], state: str, default: D) -> T | D:
    """Return what *mapped* says of *state*, else of its group, else *default*."""
    stated = drop_activation(state)
    return mapped.get(stated, mapped.get(get_group(stated), default))
