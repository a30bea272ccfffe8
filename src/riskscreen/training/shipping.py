"""Ship what was judged: the same recipe, fitted to every outcome known at the extract.

A model is judged on cases that it has never seen, so the one that is judged knows
nothing of the newest years. The one that is shipped knows them: kind, hyperparameters
and the weight of a blend are as chosen before the test, and all else is fitted anew.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation.shipped_difference import (
    ShippedDifference,
    measure_shipped_difference,
)
from riskscreen.guarding import guarded
from riskscreen.model.calibration import to_risk
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import SplitSettings
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, find_date, find_repeated
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen.training.model_parts.thresholds import (
    predict_out_of_sample,
    set_policy,
)
from riskscreen.training.recipe import RecipeCases, fit_recipe
from riskscreen.training.resampling import Positions
from riskscreen.training.train import TrainingResult

Numbers = npt.NDArray[np.float64]

_NONE: Positions = np.array([], dtype=np.int64)

NEWEST_INTAKE = pd.Timedelta(weeks=13)
"""The newest intake: a quarter, whose outcomes no fit knows at the usual horizons."""
FEWEST_NEWEST = 100
"""Of a smaller site the newest intake is this many cases: of fewer, one case is more
than a hundredth."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """The shipped model, and how far it lies from the judged one.

    ``log_odds`` are those of every case of the data set by a fit without it, the recent
    ``shift`` included; None of a recalibration, which fits no cases anew.
    """

    model: RiskModel
    difference: ShippedDifference
    log_odds: Numbers | None = None
    shift: float = 0.0


@guarded
def ship_model(
    result: TrainingResult, dataset: Dataset, *, reporter: Reporter | None = None
) -> Shipped:
    """Fit *result*'s recipe once more, to every case whose outcome is known.

    Cases that the judged model was trained on are calibrated by their cross-fits, the
    newer ones by the judged model, which has seen none of them: so each candidate costs
    one more fit, and no more.
    """
    reporter, spec = reporter or SilentReporter(), dataset.spec
    horizons = result.model.horizons
    orders = horizons.compared if horizons else None
    recipe = replace(result.recipe, orders=orders)
    cases = extend_cases(result, dataset)
    reporter.say(
        f"{spec.name}: the same recipe, fitted to all {len(cases.split.train):,} cases "
        "whose outcome is known, is what is shipped"
    )
    chosen = fit_recipe(dataset, recipe, cases, reporter)[recipe.kind]
    model, shift = chosen.model, chosen.shift
    log_odds = predict_out_of_sample(
        model, dataset, cases.split, chosen.out_of_fold_risk, shift=shift
    )
    difference = compare_shipped(result, model, dataset)
    return Shipped(model, difference, log_odds, shift)


def extend_cases(result: TrainingResult, dataset: Dataset) -> RecipeCases:
    """Return the cases of *result* and all newer ones, predicted by fits without them.

    The newer ones are one more block: the judged model's.
    """
    judged = result.cases
    split = extend_split(judged.split, dataset.spec.split, dataset)
    newer = np.setdiff1d(split.train, judged.split.train)
    values = dataset.to_arrays().take(newer).values
    old, new = (np.searchsorted(split.train, of) for of in (judged.split.train, newer))
    log_odds = {}
    for kind, candidate in result.candidates.items():
        log_odds[kind] = np.empty(len(split.train))
        log_odds[kind][old] = judged.log_odds[kind]
        log_odds[kind][new] = candidate.model.estimator.predict_once(values)
    block = np.full(len(split.train), judged.block.max() + 1)
    block[old] = judged.block
    by = f"{judged.by}; newer cases by the fit that is judged"
    return RecipeCases(split, log_odds, block, by)


def extend_split(split: Split, rule: SplitSettings, dataset: Dataset) -> Split:
    """Return *split* trained on every case whose outcome is known, and tested on none.

    The newest ``rule.holdout_share`` calibrate; without dates the former test cases do.
    A case that is another one once more trains once.
    """
    cases = split.cases
    untested = replace(split, test=_NONE, repeated=0, returning=0)
    if "decision_date" not in cases:
        train = np.union1d(split.train, split.test)
        return replace(untested, train=train, calibration=split.test)
    newer = np.setdiff1d(np.flatnonzero(cases["long"].notna()), split.train)
    twice = find_repeated(cases, split.train, newer, ["person_id", "start_date"])
    train = np.union1d(split.train, np.setdiff1d(newer, twice))
    decided = cases["decision_date"]
    first = find_date(decided.iloc[train], 1 - rule.holdout_share)
    newest = train[(decided.iloc[train] >= first).to_numpy()]
    extended = replace(untested, train=train, calibration=newest)
    if split.first_test is None:  # a pilot: outcomes of either part came in the other
        return extended
    newest_label = cases["known_on"].iloc[train].max()
    return replace(
        extended,
        recent=np.flatnonzero(decided >= first),
        first_calibration=first,
        first_test=pd.Timestamp(dataset.extract_date or newest_label),
    )


@guarded
def compare_shipped(
    result: TrainingResult, shipped: RiskModel, dataset: Dataset
) -> ShippedDifference:
    """Return how far *shipped* and *result*'s model differ on the newest intake.

    Risks and proposals of each; both models' thresholds are of the same places and the
    same newest year of arrivals, so that what differs is the models.
    """
    judged, split = result.model, result.split
    chosen = result.candidates[result.selection.kind]
    log_odds = predict_out_of_sample(
        judged, dataset, split, chosen.out_of_fold_risk, shift=chosen.shift
    )
    now = set_policy(judged, dataset, log_odds)
    newest = find_newest_intake(dataset, split)
    features, units = dataset.features.iloc[newest], dataset.list_units()[newest]
    risks, proposals = [], []
    for model, policy in ((judged, now), (shipped, shipped.policy)):
        risk = to_risk(predict_log_odds(model, features))
        shown = np.where(model.find_abstained(features), np.nan, risk)
        risks.append(risk)
        proposals.append(policy.propose(shown, units).proposed)
    has_places = now.threshold is not None and shipped.policy.threshold is not None
    span = None
    if "decision_date" in dataset.cases:
        days = dataset.cases["decision_date"].iloc[newest]
        span = f"{days.min():%Y-%m-%d}", f"{days.max():%Y-%m-%d}"
    return measure_shipped_difference(
        *risks,
        proposals=(proposals[0], proposals[1]) if has_places else None,
        persons=dataset.table["person_id"].iloc[newest].nunique(),
        span=span,
        judged=(judged.digest, judged.notes.get("newest_label")),
    )


def find_newest_intake(dataset: Dataset, split: Split) -> Positions:
    """Return the positions of the newest quarter's cases, or of FEWEST_NEWEST.

    Their outcomes are known or not. Without dates they are the test cases.
    """
    if "decision_date" not in dataset.cases:
        return split.test
    days = dataset.cases["decision_date"]
    newest = np.flatnonzero(days > days.max() - NEWEST_INTAKE)
    if len(newest) >= FEWEST_NEWEST:
        return newest
    order = np.argsort(days.to_numpy(), kind="stable")
    return np.sort(order[-FEWEST_NEWEST:])
