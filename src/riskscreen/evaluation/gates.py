"""Whether a model may be approved: its specification's gates, one outcome each."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from riskscreen.errors import GateError, LeakError
from riskscreen.evaluation import Comparison, Estimate, Evaluation
from riskscreen.evaluation.fairness import Fairness, Group
from riskscreen.spec import Gates

LEAK_GATES = ("auc_at_most", "column_contribution_share_at_most")
"""A model that fails one of these is too good to be true rather than too bad."""

_NAMED_GROUPS = 5


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """One gate: whether it was passed, what was found, what the bound is.

    ``words`` is a whole sentence for cards and messages; a refusal's says by how much.
    """

    name: str
    passed: bool
    found: str
    bound: str
    words: str

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ColumnShare:
    """The column that carries most of what the model knows, and its share of that."""

    column: str
    share: float


@dataclass(frozen=True, slots=True)
class JudgedGroup:
    """A group of enough people: its error as it may be shown.

    ``beyond`` is how far the whole interval of the error lies beyond the bound, 0 where
    it does not; for a group whose figures are hidden, in hundredths, rounded up.
    """

    words: str
    error: Estimate
    beyond: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The figures that gates judge by, from an evaluation or from its file.

    *comparisons* are with each simple baseline on the same cases, *approved* with the
    approved model (None where there is none). *nobody_in* are groups that the
    specification declares and in which the audit table has nobody.
    """

    auc: Estimate
    slope: Estimate
    comparisons: Mapping[str, Comparison]
    approved: Comparison | None = None
    groups: tuple[JudgedGroup, ...] = ()
    nobody_in: tuple[str, ...] = ()
    largest: ColumnShare | None = None


def check_gates(  # noqa: PLR0913  (what each gate judges by)
    gates: Gates,
    evaluation: Evaluation,
    *,
    comparisons: Mapping[str, Comparison],
    approved: Comparison | None = None,
    fairness: Fairness | None = None,
    nobody_in: Sequence[str] = (),
    largest: ColumnShare | None = None,
) -> tuple[GateOutcome, ...]:
    """The outcome of every gate, in the order of a card; see Evidence and judge_by."""
    evidence = Evidence(
        auc=evaluation["auc"],
        slope=evaluation["calibration_slope"],
        comparisons=comparisons,
        approved=approved,
        groups=judged_groups(fairness, gates),
        nobody_in=tuple(nobody_in),
        largest=largest,
    )
    return judge_by(evidence, gates)


def judge_by(evidence: Evidence, gates: Gates) -> tuple[GateOutcome, ...]:
    """The outcome of every gate, in the order of a card.

    What cannot be judged is not passed, except where there is nothing to judge: no
    approved model, no large group.
    """
    approved = {"approved": evidence.approved} if evidence.approved else {}
    against = {**evidence.comparisons, **approved}
    return (
        _auc_at_least(evidence.auc, gates.auc_at_least),
        _auc_at_most(evidence.auc, gates.auc_at_most),
        _one_column(evidence.largest, gates.column_contribution_share_at_most),
        _slope(evidence.slope, gates.calibration_slope_interval_contains),
        _baselines(evidence.comparisons),
        *(_not_worse(name, other, gates) for name, other in against.items()),
        _group_calibration(evidence, gates),
    )


def groups_told(fairness: Fairness | None, gates: Gates) -> tuple[Group, ...]:
    """The groups of enough people that may be told of, in their order.

    A hidden group that passes is not told of: that it has so many people would give
    away how few are hidden with it.
    """
    if fairness is None:
        return ()
    most = gates.group_calibration_error_at_most
    return tuple(
        group
        for group in fairness.groups
        if group.judged and (group.n is not None or beyond_bound(group.error, most) > 0)
    )


def judged_groups(fairness: Fairness | None, gates: Gates) -> tuple[JudgedGroup, ...]:
    """What the gate says of the groups that may be told of."""
    return tuple(_judged(group, gates) for group in groups_told(fairness, gates))


def _judged(group: Group, gates: Gates) -> JudgedGroup:
    shown = group["observed_minus_expected"]
    beyond = beyond_bound(group.error, gates.group_calibration_error_at_most)
    if shown.value is None:
        beyond = math.ceil(100 * beyond) / 100
    return JudgedGroup(group.words, shown, beyond)


def beyond_bound(error: Estimate, most: float) -> float:
    """How far the whole interval of *error* lies beyond *most*, either way."""
    if error.low is None or error.high is None:
        return 0.0
    return max(error.low - most, -most - error.high, 0.0)


def refusals(outcomes: Iterable[GateOutcome]) -> tuple[GateOutcome, ...]:
    """The gates that were not passed."""
    return tuple(outcome for outcome in outcomes if not outcome.passed)


def require_passed(outcomes: Iterable[GateOutcome], *, model: str) -> None:
    """Nothing where every gate is passed.

    Raises LeakError where one of LEAK_GATES is not, else GateError; the text names
    every refusing gate and by how much.
    """
    failed = refusals(outcomes)
    if not failed:
        return
    leaks = any(outcome.name in LEAK_GATES for outcome in failed)
    kind = LeakError if leaks else GateError
    lines = [f"  {outcome.words}" for outcome in failed]
    count = f"{len(failed)} gate{'s' if len(failed) > 1 else ''}"
    raise kind("\n".join([f"{model} is refused by {count}:", *lines]))


def _passed(name: str, found: str, bound: str) -> GateOutcome:
    words = f"{name}: {found}; bound: {bound}. Passed."
    return GateOutcome(name, passed=True, found=found, bound=bound, words=words)


def _refused(name: str, found: str, bound: str, *, by: str) -> GateOutcome:
    words = f"{name}: {found}; bound: {bound}. Refused: {by}."
    return GateOutcome(name, passed=False, found=found, bound=bound, words=words)


def _unjudged(name: str, figure: Estimate, bound: str) -> GateOutcome:
    found = f"{figure.name} {figure.text()}"
    return _refused(name, found, bound, by="it cannot be judged")


def _auc_at_least(auc: Estimate, least: float) -> GateOutcome:
    name, bound = "auc_at_least", f"{least:.3f} or more"
    if auc.value is None:
        return _unjudged(name, auc, bound)
    found, short = f"AUC {auc.text()}", least - auc.value
    if short <= 0:
        return _passed(name, found, bound)
    backwards = "; it ranks backwards, check the labels" if auc.value < 0.5 else ""
    return _refused(name, found, bound, by=f"{short:.3f} too low{backwards}")


def _auc_at_most(auc: Estimate, most: float) -> GateOutcome:
    name, bound = "auc_at_most", f"{most:.3f} or less, to be plausible"
    if auc.value is None:
        return _unjudged(name, auc, bound)
    found, over = f"AUC {auc.text()}", auc.value - most
    if over <= 0:
        return _passed(name, found, bound)
    look = "look for a column that knows the outcome"
    return _refused(name, found, bound, by=f"{over:.3f} too high; {look}")


def _one_column(largest: ColumnShare | None, most: float) -> GateOutcome:
    name, bound = (
        "column_contribution_share_at_most",
        f"{most:.2f} of the model's signal",
    )
    if largest is None:
        return _refused(name, "not available", bound, by="it cannot be judged")
    found, over = f"{largest.column} carries {largest.share:.2f}", largest.share - most
    if over <= 0:
        return _passed(name, found, bound)
    return _refused(
        name, found, bound, by=f"{over:.2f} too much; check when it is known"
    )


def _slope(slope: Estimate, target: float) -> GateOutcome:
    name, bound = "calibration_slope", f"its interval contains {target:g}"
    if slope.value is None or slope.low is None or slope.high is None:
        return _unjudged(name, slope, bound)
    away = max(slope.low - target, target - slope.high)
    if away <= 0:
        return _passed(name, slope.text(), bound)
    extreme = "too extreme" if slope.value < target else "too timid"
    return _refused(
        name, slope.text(), bound, by=f"missed by {away:.3f}; the risks are {extreme}"
    )


def _baselines(comparisons: Mapping[str, Comparison]) -> GateOutcome:
    name, bound = "baselines_compared", "one or more"
    if not comparisons:
        return _refused(name, "none", bound, by="compare it with a simple baseline")
    return _passed(name, ", ".join(comparisons), bound)


def _not_worse(name: str, other: Comparison, gates: Gates) -> GateOutcome:
    """Log-loss and Brier score against another model's, both on the same cases."""
    gate = f"not_worse_than_{name}"
    judged = {
        "log-loss": (other.log_loss, gates.log_loss_increase_at_most),
        "Brier score": (other.brier, gates.brier_increase_at_most),
    }
    found = ", ".join(f"{what} {f.text()}" for what, (f, _) in judged.items())
    bound = ", ".join(f"{what} +{b:g}" for what, (_, b) in judged.items())
    found, bound = f"differences: {found}", f"{bound}, or within its interval"
    over = {what: _over(figure, most) for what, (figure, most) in judged.items()}
    if any(by is None for by in over.values()):
        return _unjudged(gate, other.log_loss, bound)
    worse = [f"{what} {by:.4f} too high" for what, by in over.items() if by]
    if not worse:
        return _passed(gate, found, bound)
    return _refused(gate, found, bound, by=", ".join(worse))


def _over(difference: Estimate, most: float) -> float | None:
    """How far a difference lies over its bound; 0 where chance may explain it.

    Chance may, as long as the paired interval reaches 0.
    """
    if difference.value is None or difference.low is None:
        return None
    clearly_worse = difference.low > 0 and difference.value > most
    return difference.value - most if clearly_worse else 0.0


def _group_calibration(evidence: Evidence, gates: Gates) -> GateOutcome:
    name, most = "group_calibration_error", gates.group_calibration_error_at_most
    bound = f"{most:g} either way, or within its interval"
    if evidence.nobody_in:
        found = f"nobody in {', '.join(evidence.nobody_in[:_NAMED_GROUPS])}"
        return _refused(name, found, bound, by="it cannot be judged")
    groups = evidence.groups
    if not groups:
        size = gates.smallest_evaluated_group
        return _passed(name, f"no group of {size} or more to judge", bound)
    found = f"{len(groups)} groups"
    over = sorted(groups, key=lambda group: -group.beyond)
    failed = [_too_wrong(group) for group in over if group.beyond > 0]
    if not failed:
        return _passed(name, found, bound)
    by = "; ".join(failed[:_NAMED_GROUPS])
    return _refused(name, f"{found}, {len(failed)} beyond", bound, by=by)


def _too_wrong(group: JudgedGroup) -> str:
    """The group, its error, and how far its interval lies beyond the bound."""
    shown = group.error
    error = "(figures hidden)" if shown.value is None else shown.text()
    return f"{group.words} {error}, about {group.beyond:.2f} beyond"
