"""What follows from a specification alone, worked out once for each."""

import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from riskscreen.spec.specification import Specification

_Derived = TypeVar("_Derived")
_Further = ParamSpec("_Further")


def derive_once(
    derive: Callable[Concatenate[Specification, _Further], _Derived],
) -> Callable[Concatenate[Specification, _Further], _Derived]:
    """Return *derive*, which works out its answer once for each specification.

    What it takes beside the specification is hashable, and has an answer each.

    A specification is frozen, so the answer stays true as long as it lives; it is known
    by its identity, because a copy may differ. What is handed out is shared, so nobody
    changes it.
    """
    known: dict[int, tuple[weakref.ref[Specification], dict[Any, _Derived]]] = {}

    @wraps(derive)
    def derive_or_recall(
        spec: Specification, /, *args: _Further.args, **kwargs: _Further.kwargs
    ) -> _Derived:
        key, further = id(spec), (args, *kwargs.items())
        found = known.get(key)
        # Another may live where a dead one lay, before it was forgotten here.
        if found is None or found[0]() is not spec:
            found = weakref.ref(spec, lambda _: known.pop(key, None)), {}
            known[key] = found
        answers = found[1]
        if further not in answers:
            answers[further] = derive(spec, *args, **kwargs)
        return answers[further]

    return derive_or_recall
