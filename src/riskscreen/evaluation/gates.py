"""Check whether a model may be approved: its specification's gates, an outcome each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from riskscreen.errors import GateError, LeakError
from riskscreen.evaluation.comparison import Comparison
from riskscreen.evaluation.estimate import Estimate
from riskscreen.evaluation.fairness import ERROR, Fairness, compute_excess
from riskscreen.model.records import Said, Share
from riskscreen.spec import Gates

LEAK_GATES = ("auc_at_most", "column_contribution_share_at_most")
"""A model that fails one of these is too good to be true rather than too bad."""

_NAMED_GROUPS = 5


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """One gate: whether it was passed, what was found, what the bound is.

    ``message`` is a whole sentence for cards and logs; a refusal's says by how much.
    """

    name: Said
    passed: bool
    found: str
    bound: str
    message: str


@dataclass(frozen=True, slots=True)
class ColumnShare:
    """The column that carries most of what the model knows, and its share of that."""

    column: Said
    share: Share


@dataclass(frozen=True, slots=True)
class GatedGroup:
    """A group of enough people: its error as it may be shown.

    ``excess`` is how far the whole interval of the error lies beyond the bound, 0 where
    it does not; for a group whose error is hidden, in hundredths, rounded up.
    """

    name: str
    error: Estimate
    excess: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What gates are checked by, of a new evaluation or of its record.

    *comparisons* are with each simple baseline on the same cases, *approved* with the
    approved model (None where there is none). *empty_groups* are groups that the
    specification declares and in which the audit table has nobody.
    """

    auc: Estimate
    slope: Estimate
    comparisons: Mapping[str, Comparison]
    approved: Comparison | None = None
    groups: tuple[GatedGroup, ...] = ()
    empty_groups: tuple[str, ...] = ()
    largest: ColumnShare | None = None


def check_gates(evidence: Evidence, gates: Gates) -> tuple[GateOutcome, ...]:
    """Return the outcome of every gate, in the order of a card.

    What cannot be checked is not passed, except where there is nothing to check: no
    approved model, no large group.
    """
    approved = {"approved": evidence.approved} if evidence.approved else {}
    against = {**evidence.comparisons, **approved}
    return (
        _check_auc_at_least(evidence.auc, gates.auc_at_least),
        _check_auc_at_most(evidence.auc, gates.auc_at_most),
        _check_one_column(evidence.largest, gates.column_contribution_share_at_most),
        _check_slope(evidence.slope, gates.calibration_slope_interval_contains),
        _check_baselines(evidence.comparisons),
        *(_check_not_worse(name, other, gates) for name, other in against.items()),
        _check_group_calibration(evidence, gates),
    )


def list_gated_groups(
    fairness: Fairness | None, gates: Gates
) -> tuple[GatedGroup, ...]:
    """Return the groups of enough people, as far as may be said.

    Raises KeyError naming the group where an error is hidden and ``suppressed`` says
    nothing of it.
    """
    if fairness is None:
        return ()
    suppressed = {(s.by, s.values): s.excess for s in fairness.suppressed}
    found = []
    for group in fairness.groups:
        if group.is_gated:
            error = group.estimates[ERROR]
            excess = compute_excess(error, gates.group_calibration_error_at_most)
            if error.value is None:
                if (group.by, group.values) not in suppressed:
                    raise KeyError(group.describe())
                excess = suppressed[group.by, group.values]
            found.append(GatedGroup(group.describe(), error, excess))
    return tuple(found)


def list_refusals(outcomes: Iterable[GateOutcome]) -> tuple[GateOutcome, ...]:
    """Return the gates that were not passed."""
    return tuple(outcome for outcome in outcomes if not outcome.passed)


def require_passed(outcomes: Iterable[GateOutcome], *, model: str) -> None:
    """Raise where a gate is not passed, naming every such gate and by how much.

    LeakError where one of LEAK_GATES is among them, else GateError.
    """
    failed = list_refusals(outcomes)
    if not failed:
        return
    leaks = any(outcome.name in LEAK_GATES for outcome in failed)
    kind = LeakError if leaks else GateError
    lines = [f"  {outcome.message}" for outcome in failed]
    count = f"{len(failed)} gate{'s' if len(failed) > 1 else ''}"
    raise kind("\n".join([f"{model} is refused by {count}:", *lines]))


def _passed(name: str, found: str, bound: str) -> GateOutcome:
    message = f"{name}: {found}; bound: {bound}. Passed."
    return GateOutcome(name, passed=True, found=found, bound=bound, message=message)


def _refused(name: str, found: str, bound: str, *, by: str) -> GateOutcome:
    message = f"{name}: {found}; bound: {bound}. Refused: {by}."
    return GateOutcome(name, passed=False, found=found, bound=bound, message=message)


def _uncheckable(name: str, found: str, bound: str) -> GateOutcome:
    return _refused(name, found, bound, by="it cannot be checked")


def _check_auc_at_least(auc: Estimate, least: float) -> GateOutcome:
    name, bound = "auc_at_least", f"{least:.3f} or more"
    if auc.value is None:
        return _uncheckable(name, f"auc {auc.text()}", bound)
    found, short = f"AUC {auc.text()}", least - auc.value
    if short <= 0:
        return _passed(name, found, bound)
    backwards = "; it ranks backwards, check the labels" if auc.value < 0.5 else ""
    return _refused(name, found, bound, by=f"{short:.3f} too low{backwards}")


def _check_auc_at_most(auc: Estimate, most: float) -> GateOutcome:
    name, bound = "auc_at_most", f"{most:.3f} or less, to be plausible"
    if auc.value is None:
        return _uncheckable(name, f"auc {auc.text()}", bound)
    found, over = f"AUC {auc.text()}", auc.value - most
    if over <= 0:
        return _passed(name, found, bound)
    look = "look for a column that knows the outcome"
    return _refused(name, found, bound, by=f"{over:.3f} too high; {look}")


def _check_one_column(largest: ColumnShare | None, most: float) -> GateOutcome:
    name, bound = (
        "column_contribution_share_at_most",
        f"{most:.2f} of the model's signal",
    )
    if largest is None:
        return _uncheckable(name, "not available", bound)
    found, over = f"{largest.column} carries {largest.share:.2f}", largest.share - most
    if over <= 0:
        return _passed(name, found, bound)
    return _refused(
        name, found, bound, by=f"{over:.2f} too much; check when it is known"
    )


def _check_slope(slope: Estimate, target: float) -> GateOutcome:
    name, bound = "calibration_slope", f"its interval contains {target:g}"
    if slope.value is None or slope.low is None or slope.high is None:
        return _uncheckable(name, slope.text(), bound)
    away = max(slope.low - target, target - slope.high)
    if away <= 0:
        return _passed(name, slope.text(), bound)
    extreme = "too extreme" if slope.value < target else "too timid"
    return _refused(
        name, slope.text(), bound, by=f"missed by {away:.3f}; the risks are {extreme}"
    )


def _check_baselines(comparisons: Mapping[str, Comparison]) -> GateOutcome:
    name, bound = "baselines_compared", "one or more"
    if not comparisons:
        return _refused(name, "none", bound, by="compare it with a simple baseline")
    return _passed(name, ", ".join(comparisons), bound)


def _check_not_worse(name: str, other: Comparison, gates: Gates) -> GateOutcome:
    """Check log-loss and Brier score against another model's, on the same cases."""
    gate = f"not_worse_than_{name}"
    differences = {
        "log-loss": (other.differences["log_loss"], gates.log_loss_increase_at_most),
        "Brier score": (other.differences["brier"], gates.brier_increase_at_most),
    }
    found = ", ".join(f"{what} {d.text()}" for what, (d, _) in differences.items())
    bound = ", ".join(f"{what} +{b:g}" for what, (_, b) in differences.items())
    found, bound = f"differences: {found}", f"{bound}, or within its interval"
    over = {what: _measure_over(d, most) for what, (d, most) in differences.items()}
    if any(by is None for by in over.values()):
        return _uncheckable(gate, found, bound)
    worse = [f"{what} {by:.4f} too high" for what, by in over.items() if by]
    if not worse:
        return _passed(gate, found, bound)
    return _refused(gate, found, bound, by=", ".join(worse))


def _measure_over(difference: Estimate, most: float) -> float | None:
    """Return how far a difference lies over its bound; 0 where not significant.

    It is not, as long as the paired interval reaches 0.
    """
    if difference.value is None or difference.low is None:
        return None
    clearly_worse = difference.low > 0 and difference.value > most
    return difference.value - most if clearly_worse else 0.0


def _check_group_calibration(evidence: Evidence, gates: Gates) -> GateOutcome:
    name, most = "group_calibration_error", gates.group_calibration_error_at_most
    bound = f"{most:g} either way, or within its interval"
    if evidence.empty_groups:
        found = f"nobody in {', '.join(evidence.empty_groups[:_NAMED_GROUPS])}"
        return _uncheckable(name, found, bound)
    groups = evidence.groups
    if not groups:
        size = gates.smallest_evaluated_group
        return _passed(name, f"no group of {size} or more", bound)
    found = f"{len(groups)} groups"
    over = [group for group in groups if group.excess > 0]
    if not over:
        return _passed(name, found, bound)
    worst = sorted(over, key=lambda group: -group.excess)[:_NAMED_GROUPS]
    by = "; ".join(
        f"{group.name} "
        + ("(hidden)" if group.error.value is None else group.error.text())
        + f", about {group.excess:.2f} beyond"
        for group in worst
    )
    return _refused(name, f"{found}, {len(over)} beyond", bound, by=by)
