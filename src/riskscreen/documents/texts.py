"""The documents' texts by language; they stand in texts.da.toml and texts.en.toml."""

from riskscreen.texts import load_texts

TEXTS = load_texts("riskscreen.documents")
DANISH, ENGLISH = TEXTS["da"], TEXTS["en"]
