"""The documents' texts by language; they stand in texts.da.toml and texts.en.toml."""

from collections.abc import Iterable

from riskscreen.spec import Specification
from riskscreen.texts import Texts, load_texts

TEXTS = load_texts("riskscreen.documents")
DANISH, ENGLISH = TEXTS["da"], TEXTS["en"]


def name_gates(gates: Iterable[str], texts: Texts) -> str:
    """Return what *gates* ask, in words and each once, parted by commas."""
    t = texts["gates"]
    return ", ".join(dict.fromkeys(t["names"].get(n, t["not_worse"]) for n in gates))


def select_outcome_words(spec: Specification, texts: Texts) -> Texts:
    """Return what is said of the outcome of *spec*: of a long course, or of its end."""
    kind = "ended" if spec.outcome.rule == "ended_within" else "long"
    words: Texts = texts["outcome"][kind]
    return words
