"""A site's cases as the tables that a notebook works on."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from riskscreen.guarding import guarded
from riskscreen.spec import read_specification
from riskscreen.spec.resolved import SHIPPED_MODELS
from riskscreen.training import prepare


class FeatureTable(NamedTuple):
    """The labelled cases of a target, one row per case, all with the same index.

    ``X`` are the features as float64 (categories as places in their levels, missing as
    NaN), ``y`` is 1 where the outcome came, ``T0`` the day each case was decided, NaT
    where cases have no dates. The index counts cases: no identifier is in any of them.
    Cases that were censored before the horizon (delivered durations) are not among
    them, and no weight stands for them: there too few of ``y`` are 1.
    """

    X: pd.DataFrame
    y: pd.Series
    T0: pd.Series


@guarded
def build_features(
    site: str | Path, target: str | Path, *, accept_unknown_codes: bool = False
) -> FeatureTable:
    """Return features, outcomes and decision days of every case with a known outcome.

    *site* is a site's folder; *target* is the name of a shipped specification, or the
    path of another one's TOML file. Tables are read, checked and admitted as by
    ``riskscreen train``; raises FileError, TableError, SpecError or PersonalDataError
    where they cannot be, and UnknownCodesError where too many of the newest weeks stand
    on unknown benefit codes, unless *accept_unknown_codes*.
    """
    shipped = SHIPPED_MODELS / f"{target}.toml"
    dataset = prepare(
        read_specification(shipped if shipped.is_file() else Path(target)),
        Path(site),
        accept_unknown_codes=accept_unknown_codes,
    )
    known = dataset.labelled
    X = dataset.features.iloc[known.index.to_numpy()].reset_index(drop=True)
    y = known["long"].astype(int).reset_index(drop=True).rename("y")
    decided = known.get("decision_date", pd.Series(pd.NaT, index=known.index))
    return FeatureTable(X.astype(float), y, decided.reset_index(drop=True).rename("T0"))
