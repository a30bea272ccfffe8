"""The documents' texts by language; they stand in texts.da.toml and texts.en.toml."""

from collections.abc import Iterable

from riskscreen.texts import Texts, load_texts

TEXTS = load_texts("riskscreen.documents")
DANISH, ENGLISH = TEXTS["da"], TEXTS["en"]


def name_gates(gates: Iterable[str], texts: Texts) -> str:
    """Return what *gates* ask, in words and each once, parted by commas."""
    t = texts["gates"]
    return ", ".join(dict.fromkeys(t["names"].get(n, t["not_worse"]) for n in gates))
