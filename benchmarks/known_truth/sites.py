"""A scenario's folder: generated once, kept in the user's cache."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.known_truth.scenarios import (
    TARGET,
    Scenario,
    make_asked_site,
    make_training_site,
)
from riskscreen.spec import Specification, read_specification
from riskscreen.training import Dataset, prepare
from riskscreen_synthetic import SyntheticSite, write_site

MODELS = Path(__file__).parents[2] / "models"
ENVIRONMENT = "RISKSCREEN_KNOWN_TRUTH"
MADE = 1.6
"""Cases made for each that is asked about: three in ten are no case of the target."""


@dataclass(frozen=True)
class Cell:
    """One draw of one scenario, and where it lies.

    ``site`` trains, ``asked`` has the cases that are asked about without their future,
    ``truth`` their true risks: of these, a model may read the first two.
    """

    scenario: Scenario
    folder: Path

    @property
    def site(self) -> Path:
        """The training site, as `riskscreen train --site` takes it."""
        return self.folder / "site"

    @property
    def asked(self) -> Path:
        """The site with the cases asked about."""
        return self.folder / "asked"

    @property
    def truth(self) -> Path:
        """The CSV of case_id and risk that predictions are scored against."""
        return self.folder / "truth.csv"


def find_cache(asked: Path | None = None) -> Path:
    """Return the folder of the cache: as *asked*, of the environment, or the user's."""
    if asked is not None:
        return asked
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "riskscreen" / "known_truth"


def get_cell(
    scenario: Scenario,
    *,
    cache: Path,
    version: int,
    seed: int,
    asked: int,
    cases: int | None = None,
) -> Cell:
    """Return the folder of one draw; it is generated where the cache has none.

    It appears whole or not at all. A folder is named by scenario, version, seed and
    sizes, so that none is taken for another.
    """
    size = f"{cases or scenario.cases}-{asked}"
    cell = Cell(scenario, cache / f"v{version}-seed{seed}-{size}" / scenario.name)
    if not cell.folder.is_dir():
        cell.folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cell.folder.parent) as name:
            made = Cell(scenario, Path(name) / "made")
            made.folder.mkdir()
            trained_on = make_training_site(scenario, seed, cases=cases)
            others = make_asked_site(scenario, seed, cases=round(MADE * asked))
            _write_cell(made, trained_on, others, asked)
            made.folder.rename(cell.folder)
    return cell


def _write_cell(
    made: Cell, trained_on: SyntheticSite, asked: SyntheticSite, n: int
) -> None:
    """Write both sites, and the first *n* cases that the specification admits."""
    _write_without_truth(trained_on, made.site)
    _write_without_truth(hide_future(asked), made.asked)
    truth = asked.targets[TARGET].truth[["case_id", "risk"]]
    admitted = prepare(read_light_specification(), made.asked).cases["case_id"]
    truth = truth[truth["case_id"].isin(admitted)].sort_values("case_id").head(n)
    truth[["case_id"]].to_csv(made.folder / "asked.csv", index=False)
    truth.to_csv(made.truth, index=False, float_format="%.8f")


def hide_future(site: SyntheticSite) -> SyntheticSite:
    """Return *site* with nothing that the register got after each citizen's last T0."""
    cases, past = site.targets[TARGET].cases, site.history
    last = past["person_id"].map(cases.groupby("person_id")["decision_date"].max())
    seen = past[past["registered_on"] < last]
    ends = seen["end_date"].mask(seen["end_date"] > last.loc[seen.index])
    return replace(site, history=seen.assign(end_date=ends).reset_index(drop=True))


def _write_without_truth(site: SyntheticSite, folder: Path) -> None:
    """Write the site of long absence alone, its truth left out."""
    write_site(replace(site, targets={TARGET: site.targets[TARGET]}), folder)
    (folder / "truth" / f"{TARGET}.parquet").unlink()
    (folder / "truth").rmdir()


def read_light_specification() -> Specification:
    """Return the shipped specification with no search for hyperparameters."""
    spec = read_specification(MODELS / f"{TARGET}.toml")
    light = spec.estimator.model_copy(update={"tuning_trials": 0})
    return spec.model_copy(update={"estimator": light})


def read_tables(cell: Cell) -> tuple[Dataset, pd.DataFrame]:
    """Read what trains, and one row of features for each case asked about.

    Both by the product's own doors; the index of the second holds the case_id.
    """
    spec = read_light_specification()
    asked = prepare(spec, cell.asked)
    features = asked.features.set_axis(pd.Index(asked.cases["case_id"]))
    ids = pd.read_csv(cell.folder / "asked.csv", dtype="str")["case_id"]
    return prepare(spec, cell.site), features.loc[ids]
