"""Evaluate a training on its newest cases, for gates and cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    Evaluation,
    compare,
    evaluate_risk,
)
from riskscreen.evaluation.comparison import APPROVED
from riskscreen.evaluation.fairness import Fairness
from riskscreen.evaluation.gate_outcomes import (
    GateOutcome,
    list_refusals,
    list_undecided,
)
from riskscreen.evaluation.gates import Evidence, check_gates
from riskscreen.evaluation.importance import FeaturePairs, GlobalImportance
from riskscreen.evaluation.policy_figures import (
    GainPoint,
    WeeklyProposals,
    propose_as_many,
)
from riskscreen.evaluation.shipped_difference import ShippedDifference
from riskscreen.evaluation.subgroups import evaluate_subgroups, label_years
from riskscreen.features.catalogue import list_features
from riskscreen.guarding import guarded
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import Specification
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.importance import measure_importance, measure_pairs
from riskscreen.training.model_parts.recent import RecentShift
from riskscreen.training.model_parts.reforms import describe_test_changes
from riskscreen.training.studies.approved_risks import ApprovedRisks
from riskscreen.training.studies.comparators import (
    predict_baselines,
    predict_comparator,
)
from riskscreen.training.studies.deferred_rules import (
    DeferredRule,
    evaluate_deferred_rules,
)
from riskscreen.training.studies.groups import (
    build_evaluation_cases,
    evaluate_groups,
    find_empty_groups,
)
from riskscreen.training.studies.help import HelpStudy, evaluate_help
from riskscreen.training.studies.horizons import HorizonStudy, evaluate_horizons
from riskscreen.training.studies.leakage import (
    ColumnSignal,
    find_largest,
    measure_column_signals,
)
from riskscreen.training.studies.proposals import (
    PolicySummary,
    apply_policy,
    compute_gain,
    measure_weeks,
    summarise_policy,
)
from riskscreen.training.train import TrainingResult

Numbers = npt.NDArray[np.float64]

_COMPARATOR_REPLICATES = 100
"""A comparator's own interval may be rough: what decides is its paired comparison."""


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """Everything measured about a trained model; all of it aggregates.

    ``comparators`` are the evaluations of the other candidates and the simple rules, by
    name; ``comparisons`` the model minus each of them. ``by_year`` are figures by the
    calendar year of T0, of cases the fits behind them had not seen. ``importance`` is
    what the model listens to on the test cases, ``feature_pairs`` which features do
    most together there. ``horizons`` are the primary and
    the other horizons, each on the cases known there. ``deferred_rules`` are those that
    select by the weeks gone by, ``n_gated_groups`` how many groups the calibration gate
    looks at, ``empty_groups`` those that the specification declares and the audit table
    has nobody of. ``test_policy`` is the policy that the test cases were proposed by,
    ``weeks`` how its weeks went, ``gain`` what more places would find. ``help`` tells
    the helped from the not helped; None where nobody says who was helped.
    """

    spec: Specification
    evaluation: Evaluation
    comparators: Mapping[str, Evaluation]
    comparisons: Mapping[str, Comparison]
    fairness: Fairness | None
    gates: tuple[GateOutcome, ...]
    by_year: Mapping[int, Mapping[str, Estimate]]
    importance: GlobalImportance
    feature_pairs: FeaturePairs
    columns: tuple[ColumnSignal, ...]
    cases: Mapping[str, int]
    words: tuple[str, ...] = field(default=())
    compared_with: str | None = None
    horizons: HorizonStudy | None = None
    deferred_rules: tuple[DeferredRule, ...] = ()
    n_gated_groups: int = 0
    empty_groups: tuple[str, ...] = ()
    test_policy: PolicySummary | None = None
    weeks: tuple[WeeklyProposals, ...] = ()
    gain: tuple[GainPoint, ...] = ()
    help: HelpStudy | None = None

    def describe(self) -> tuple[str, ...]:
        """Return a few lines for the person who ran the training."""
        shown = ("auc", "brier", "calibration_slope")
        estimates = self.evaluation.estimates
        figures = ", ".join(f"{n} {estimates[n].text()}" for n in shown)
        base = self.comparators["base_rate"].estimates["brier"].text()
        return (
            *self.words,
            f"{self.spec.name}: {figures}; brier of the base rate {base}",
            *(gate.message for gate in list_refusals(self.gates)),
            *(gate.message for gate in list_undecided(self.gates)),
        )


@guarded
def evaluate_model(  # noqa: PLR0913  (what a model is judged beside)
    result: TrainingResult,
    dataset: Dataset,
    *,
    approved: ApprovedRisks | None = None,
    classifiers: Mapping[str, Any] | None = None,
    pooled: Mapping[str, Estimate] | None = None,
    shipped: ShippedDifference | None = None,
    reporter: Reporter | None = None,
) -> ModelEvaluation:
    """Evaluate the selected model on the test cases, beside its comparators.

    *approved* is one more comparator, by the name of APPROVED, and a gate.
    *classifiers* are unfitted scikit-learn classifiers to compare with, by name.
    *pooled* are a validation's estimates over all periods, for gates that the test
    alone leaves open. *shipped* is how far the model that is shipped lies from this.
    A model that is too good to be true is evaluated as any other: a gate refuses it.
    """
    spec, split, model = result.spec, result.split, result.model
    reporter, test = reporter or SilentReporter(), result.test_cases
    data = dataset.to_arrays()
    test_data = data.take(split.test)
    features = pd.DataFrame(
        test_data.values, columns=[f.name for f in list_features(spec)]
    )
    scores = {kind: c.model.score(features) for kind, c in result.candidates.items()}
    selected = scores.pop(result.selection.kind)
    risk = selected.risk
    signals = measure_column_signals(
        data.take(split.train), test_data, list_features(spec), risk=risk
    )
    reporter.say(f"{spec.name}: evaluating on {len(split.test):,} test cases")
    cases = build_evaluation_cases(test)
    rules = predict_baselines(spec, data, split)
    others = {**rules, **{kind: scored.risk for kind, scored in scores.items()}}
    for name, classifier in (classifiers or {}).items():
        train_data = data.take(split.train)
        others[name] = predict_comparator(name, classifier, train_data, test_data)
    if approved:
        others[APPROVED] = approved.score_cases(test)
    fine = Bootstrap(seed=spec.estimator.seed)
    policy = model.policy
    proposed = apply_policy(policy, model, dataset, test, risk)
    rough = replace(fine, replicates=_COMPARATOR_REPLICATES)
    comparators, comparisons = {}, {}
    with reporter.track("Evaluating", len(others) + 2) as step:
        evaluation = evaluate_risk(
            cases, risk, proposed=proposed, rules=rules, bootstrap=fine
        )
        step()
        for name, other in others.items():
            theirs = proposed and propose_as_many(cases, other, proposed)
            comparators[name] = evaluate_risk(
                cases, other, proposed=theirs, bootstrap=rough
            )
            comparisons[name] = compare(
                cases, risk, other, names=("model", name), bootstrap=fine
            )
            step()
        fairness = evaluate_groups(dataset, test, cases, risk, proposed=proposed)
        step()
    empty_groups, notes = find_empty_groups(dataset), model.notes
    gated = fairness.gated if fairness else ()
    # A recalibrated model has no shift of its own.
    shift = notes.get("recent_shift")
    words = describe_test_changes(dataset.reforms, test)
    words += (RecentShift(**shift).words(),) if shift else ()
    return ModelEvaluation(
        spec=spec,
        evaluation=evaluation,
        comparators=comparators,
        comparisons=comparisons,
        fairness=fairness,
        gates=check_gates(
            Evidence(
                estimates=evaluation.estimates,
                comparisons={name: comparisons[name] for name in rules},
                approved=comparisons.get(APPROVED),
                groups=gated,
                empty_groups=empty_groups,
                largest=find_largest(signals),
                pilot=notes.get("pilot") or "",
                pooled=pooled or {},
                shipped=shipped,
            ),
            spec.gates,
        ),
        by_year=_evaluate_years(result, risk),
        importance=measure_importance(
            model,
            test_data.values,
            selected.contributions,
            person=test_data.person,
        ),
        feature_pairs=measure_pairs(model, test_data.values, selected),
        columns=signals,
        cases=split.sizes,
        words=(*dataset.notes, *split.words, *words, result.selection.words),
        compared_with=approved.version if approved else None,
        horizons=evaluate_horizons(model, dataset, split.first_test),
        deferred_rules=evaluate_deferred_rules(dataset, test, cases, risk),
        n_gated_groups=len(gated),
        empty_groups=empty_groups,
        test_policy=summarise_policy(policy),
        weeks=measure_weeks(policy, model, dataset, test),
        gain=compute_gain(policy, model, dataset, test, cases, risk),
        help=evaluate_help(dataset, test, cases, risk, proposed=proposed),
    )


def _evaluate_years(
    result: TrainingResult, test_risk: Numbers
) -> dict[int, Mapping[str, Estimate]]:
    """Estimate metrics by the year of T0: out-of-fold predictions, then the test."""
    split = result.split
    if split.first_test is None:
        return {}
    out_of_fold = result.candidates[result.selection.kind].out_of_fold_risk
    newest = np.isin(split.train, split.calibration)
    places = np.concatenate([split.calibration, split.test])
    risk = np.concatenate([out_of_fold[newest], test_risk])
    cases = build_evaluation_cases(split.cases.iloc[places])
    found = evaluate_subgroups(cases, risk, label_years(cases))
    return {int(year.name): year.estimates for year in found if year.n is not None}
