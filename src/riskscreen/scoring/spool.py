"""The delivered cases, in parts: checked as they come, scored when all are known."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskscreen.array_tables import ArrayTable
from riskscreen.validation import CheckedTable
from riskscreen.validation.surveys import CasePart

CASES_IN_A_PART = 50_000
CASES_AT_ONCE = 5_000
"""Scored together: their columns stay in the processor's cache, and memory that was
used is used again."""


class CaseSpool:
    """Checked cases put aside on the disk, part by part, and taken up again.

    A case file is read and checked once; what only the whole file can tell is known
    after its last part, and only then is the first one scored.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self.parts: list[CasePart] = []

    def add(self, part: CasePart) -> None:
        """Put the sound rows of *part* aside; what else is known of it stays here."""
        kept = part.checked.columns
        table = kept.to_arrow().combine_chunks()
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._path, table.schema)
        # A part without a sound row is a part all the same.
        nothing = pa.RecordBatch.from_pylist([], schema=table.schema)
        self._writer.write_batch((table.to_batches() or [nothing])[0])
        light = replace(part.checked, columns=kept.take(np.array([], dtype=np.intp)))
        # What lists them holds on to the whole part.
        self.parts.append(replace(part, checked=light, list_arrivals=pd.DataFrame))

    def read(self) -> Iterator[CheckedTable]:
        """Yield each part's checked rows, in the order in which they were added."""
        self._writer.close()
        with pa.ipc.open_file(self._path) as file:
            for place, part in enumerate(self.parts):
                kept = ArrayTable.of_arrow(file.get_batch(place))
                yield replace(part.checked, columns=kept)
