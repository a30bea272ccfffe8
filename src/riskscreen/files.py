"""Fingerprints of tables and files, and readable JSON."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.disclosure.words import mask_content


def fingerprint_table(table: pd.DataFrame) -> str:
    """Hash the column names and every row (SHA-256), in whatever order rows stand."""
    digest = hashlib.sha256(json.dumps([str(c) for c in table.columns]).encode())
    hashed = pd.util.hash_pandas_object(table, index=False)
    digest.update(np.sort(hashed.to_numpy()).tobytes())
    return digest.hexdigest()


def fingerprint_file(path: Path) -> str:
    """Return the SHA-256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, content: object) -> None:
    """Write *content* as readable JSON, keys sorted and words as they may leave."""
    path.write_text(format_json(content), encoding="utf-8")


def format_json(content: object) -> str:
    """Return the text that ``write_json`` writes of *content*."""
    text = json.dumps(
        mask_content(content), indent=2, sort_keys=True, ensure_ascii=False
    )
    return text + "\n"
