"""Train a model: tune, cross-fit, select, refit on all training cases, calibrate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import drop_directions, list_features
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import Specification
from riskscreen.training.candidates.directions import (
    check_directions,
    describe_directions,
)
from riskscreen.training.candidates.selection import (
    Selection,
    SelectionData,
    select_model,
    tune_candidates,
)
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, split_cases
from riskscreen.training.recipe import Candidate, Recipe, RecipeCases, fit_recipe


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The selected model, the other candidates, and the cases that trained them.

    The models are those that are judged: none has seen a test case. The policy of the
    selected one is as it stood when the test began: its thresholds are set by the
    arrivals of the year before.
    """

    spec: Specification
    candidates: Mapping[str, Candidate]
    selection: Selection
    recipe: Recipe
    cases: RecipeCases

    @property
    def model(self) -> RiskModel:
        """The selected model."""
        return self.candidates[self.selection.kind].model

    @property
    def split(self) -> Split:
        """How the cases were split."""
        return self.cases.split

    @property
    def test_cases(self) -> pd.DataFrame:
        """The test cases, as rows of ``split.cases``."""
        return self.split.cases.iloc[self.split.test]


@guarded
def train(
    dataset: Dataset,
    *,
    split: Split | None = None,
    kind: str | None = None,
    search_store: Path | None = None,
    reporter: Reporter | None = None,
) -> TrainingResult:
    """Train a model on *dataset*, by outcomes known before the first test case alone.

    *kind* takes that candidate whatever the comparison says; *split* takes other
    subsets than the specification's. *search_store* is an SQLite file that keeps the
    search for trees: a training that was cut short goes on from there. Raises
    TableError where too few cases have an outcome, ModelError where *kind* is not a
    candidate, FileError where *search_store* is to lie in a folder that does not exist.
    """
    spec, reporter = dataset.spec, reporter or SilentReporter()
    split = split or split_cases(dataset.table, spec.split, seed=spec.estimator.seed)
    reporter.say(
        f"{spec.name}: training on {len(split.train):,} cases, "
        f"testing on {len(split.test):,}"
    )
    data = dataset.to_arrays()
    subsets = SelectionData.from_split(data, split, seed=spec.estimator.seed)
    if kind is not None:  # nothing is selected, so nothing is fitted to compare
        subsets = replace(subsets, past=())
    features = list_features(spec)
    directions = check_directions(features, subsets.train, seed=spec.estimator.seed)
    reporter.say(f"{spec.name}: {describe_directions(directions)}")
    subsets = replace(subsets, directions=directions)
    features = drop_directions(features, subsets.dropped_directions)
    tuned = tune_candidates(spec, features, subsets, reporter, store=search_store)
    selection = select_model(tuned, subsets, seed=spec.estimator.seed)
    if kind is not None:
        if kind not in tuned:
            raise ModelError(
                f"{kind} is not a candidate; the candidates are {', '.join(tuned)}. "
                "Name it under [estimator] in the specification."
            )
        selection = replace(selection, kind=kind, words=f"{kind}: asked for.")
    reporter.say(f"{spec.name}: {selection.words}")
    blocks = subsets.blocks
    cases = RecipeCases(
        split, {k: t.log_odds for k, t in tuned.items()}, blocks.block, blocks.by
    )
    hyperparameters = {k: t.hyperparameters for k, t in tuned.items()}
    recipe = Recipe(selection.kind, hyperparameters, directions)
    candidates = fit_recipe(dataset, recipe, cases, reporter)
    return TrainingResult(spec, candidates, selection, recipe, cases)
