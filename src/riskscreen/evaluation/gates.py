"""Check whether a model may be approved: its specification's gates, an outcome each.

A gate asks for evidence. Its bounds are a region that the true figure must lie in, and
the figure's 95 % interval decides (2.5 % on either side, the conventional half of a
two-sided 5 %: ICH E9, §3.3.2 and §5.5; the principle is Schuirmann's two one-sided
tests, 1987, doi 10.1007/BF01068419): *pass* where the whole interval lies inside,
*refuse* where the whole interval lies outside, else *too few* to say. The level is the
same for every gate, and the interval is the one that the card prints.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from riskscreen.disclosure.suppression import FEW
from riskscreen.evaluation.comparison import Comparison
from riskscreen.evaluation.estimate import DETECTED, NORMAL_REACH, Estimate
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.evaluation.group_calibration import GatedGroup, describe_unseen
from riskscreen.evaluation.shipped_difference import ShippedDifference
from riskscreen.model.records import Said
from riskscreen.model.verdicts import PASS, REFUSE, TOO_FEW, Verdict
from riskscreen.spec import Gates

POOLED = "pooled over the periods of the rolling origin"

FEWEST_CASES = 50
"""Of fewer test cases nothing is said but that they are too few: a percentile interval
of so few is not one of 95 %."""

_NAMED_GROUPS = 5
_NEAREST = 0.1
"""The estimate is taken to lie at least this share of an interval from a bound."""


@dataclass(frozen=True, slots=True)
class ColumnShare:
    """The column that carries most of what the model knows.

    ``share`` is its share of that, ``auc`` how well it alone tells the outcomes apart.
    """

    column: Said
    share: Estimate
    auc: Estimate


@dataclass(frozen=True, slots=True)
class Evidence:
    """What gates are checked by, of a new evaluation or of its record.

    *estimates* are those of the evaluation, by name. *comparisons* are with each simple
    baseline on the same cases, *approved* with the approved model (None where there is
    none). *groups* are None where there is no column to evaluate by; *empty_groups* are
    groups that the specification declares and in which the audit table has nobody.
    *pilot* says why the data make no more than a pilot, where they do not. *pooled* are
    the estimates of the rolling origin's periods together, each by a fit of the same
    recipe to its own past; none where they were not made. *shipped* is how far the
    model that is shipped lies from the judged one; None where nothing is shipped yet.
    """

    estimates: Mapping[str, Estimate]
    comparisons: Mapping[str, Comparison]
    approved: Comparison | None = None
    groups: tuple[GatedGroup, ...] = ()
    empty_groups: tuple[str, ...] = ()
    largest: ColumnShare | None = None
    pilot: str = ""
    pooled: Mapping[str, Estimate] = field(default_factory=dict)
    shipped: ShippedDifference | None = None


def check_gates(evidence: Evidence, gates: Gates) -> tuple[GateOutcome, ...]:
    """Return the outcome of every gate, in the order of a card."""
    approved = {"approved": evidence.approved} if evidence.approved else {}
    against = {**evidence.comparisons, **approved}
    return (
        *_pool(check_calibration, evidence, gates),
        *_pool(check_discrimination, evidence, gates),
        check_one_column(evidence.largest, gates),
        _check_baselines(evidence.comparisons),
        *(_check_not_worse(name, other, gates) for name, other in against.items()),
        check_group_calibration(
            evidence.groups,
            gates,
            n=evidence.estimates["auc"].n,
            empty=evidence.empty_groups,
        ),
        *(check_shipped(evidence.shipped, gates) if evidence.shipped else ()),
        *_check_data(evidence.pilot),
    )


def _pool(
    check: Callable[[Mapping[str, Estimate], Gates], tuple[GateOutcome, ...]],
    evidence: Evidence,
    gates: Gates,
) -> Iterator[GateOutcome]:
    """Yield *check*'s outcomes; of the test's too few cases, that of all periods.

    The pooled figure decides only where the test leaves open, and the outcome names
    both: what the test alone refuses or passes stands.
    """
    outcomes = check(evidence.estimates, gates)
    if not evidence.pooled:
        yield from outcomes
        return
    for own, pooled in zip(outcomes, check(evidence.pooled, gates), strict=True):
        if own.verdict != TOO_FEW or pooled.verdict == TOO_FEW:
            yield own
            continue
        found = f"{pooled.found}, {POOLED}; the test year alone {own.found}"
        yield replace(
            pooled,
            found=found,
            message=pooled.message.replace(pooled.found, found, 1),
        )


@dataclass(frozen=True, slots=True)
class _Region:
    """Where a true figure must lie, in numbers and words, and what it means outside."""

    low: float
    high: float
    words: str
    too_low: str = ""
    too_high: str = ""


def check_calibration(
    estimates: Mapping[str, Estimate], gates: Gates
) -> tuple[GateOutcome, ...]:
    """Return the outcomes for observed minus expected, slope and ICI.

    Raises KeyError naming the estimate that is missing.
    """
    away = gates.observed_minus_expected_at_most
    low, high = gates.calibration_slope_at_least, gates.calibration_slope_at_most
    regions = {
        "observed_minus_expected": _Region(-away, away, f"{away:g} either way"),
        "calibration_slope": _Region(
            low,
            high,
            f"{low:g} to {high:g}",
            "the risks are too extreme",
            "the risks are too timid",
        ),
        "ici": _Region(-math.inf, gates.ici_at_most, f"{gates.ici_at_most:g} or less"),
    }
    events = _count_events(estimates)
    return tuple(
        _check_inside(name, estimates[name], region, events)
        for name, region in regions.items()
    )


def check_discrimination(
    estimates: Mapping[str, Estimate], gates: Gates
) -> tuple[GateOutcome, ...]:
    """Return the outcomes for an AUC that is too low, or too good to be true.

    Raises KeyError naming the estimate that is missing.
    """
    auc, least, most = estimates["auc"], gates.auc_at_least, gates.auc_at_most
    backwards = auc.value is not None and auc.value < 0.5
    labels = "it ranks backwards, check the labels" if backwards else ""
    leak = "look for a column that knows the outcome"
    plausible = f"{most:g} or less, to be plausible"
    regions = {
        "auc_at_least": _Region(least, math.inf, f"{least:g} or more", labels),
        "auc_at_most": _Region(-math.inf, most, plausible, too_high=leak),
    }
    events = _count_events(estimates)
    return tuple(
        _check_inside(name, auc, region, events) for name, region in regions.items()
    )


def check_one_column(largest: ColumnShare | None, gates: Gates) -> GateOutcome:
    """Return the outcome for a column that carries too much, and much.

    A leak has both: most of the model's signal, and a signal that is strong (the AUC of
    the column alone). A large share of a weak signal is a weak model's, not a leak's.
    A column is cleared by evidence alone: where either interval lies below its bound.
    It is accused where its share is too large and the whole interval of its AUC lies
    above.
    """
    name = "column_contribution_share_at_most"
    most, strong = gates.column_contribution_share_at_most, gates.column_auc_at_most
    bound = f"{most:.2f} of the model's signal, or an AUC alone of {strong:g} or less"
    if largest is None:
        return _outcome(name, REFUSE, "not available", bound, "it cannot be checked")
    share, auc = largest.share, largest.auc
    found = f"{largest.column} carries {share.text()}, AUC alone {auc.text()}"
    large, much = (
        _check_inside(name, estimate, _Region(-math.inf, end, bound), None).verdict
        for estimate, end in ((share, most), (auc, strong))
    )
    over = (share.value or 0.0) - most
    if PASS in (large, much):
        return _outcome(name, PASS, found, bound)
    if much == REFUSE and over > 0:
        why = f"{over:.2f} too much; check when it is known"
        return _outcome(name, REFUSE, found, bound, why)
    why = "share or AUC may lie on either side; check when it is known"
    return _outcome(name, TOO_FEW, found, bound, why)


def check_group_calibration(
    groups: tuple[GatedGroup, ...],
    gates: Gates,
    *,
    n: int,
    empty: tuple[str, ...] = (),
) -> GateOutcome:
    """Return the outcome for the shrunken error of every group and municipality.

    *n* are the test cases, each of which is in several of *groups*.
    """
    name, most = "group_calibration_error", gates.group_calibration_error_at_most
    bound = f"{most:g} either way, after shrinkage"
    if empty:
        found = f"nobody in {', '.join(empty[:_NAMED_GROUPS])}"
        return _outcome(name, REFUSE, found, bound, "it cannot be checked")
    if not groups:
        return _outcome(name, PASS, "no column to evaluate by", bound)
    beyond = {group.name: group.measure_beyond(most) for group in groups}
    worst = sorted(groups, key=lambda group: beyond[group.name], reverse=True)
    found = f"{len(groups)} groups"
    refused = [group for group in worst if beyond[group.name][0] > 0]
    undecided = [group for group in worst if beyond[group.name][1] > 0]
    if refused:
        found = f"{found}, {len(refused)} beyond"
        why = "; ".join(
            f"{group.words}, {beyond[group.name][0]:.2f} beyond"
            for group in refused[:_NAMED_GROUPS]
        )
        return _outcome(name, REFUSE, found, bound, why)
    if undecided or n < FEWEST_CASES:
        found = f"{found}, {len(undecided)} not decided"
        why = "; ".join(group.words for group in worst[:_NAMED_GROUPS])
        return _outcome(name, TOO_FEW, found, bound, why)
    return _outcome(name, PASS, f"{found}{describe_unseen(groups, most)}", bound)


def check_shipped(
    difference: ShippedDifference, gates: Gates
) -> tuple[GateOutcome, ...]:
    """Return the outcomes for how far the shipped model lies from the judged one.

    Both models' risks of the same cases are known, so the figure itself decides.
    """
    bounds = {
        "shipped_risk_difference": (
            difference.risk,
            gates.shipped_risk_difference_at_most,
        ),
        "shipped_proposal_changes": (
            difference.proposals,
            gates.shipped_proposal_changes_at_most,
        ),
    }
    outcomes = []
    for name, (found, most) in bounds.items():
        words, bound = "not available", f"{most:g} or less"
        verdict, why = TOO_FEW, "too few cases of the newest intake"
        if found is not None:
            words = f"{found:.3f} on the newest {difference.cases:,} cases"
            verdict, why = PASS, ""
            if found > most:
                verdict = REFUSE
                why = f"{found - most:.3f} too far; the figures are of another model"
        elif difference.cases is not None:
            verdict, why, words = PASS, "", "nobody is proposed"
        outcomes.append(_outcome(name, verdict, words, bound, why))
    return tuple(outcomes)


def _outcome(
    name: str, verdict: Verdict, found: str, bound: str, why: str = ""
) -> GateOutcome:
    said = {PASS: "Passed", REFUSE: "Refused", TOO_FEW: "Too few to say"}[verdict]
    reason = f": {why}" if why else ""
    message = f"{name}: {found}; bound: {bound}. {said}{reason}."
    return GateOutcome(name, verdict, found, bound, message)


def _check_inside(
    name: str, estimate: Estimate, region: _Region, events: float | None
) -> GateOutcome:
    """Compare the interval of *estimate* with *region*, its ends included."""
    too_few = estimate.n < FEWEST_CASES or FEW in estimate.note
    if estimate.value is None and not too_few:
        verdict, why = REFUSE, "it cannot be checked"
    elif estimate.value is None or estimate.low is None or estimate.high is None:
        verdict, why = TOO_FEW, "there is no interval"
    elif too_few:
        why = f"fewer than {FEWEST_CASES} cases; {_say_unseen(estimate)}"
        verdict = TOO_FEW
    elif estimate.high < region.low:
        verdict, why = REFUSE, f"{region.low - estimate.value:.3f} too low"
        why = "; ".join(filter(None, (why, region.too_low)))
    elif estimate.low > region.high:
        verdict, why = REFUSE, f"{estimate.value - region.high:.3f} too high"
        why = "; ".join(filter(None, (why, region.too_high)))
    elif region.low <= estimate.low and estimate.high <= region.high:
        verdict, why = PASS, ""
    else:
        verdict = TOO_FEW
        why = f"{_say_unseen(estimate)}{_say_needed(estimate, region, events)}"
    return _outcome(name, verdict, estimate.text(), region.words, why)


def _say_unseen(estimate: Estimate) -> str:
    """Say which difference these cases would not have shown."""
    half = ((estimate.high or 0.0) - (estimate.low or 0.0)) / 2
    return f"an error under {half / NORMAL_REACH * DETECTED:.2f} could not be seen here"


def _say_needed(estimate: Estimate, region: _Region, events: float | None) -> str:
    """Say how many long cases would decide, did the estimate stay where it is.

    The interval shrinks with the root of their number.
    """
    if events is None or estimate.value is None:
        return ""
    half = ((estimate.high or 0.0) - (estimate.low or 0.0)) / 2
    room = min(
        abs(estimate.value - end)
        for end in (region.low, region.high)
        if math.isfinite(end)
    )
    factor = (half / max(room, _NEAREST * half)) ** 2
    needed = math.ceil(events * factor / 10) * 10
    return f"; about {needed:,} long cases would decide"


def _count_events(estimates: Mapping[str, Estimate]) -> float | None:
    base = estimates.get("base_rate")
    return None if base is None or base.value is None else base.value * base.n


def _check_data(pilot: str) -> Iterator[GateOutcome]:
    """Yield the outcome for data that make no more than a pilot, where they do not."""
    if pilot:
        bound = "the horizon between training and test"
        yield _outcome("time_between", TOO_FEW, "less", bound, pilot.rstrip("."))


def _check_baselines(comparisons: Mapping[str, Comparison]) -> GateOutcome:
    name, bound = "baselines_compared", "one or more"
    if not comparisons:
        why = "compare it with a simple baseline"
        return _outcome(name, REFUSE, "none", bound, why)
    return _outcome(name, PASS, ", ".join(comparisons), bound)


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
        return _outcome(gate, TOO_FEW, found, bound, "there is no interval")
    worse = [f"{what} {by:.4f} too high" for what, by in over.items() if by]
    if not worse:
        return _outcome(gate, PASS, found, bound)
    return _outcome(gate, REFUSE, found, bound, ", ".join(worse))


def _measure_over(difference: Estimate, most: float) -> float | None:
    """Return how far a difference lies over its bound; 0 where not significant.

    It is not, as long as the paired interval reaches 0.
    """
    if difference.value is None or difference.low is None:
        return None
    clearly_worse = difference.low > 0 and difference.value > most
    return difference.value - most if clearly_worse else 0.0
