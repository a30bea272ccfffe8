"""What follows from a specification alone, worked out once for each."""

import weakref
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from riskscreen.spec.specification import Specification

_Derived = TypeVar("_Derived")


def derive_once(
    derive: Callable[[Specification], _Derived],
) -> Callable[[Specification], _Derived]:
    """Return *derive*, which works out its answer once for each specification.

    A specification is frozen, so the answer stays true as long as it lives; it is known
    by its identity, because a copy may differ. What is handed out is shared: *derive*
    returns nothing that somebody could change.
    """
    known: dict[int, tuple[weakref.ref[Specification], _Derived]] = {}

    @wraps(derive)
    def derive_or_recall(spec: Specification) -> _Derived:
        # Another may live where a dead one lay, before it was forgotten here.
        if (found := known.get(id(spec))) is not None and found[0]() is spec:
            return found[1]
        key, derived = id(spec), derive(spec)
        known[key] = weakref.ref(spec, lambda _: known.pop(key, None)), derived
        return derived

    return derive_or_recall
