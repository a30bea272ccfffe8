"""The documents' texts by language; they stand in texts.da.toml and texts.en.toml."""

from riskscreen.texts import read_texts

TEXTS = read_texts("riskscreen.documents")
DANISH, ENGLISH = TEXTS["da"], TEXTS["en"]
