"""A reader's tables on their way into a site's folder."""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.files import fingerprint_file
from riskscreen.folders import stage_folder


@dataclass(frozen=True, slots=True)
class Source:
    """A public file and the SHA-256 of the version that the figures were made on."""

    file: str
    sha256: str

    def verified(self, data: Path) -> Path:
        """Return the file below *data*; FileError if missing or another version."""
        path = data / self.file
        if not path.is_file():
            raise FileError(
                f"{path}: no such file. Say where the data lie: DATA=folder."
            )
        if fingerprint_file(path) != self.sha256:
            raise FileError(f"{path}: not the version that the README names (SHA-256).")
        return path


@dataclass(frozen=True, slots=True)
class Tables:
    """What a site delivers for one target."""

    cases: pd.DataFrame
    outcomes: pd.DataFrame
    extract_date: date
    audit: pd.DataFrame | None = None
    history: pd.DataFrame | None = None
    code_groups: Path | None = None
    places_per_week: float | None = None


def write_site(tables: Tables, *, target: str, out: Path) -> None:
    """Write *tables* as the folder of one site."""
    with stage_folder(out, made_by="example") as part:
        stated = f"extract_date = {tables.extract_date}\n"
        if tables.places_per_week is not None:
            stated += f'\n[places.{target}]\nshared_by = "site"\n'
            stated += f"per_week = {tables.places_per_week}\n"
        (part / "site.toml").write_text(stated)
        (part / target).mkdir()
        tables.cases.to_parquet(part / target / "cases.parquet", index=False)
        tables.outcomes.to_parquet(part / target / "outcomes.parquet", index=False)
        if tables.audit is not None:
            tables.audit.to_parquet(part / target / "audit.parquet", index=False)
        if tables.history is not None:
            tables.history.to_parquet(part / "history.parquet", index=False)
        if tables.code_groups is not None:
            shutil.copy(tables.code_groups, part / "code_groups_whole.csv")


def specification_of(example: str, file: str = "specification.toml") -> Path:
    """Where the specification of *example* stands, or the variant of it in *file*."""
    return Path(__file__).parent / example / file


def levels(numbers: "pd.Series[int]", names: str) -> "pd.Series[str]":
    """Return the name of each number, where the first of *names* is called 1."""
    return numbers.map(dict(enumerate(names.split(), start=1)))


def chosen(table: pd.DataFrame, dummies: str) -> "pd.Series[str]":
    """Return the level whose 0/1 column is set in each row; missing where none is.

    *dummies* are pairs "level=column", one space between them.
    """
    theirs = {
        pair.partition("=")[2]: pair.partition("=")[0] for pair in dummies.split()
    }
    named = table[list(theirs)].rename(columns=theirs)
    return named.idxmax(axis=1).where(named.any(axis=1))


def age_band(age: "pd.Series[float]") -> "pd.Series[str]":
    """Return the age band of each age; 40 divides flex jobs by law."""
    bands = ["under 30", "30-39", "40-49", "50 and over"]
    cut = pd.cut(age, [0, 30, 40, 50, 200], right=False, labels=bands)
    return cut.astype("object")
