"""The frozen scenarios of scenarios.toml, and the municipalities that they make."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskscreen_synthetic import (
    SyntheticSite,
    help_as_caseworkers_do,
    misregister_outcomes,
    synthesise_site,
)

TABLE = Path(__file__).with_name("scenarios.toml")
TARGET = "long_absence"
TINY = 60
ASKED_SEED = 50_000
"""Added to a scenario's seed for the site of the cases that are asked about."""


@dataclass(frozen=True)
class Scenario:
    """One scenario: what makes the training site and the cases asked about.

    ``changes`` are other values of synthetic.toml and hold for both; help and wrong
    labels happen in the training site alone.
    """

    name: str
    what: str
    checksum: str
    shape: str = "default"
    cases: int = 26_400
    years: int = 12
    reform: date | None = None
    help: bool = False
    wrong_labels: float = 0.0
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenarios:
    """All scenarios of one version, the seed of its draw and the cases asked about."""

    version: int
    seed: int
    asked: int
    by_name: Mapping[str, Scenario]


def read_scenarios(path: Path = TABLE) -> Scenarios:
    """Read the scenarios; TypeError names a key that none has."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    listed = [Scenario(**entry) for entry in table.pop("scenario")]
    return Scenarios(**table, by_name={one.name: one for one in listed})


def make_training_site(
    scenario: Scenario, seed: int, *, cases: int | None = None
) -> SyntheticSite:
    """Make the municipality that trains; *cases* in place of the scenario's."""
    site = synthesise_site(
        cases=cases or scenario.cases,
        years=scenario.years,
        shape=scenario.shape,
        seed=seed,
        reform=scenario.reform,
        changes=scenario.changes,
    )
    site = help_as_caseworkers_do(site) if scenario.help else site
    return misregister_outcomes(site, scenario.wrong_labels)


def make_asked_site(scenario: Scenario, seed: int, *, cases: int) -> SyntheticSite:
    """Make the municipality of the cases asked about, all of the newest year.

    Its own draw: none of its citizens is in the training site.
    """
    return synthesise_site(
        cases=cases,
        years=1,
        shape=scenario.shape,
        seed=seed + ASKED_SEED,
        reform=scenario.reform,
        changes=scenario.changes,
    )


def compute_checksum(scenario: Scenario, seed: int) -> str:
    """Compute the checksum of a draw of 60 cases: the first 16 digits of a SHA-256.

    Of the cases, the history and the true risks to six decimals of both sites, as CSV,
    so that a changed generator is noticed whatever wrote its files.
    """
    digest = hashlib.sha256()
    for site in (
        make_training_site(scenario, seed, cases=TINY),
        make_asked_site(scenario, seed, cases=TINY),
    ):
        target = site.targets[TARGET]
        risks = target.truth[["case_id", "risk"]].round({"risk": 6})
        for table in (target.cases, site.history, risks):
            digest.update(_format_csv(table).encode())
    return digest.hexdigest()[:16]


def _format_csv(table: pd.DataFrame) -> str:
    dates = {
        name: table[name].dt.strftime("%Y-%m-%d")
        for name in table
        if np.issubdtype(getattr(table[name].dtype, "type", object), np.datetime64)
    }
    return table.assign(**dates).to_csv(index=False, float_format="%.6f")
