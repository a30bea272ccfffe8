"""The evaluation of a trained model on the newest cases, for gates and cards."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import (
    Bootstrap,
    Capacity,
    Comparison,
    Estimate,
    Evaluation,
    EvaluationCases,
    compare,
    evaluate,
)
from riskscreen.evaluation.fairness import (
    MOST_GROUPS,
    Fairness,
    Groupings,
    evaluate_fairness,
)
from riskscreen.evaluation.gates import (
    ColumnShare,
    GateOutcome,
    check_gates,
    groups_told,
    judged_groups,
    refusals,
)
from riskscreen.evaluation.record import APPROVED
from riskscreen.evaluation.subgroups import by_part, years
from riskscreen.features.catalogue import list_features, list_reasons
from riskscreen.guarding import guarded
from riskscreen.model.horizons import Horizons
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Advance, Reporter, Silent
from riskscreen.spec import Specification
from riskscreen.training.baselines import predict_baselines
from riskscreen.training.champion import Approved
from riskscreen.training.dataset import Dataset
from riskscreen.training.deferred_rules import DeferredRule, evaluate_deferred_rules
from riskscreen.training.horizons import (
    HorizonEvaluation,
    evaluate_horizons,
    to_horizon_record,
)
from riskscreen.training.leaks import (
    ColumnSignal,
    compute_auc,
    measure_column_signals,
    require_no_leaks,
)
from riskscreen.training.recent_shift import RecentShift
from riskscreen.training.rows import LabelledData, counts_of, rows_of
from riskscreen.training.train import TrainingResult
from riskscreen.validation.schemas import is_dated

Numbers = npt.NDArray[np.float64]

_WITHOUT_DATES = Capacity(share=0.1)
_COMPARATOR_REPLICATES = 100
"""A comparator's own interval may be rough: what decides is its paired comparison."""


@dataclass(frozen=True, slots=True)
class ModelEvaluation:
    """Everything measured about a trained model; all of it aggregates.

    ``comparators`` are the evaluations of the other candidates and the simple rules, by
    name; ``comparisons`` the model minus each of them. ``by_year`` are figures by the
    calendar year of T0, of cases the fits behind them had not seen. ``reason_shares``
    is each reason's share of all mean |contribution|. ``horizons`` are the primary and
    the other horizons of ``family``, each on the cases known there. ``waiting`` are the
    rules that flag by the weeks gone by, ``nobody_in`` the groups that the
    specification declares and the audit table has nobody of.
    """

    spec: Specification
    evaluation: Evaluation
    comparators: Mapping[str, Evaluation]
    comparisons: Mapping[str, Comparison]
    fairness: Fairness | None
    gates: tuple[GateOutcome, ...]
    by_year: Mapping[int, tuple[Estimate, ...]]
    reason_shares: Mapping[str, float]
    columns: tuple[ColumnSignal, ...]
    cases: Mapping[str, int]
    words: tuple[str, ...] = field(default=())
    compared_with: str | None = None
    horizons: tuple[HorizonEvaluation, ...] = ()
    family: Horizons | None = None
    waiting: tuple[DeferredRule, ...] = ()
    nobody_in: tuple[str, ...] = ()

    def summary(self) -> tuple[str, ...]:
        """A few lines for the person who ran the training."""
        shown = ("auc", "brier", "calibration_slope")
        figures = ", ".join(f"{n} {self.evaluation[n].text()}" for n in shown)
        base = self.comparators["base_rate"]["brier"].text()
        return (
            *self.words,
            f"{self.spec.name}: {figures}; brier of the base rate {base}",
            *(gate.words for gate in refusals(self.gates)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        return {
            "target": self.spec.name,
            "evaluation": self.evaluation.to_dict(),
            "comparators": {name: e.to_dict() for name, e in self.comparators.items()},
            "comparisons": {n: c.to_dict() for n, c in self.comparisons.items()},
            "fairness": (
                self.fairness.to_dict(told=groups_told(self.fairness, self.spec.gates))
                if self.fairness
                else None
            ),
            "gates": [gate.to_dict() for gate in self.gates],
            "gate_basis": self._gate_basis(),
            "by_year": {
                str(year): [f.to_dict() for f in figures]
                for year, figures in self.by_year.items()
            },
            "reason_shares": dict(self.reason_shares),
            "columns": [
                {"column": s.column, "auc": s.auc, "share": s.share}
                for s in self.columns
            ],
            "cases": dict(self.cases),
            "words": list(self.words),
            "compared_with": self.compared_with,
            "horizons": to_horizon_record(self.horizons, self.family),
            "deferred_rules": [rule.to_dict() for rule in self.waiting],
        }

    def _gate_basis(self) -> dict[str, Any]:
        """What gates judge by beside the figures: of a hidden group, as its words do.

        From this and the figures an approval works the gates out anew.
        """
        groups = groups_told(self.fairness, self.spec.gates)
        judged = zip(groups, judged_groups(self.fairness, self.spec.gates), strict=True)
        return {
            "nobody_in": list(self.nobody_in),
            "judged_groups": len(groups),
            "hidden_groups": [
                {
                    "by": list(group.by),
                    "values": list(group.values),
                    "beyond": found.beyond,
                }
                for group, found in judged
                if found.error.value is None
            ],
        }


@guarded
def evaluate_model(
    result: TrainingResult,
    prepared: Dataset,
    *,
    approved: Approved | None = None,
    reporter: Reporter | None = None,
) -> ModelEvaluation:
    """How good the chosen model is on the test cases, beside its comparators.

    *approved* is one more rival, by the name of APPROVED, and a gate.
    Raises LeakError where it is too good to be true.
    """
    spec, split, tell = result.spec, result.split, reporter or Silent()
    rows = rows_of(prepared, result.known)
    signals = _leak_signs(result, rows)
    tell.say(f"{spec.name}: judging on {len(split.test):,} cases")
    test = result.known.iloc[split.test]
    judged = build_evaluation_cases(test)
    risks = _risks(result, rows)
    ours = risks.pop(result.choice.kind)
    rules = predict_baselines(spec, result.known, rows, split)
    others = {**rules, **risks, **({APPROVED: approved.of(test)} if approved else {})}
    with tell.steps("Judging", len(others) + 2) as step:
        evaluation = evaluate(
            judged,
            ours,
            capacity=choose_capacity(spec),
            rules=rules,
            bootstrap=Bootstrap(seed=spec.estimator.seed),
        )
        step()
        comparators, comparisons = _against(spec, judged, ours, others, step)
        fairness = evaluate_groups(prepared, test, judged, ours)
        step()
    nobody_in = find_empty_groups(prepared)
    return ModelEvaluation(
        spec=spec,
        evaluation=evaluation,
        comparators=comparators,
        comparisons=comparisons,
        fairness=fairness,
        gates=check_gates(
            spec.gates,
            evaluation,
            comparisons={name: comparisons[name] for name in rules},
            approved=comparisons.get(APPROVED),
            fairness=fairness,
            nobody_in=nobody_in,
            largest=_largest(signals),
        ),
        by_year=_by_year(result, ours),
        reason_shares=compute_reason_shares(result.model, rows.at(split.test).values),
        columns=signals,
        cases=counts_of(split),
        words=(*prepared.notes, *split.words, *_level(result), result.choice.words),
        compared_with=approved.version if approved else None,
        horizons=evaluate_horizons(result.model, prepared, split),
        family=result.model.horizons,
        waiting=evaluate_deferred_rules(prepared, test, judged, ours),
        nobody_in=nobody_in,
    )


def _level(result: TrainingResult) -> tuple[str, ...]:
    """How the level was set; a model calibrated anew has none of its own."""
    notes = result.model.notes
    return (RecentShift(**notes["level"]).words(),) if "level" in notes else ()


def _against(
    spec: Specification,
    judged: EvaluationCases,
    ours: Numbers,
    others: Mapping[str, Numbers],
    step: Advance,
) -> tuple[dict[str, Evaluation], dict[str, Comparison]]:
    """Each rival's evaluation, and the model less each rival on the same cases."""
    fine = Bootstrap(seed=spec.estimator.seed)
    rough = replace(fine, replicates=_COMPARATOR_REPLICATES)
    comparators, comparisons = {}, {}
    for name, risk in others.items():
        comparators[name] = evaluate(
            judged, risk, capacity=choose_capacity(spec), bootstrap=rough
        )
        comparisons[name] = compare(
            judged, ours, risk, names=("model", name), bootstrap=fine
        )
        step()
    return comparators, comparisons


def compute_reason_shares(model: RiskModel, values: Numbers) -> dict[str, float]:
    """Each reason's share of the mean |contribution| of these cases, largest first."""
    names = [f.name for f in model.features]
    found = model.score(pd.DataFrame(values, columns=names)).contributions
    size = {
        reason.name: float(
            np.abs(
                found[:, [names.index(f) for f in reason.features]].sum(axis=1)
            ).mean()
        )
        for reason in list_reasons(model.spec)
    }
    total = max(sum(size.values()), 1e-12)
    ordered = sorted(size, key=lambda name: -size[name])
    return {name: size[name] / total for name in ordered}


def _largest(signals: tuple[ColumnSignal, ...]) -> ColumnShare | None:
    """The intake column with the largest share of the signal."""
    asked = {s.column: s.share for s in signals if s.share is not None}
    if not asked:
        return None
    name = max(asked, key=lambda column: asked[column])
    return ColumnShare(name, asked[name])


def _leak_signs(result: TrainingResult, rows: LabelledData) -> tuple[ColumnSignal, ...]:
    """Measure each intake column after the model was found plausible."""
    spec, split = result.spec, result.split
    judged = rows.at(split.test)
    model_auc = compute_auc(judged.long, _risk(result.model, judged.values))
    signals = measure_column_signals(
        rows.at(split.training), judged, list_features(spec), model_auc=model_auc
    )
    require_no_leaks(model_auc, signals, spec.gates, model=spec.name)
    return signals


def _risks(result: TrainingResult, rows: LabelledData) -> dict[str, Numbers]:
    """The risk of each test case by every candidate."""
    values = rows.at(result.split.test).values
    return {k: _risk(c.model, values) for k, c in result.candidates.items()}


def _risk(model: RiskModel, values: Numbers) -> Numbers:
    return model.score(
        pd.DataFrame(values, columns=[f.name for f in model.features])
    ).risk


def build_evaluation_cases(cases: pd.DataFrame) -> EvaluationCases:
    """*cases* of Dataset.known, as evaluation reads them."""
    return EvaluationCases.from_columns(
        cases["long"].to_numpy(),
        case_id=cases["case_id"].to_numpy(),
        person_id=cases["person_id"].to_numpy() if "person_id" in cases else None,
        decision_date=(
            cases["decision_date"].to_numpy() if "decision_date" in cases else None
        ),
    )


def choose_capacity(spec: Specification) -> Capacity:
    """Places per week; without dates a tenth of the cases, which words() says."""
    if not is_dated(spec):
        return _WITHOUT_DATES
    return Capacity(per_week=spec.capacity.per_week)


def evaluate_groups(
    prepared: Dataset, cases: pd.DataFrame, judged: EvaluationCases, risk: Numbers
) -> Fairness | None:
    """By audit column and by what the specification judges by, and by their pairs."""
    spec, groups = prepared.spec, build_groupings(prepared, cases)
    if groups.table.empty:
        return None
    return evaluate_fairness(
        judged,
        risk,
        groups,
        capacity=choose_capacity(spec),
        smallest_evaluated_group=spec.gates.smallest_evaluated_group,
        bootstrap=Bootstrap(seed=spec.estimator.seed),
    )


def build_groupings(prepared: Dataset, cases: pd.DataFrame) -> Groupings:
    """The columns by which *cases* are judged, one row per case, in their order.

    A column of one value, or of too many to be a grouping, is none.
    """
    groups = grouping_columns(prepared, cases)
    few = [c for c in groups if 1 < groups[c].nunique(dropna=False) < MOST_GROUPS]
    return Groupings(groups[few], list_merged_columns(prepared.spec))


def grouping_columns(prepared: Dataset, cases: pd.DataFrame) -> pd.DataFrame:
    """The columns of the audit table, with what is merged, then ``evaluated_by``.

    One row per case of *cases*, in their order.
    """
    spec, places = prepared.spec, cases.index.to_numpy()
    parts = []
    if prepared.audit is not None:
        audit = prepared.audit.iloc[places].reset_index(drop=True)
        parts += [audit, _merged(spec, audit)]
    columns = [name for name in spec.gates.evaluated_by if name in cases]
    parts.append(cases[columns].reset_index(drop=True))
    return pd.concat(parts, axis=1)


def find_empty_groups(prepared: Dataset) -> tuple[str, ...]:
    """Groups that the specification declares and the audit table has nobody of.

    Without an audit table there are none: then nothing is judged by group, and said so.
    """
    audit = prepared.audit
    if audit is None:
        return ()
    return tuple(
        f"{name} {value}".strip()
        for name, column in prepared.spec.audit.items()
        for value in (column.values or ("",))
        if not (audit[name].eq(value) if value else audit[name].notna()).any()
    )


def list_merged_columns(spec: Specification) -> dict[str, str]:
    """Each coarser grouping of an audit column, and the column it is made of."""
    return {name: of for of, column in spec.audit.items() for name in column.merged}


def _merged(spec: Specification, audit: pd.DataFrame) -> pd.DataFrame:
    """The coarser groupings as columns; a missing value stays missing."""
    found = {}
    for name, of in list_merged_columns(spec).items():
        groups = spec.audit[of].merged[name]
        group = {value: label for label, held in groups.items() for value in held}
        found[name] = audit[of].astype(object).map(group)
    return pd.DataFrame(found, index=audit.index)


def _by_year(
    result: TrainingResult, test_risk: Numbers
) -> dict[int, tuple[Estimate, ...]]:
    """Figures by the year of T0: later cases by fits without them, then the test."""
    split = result.split
    if split.first_test is None:
        return {}
    out_of_fold_risk = result.candidates[result.choice.kind].out_of_fold_risk
    cases = result.known.iloc[np.concatenate([split.later, split.test])]
    risk = np.concatenate([out_of_fold_risk, test_risk])
    judged = build_evaluation_cases(cases)
    parts = by_part(judged, risk, years(judged))
    return {int(part.name): part.figures for part in parts if part.n is not None}
