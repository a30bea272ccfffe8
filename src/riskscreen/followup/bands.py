"""The bands of a scoring run, read from its files; no model is asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.guarding import guarded
from riskscreen.readers import read_table
from riskscreen.validation.checking import require_contract_columns
from riskscreen.validation.joins import Join, require_some_found
from riskscreen.validation.parsing import read_categories, read_texts
from riskscreen.validation.schemas import BAND_AT_INTAKE

BANDS = ("first", "raised", "usual")
"""From the highest risk down; a case without a shown score has none."""
NO_BAND = "none"
EVERY_BAND = (*BANDS, NO_BAND)
_FILES = ("scores.parquet", "scores.csv")


@dataclass(frozen=True, slots=True)
class RunBands:
    """The band at intake of every scored case of one run, and the run's file."""

    file: Path
    by_case: "pd.Series[Any]"

    def require_any_of(self, case_ids: "pd.Series[str]", *, what: str) -> None:
        """Raise TableError where not one of many cases, *what* in words, is scored."""
        found = int(case_ids.isin(self.by_case.index).sum())
        join = Join(what, self.file.name, asked=len(case_ids), found=found)
        require_some_found(join)


@guarded
def read_bands(run: Path) -> RunBands:
    """Read the bands at intake of the scoring run in the folder *run*.

    Raises FileError where it holds no scores, TableError where they have no bands.
    """
    file = next((run / name for name in _FILES if (run / name).is_file()), None)
    if file is None:
        raise FileError(
            f"{run}: no {_FILES[0]}. Name the folder that riskscreen score wrote for "
            "one target."
        )
    table = read_table(file).table
    # At a landmark the band is of a later day; an earlier release knew of no landmark.
    name = BAND_AT_INTAKE if BAND_AT_INTAKE in table.columns else "band"
    require_contract_columns(table.columns, ("case_id", name), file=file.name)
    bands = read_categories(table[name], allowed=BANDS).values.fillna(NO_BAND)
    case_ids = read_texts(table["case_id"]).values
    by_case = pd.Series(bands.to_numpy(), index=case_ids, dtype="str")
    # A case may be scored by several versions of a model; the last one stands.
    return RunBands(file, by_case[~by_case.index.duplicated(keep="last")])


def find_bands(
    case_ids: "pd.Series[str]", by_case: "pd.Series[Any]"
) -> "pd.Series[str]":
    """Return each case's band; NO_BAND for one that was not scored, or not shown."""
    return case_ids.map(by_case).fillna(NO_BAND).astype("str")
