"""Words of a specification that nobody has written yet: placeholders, marked as such.

``riskscreen new-target`` writes them. A model may be trained with them; none is
approved, for a caseworker would read them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from riskscreen.errors import SpecError
from riskscreen.spec.specification import Specification

TO_WRITE = {"da": "UDFYLD:", "en": "FILL IN:"}
"""How a placeholder begins, in each language."""


def list_placeholders(spec: Specification) -> list[str]:
    """Return the keys of *spec* whose words, in a language, are still placeholders."""
    marks = tuple(TO_WRITE.values())
    texts = _list_texts(spec.model_dump(by_alias=True), "")
    open_ = (key for key, text in texts if text.startswith(marks))
    return list(dict.fromkeys(key.rpartition(".")[0] for key in open_))


def describe_placeholders(spec: Specification) -> str | None:
    """Say what is still to be written, and where; None where nothing is."""
    if not (keys := list_placeholders(spec)):
        return None
    return (
        f"{spec.name}: {len(keys)} texts are still to be written (they begin with "
        f"{' or '.join(TO_WRITE.values())}): {', '.join(keys)}"
    )


def require_words(spec: Specification) -> None:
    """Raise SpecError where words are still placeholders: people would read them."""
    if told := describe_placeholders(spec):
        raise SpecError(f"{told}. Write them, train again, and publish.")


def _list_texts(content: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, below in content.items():
            yield from _list_texts(below, f"{key}.{name}" if key else str(name))
    elif isinstance(content, list | tuple):
        for place, below in enumerate(content):
            named = below.get("name") if isinstance(below, Mapping) else None
            yield from _list_texts(below, f"{key}.{named or place}")
