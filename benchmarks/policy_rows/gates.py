"""Gates ask for evidence: how often they pass, refuse and leave open, by what is true.

Test tables are simulated (risks, outcomes, groups), and judged by the product's own
estimates and gates; nothing is trained.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from benchmarks.policy_rows import Row
from riskscreen.evaluation import Bootstrap, Comparison, Estimate, EvaluationCases
from riskscreen.evaluation.bootstrap import compute_observed, compute_replicates
from riskscreen.evaluation.calibration_metrics import (
    calibration_slope,
    fit_calibration_curve,
    observed_minus_expected,
)
from riskscreen.evaluation.estimate import bootstrap_estimate
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.evaluation.gates import (
    ColumnShare,
    Evidence,
    check_calibration,
    check_gates,
    check_group_calibration,
)
from riskscreen.evaluation.group_calibration import GatedGroup, estimate_gated_groups
from riskscreen.evaluation.grouping import partition_by_column
from riskscreen.evaluation.metrics import estimate_auc
from riskscreen.model.verdicts import PASS, REFUSE, TOO_FEW
from riskscreen.spec import Gates

Floats = npt.NDArray[np.float64]
GATES = Gates()
REPLICATES = 100
"""Enough here: what is counted is verdicts over many tables."""
SIZES = (110, 200, 350, 600, 1_000, 1_800, 2_400, 3_200)
SHIFT = 0.09


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield the operating characteristics of the gates; *quick* is a smoke size."""
    draw = np.random.default_rng(13)
    yield from _measure_shifted(draw, 5 if quick else 125)
    yield _measure_honest(draw, 5 if quick else 120)
    for places in (7, 25):
        yield from _measure_municipality(draw, places, 10 if quick else 300)
    yield _measure_few(draw, 5 if quick else 100)
    yield _measure_shuffled(draw, 5 if quick else 40)


def draw_risks(draw: np.random.Generator, n: int) -> Floats:
    """Return *n* risks as a model of AUC about .72 shows them, .35 on average."""
    risks: Floats = expit(draw.normal(-0.75, 0.9, n))
    return risks


def draw_outcomes(draw: np.random.Generator, risk: Floats) -> Floats:
    """Return outcomes of the true *risk*."""
    return (draw.random(len(risk)) < risk).astype(np.float64)


def estimate_light(long: Floats, risk: Floats, seed: int) -> dict[str, Estimate]:
    """Return the estimates that the gates read, as an evaluation makes them."""
    cases, n = EvaluationCases.from_columns(long), len(long)
    bootstrap = Bootstrap(REPLICATES, seed)
    counts = bootstrap.draw_counts(n)
    found = {"auc": estimate_auc(cases, risk, bootstrap=bootstrap)}
    for name, metric in (
        ("observed_minus_expected", observed_minus_expected),
        ("calibration_slope", calibration_slope),
    ):
        statistic = partial(metric, long, risk)
        value = float(compute_observed(statistic, n))
        drawn = compute_replicates(statistic, counts)
        found[name] = bootstrap_estimate(value, drawn, n=n)
    found["ici"] = fit_calibration_curve(long, risk, counts).errors["ici"]
    found["base_rate"] = Estimate(float(long.mean()), None, None, n)
    return found


def judge(
    estimates: dict[str, Estimate], groups: tuple[GatedGroup, ...] = ()
) -> tuple[GateOutcome, ...]:
    """Return every gate's outcome; the model is better than the base rate."""
    better = Estimate(-0.02, -0.03, -0.01, n=estimates["auc"].n)
    differences = dict.fromkeys(("auc", "brier", "log_loss"), better)
    evidence = Evidence(
        estimates=estimates,
        comparisons={"base_rate": Comparison("model", "base rate", differences)},
        groups=groups,
        largest=ColumnShare(
            "c",
            Estimate(0.4, 0.35, 0.45, n=better.n),
            Estimate(0.6, 0.58, 0.62, n=better.n),
        ),
    )
    return check_gates(evidence, GATES)


def conclude(outcomes: tuple[GateOutcome, ...]) -> str:
    """Return the verdict of all gates together: the worst of them."""
    verdicts = {outcome.verdict for outcome in outcomes}
    return next(v for v in (REFUSE, TOO_FEW, PASS) if v in verdicts)


def _measure_shifted(draw: np.random.Generator, tables: int) -> Iterator[Row]:
    passed, refused = [], {}
    for n in SIZES:
        verdicts = []
        for seed in range(tables):
            true = draw_risks(draw, n)
            shown = (true - SHIFT).clip(0.005, 0.995)
            found = estimate_light(draw_outcomes(draw, true), shown, seed)
            verdicts.append(conclude(check_calibration(found, GATES)))
        passed += [verdict == PASS for verdict in verdicts]
        refused[n] = np.mean([verdict == REFUSE for verdict in verdicts])
    least = min(share for n, share in refused.items() if n >= 1_800)
    shares = ", ".join(f"{n:,} {share:.0%}" for n, share in refused.items())
    label = f"{len(passed):,} test tables, every risk {SHIFT:.0%} too low"
    yield _share(f"{label}: pass", np.mean(passed), 0.005, at_most=True)
    yield Row(
        f"{label}: refuse", shares, "95 % or more from 1,800", bool(least >= 0.95)
    )


def _measure_honest(draw: np.random.Generator, tables: int) -> Row:
    verdicts = []
    for seed in range(tables):
        shown = draw_risks(draw, 3_000)
        slope, error = draw.uniform(0.95, 1.05), draw.uniform(-0.01, 0.01)
        true = expit(slope * (logit(shown) - logit(0.35)) + logit(0.35))
        true = (true + error - (true - shown).mean()).clip(0.001, 0.999)
        found = estimate_light(draw_outcomes(draw, true), shown, seed)
        verdicts.append(conclude(check_calibration(found, GATES)) == PASS)
    label = "honest, 3,000 cases, slope .95-1.05, O−E ±.01: calibration gates pass"
    return _share(label, np.mean(verdicts), 0.95)


def _measure_municipality(
    draw: np.random.Generator, places: int, tables: int
) -> Iterator[Row]:
    named, passed, honest = [], [], []
    share = np.full(places, 0.96 / (places - 1))
    share[0] = 0.04
    for seed in range(2 * tables):
        risk = draw_risks(draw, 3_000)
        place = draw.choice(places, 3_000, p=share)
        odds = np.where(place == 0, np.log(3), 0.0)
        long = draw_outcomes(draw, expit(logit(risk) + odds))
        groups = _list_groups(place, long, risk, draw)
        outcome = check_group_calibration(groups, GATES, n=len(long))
        passed.append(outcome.verdict == PASS)
        first = outcome.message.partition(": ")[2]
        named.append(_name_first(first) == "municipality m00")
        if seed >= tables:
            continue
        long = draw_outcomes(draw, risk)
        outcomes = judge(
            estimate_light(long, risk, seed), _list_groups(place, long, risk, draw)
        )
        honest.append(conclude(outcomes) == PASS)
    label = f"one of {places} municipalities, 4 %, three times the odds"
    yield _share(f"{label}: named first", np.mean(named), 0.95)
    yield _share(f"{label}: pass", np.mean(passed), 0.04, at_most=True)
    yield _share(
        f"honest, {places} municipalities, all gates: pass", np.mean(honest), 0.85
    )


def _list_groups(
    place: npt.NDArray[np.int64],
    long: Floats,
    risk: Floats,
    draw: np.random.Generator,
) -> tuple[GatedGroup, ...]:
    """Return the groups of the municipality and of three columns beside it."""
    table = pd.DataFrame(
        {
            "municipality": [f"m{number:02}" for number in place],
            "sex": draw.choice(["f", "m"], len(long)),
            "age": draw.choice(["a", "b", "c", "d"], len(long)),
            "origin": draw.choice(["x", "y"], len(long), p=[0.9, 0.1]),
        }
    )
    return tuple(
        group
        for partition in partition_by_column(table)
        for group in estimate_gated_groups(partition, long, risk, hidden=set())
    )


def _name_first(message: str) -> str:
    """Return the group that a message names first, after its verdict."""
    for verdict in ("Refused: ", "Too few to say: "):
        if verdict in message:
            return message.partition(verdict)[2][: len("municipality m00")]
    return ""


def _measure_few(draw: np.random.Generator, tables: int) -> Row:
    said = []
    for seed in range(tables):
        risk = draw_risks(draw, int(draw.integers(25, 50)))
        found = estimate_light(draw_outcomes(draw, risk), risk, seed)
        outcomes = judge(found)
        words = next(o for o in outcomes if o.name == "observed_minus_expected")
        said.append(
            conclude(outcomes) == TOO_FEW and "could not be seen here" in words.message
        )
    label = "25 to 49 test cases: too few, with the error that could not be seen"
    return _share(label, np.mean(said), 1.0)


def _measure_shuffled(draw: np.random.Generator, tables: int) -> Row:
    passed = []
    for seed in range(tables):
        risk = draw_risks(draw, int(draw.choice(SIZES)))
        long = draw.permutation(draw_outcomes(draw, risk))
        passed.append(conclude(judge(estimate_light(long, risk, seed))) == PASS)
    return Row(
        f"shuffled labels, {tables} tables: pass",
        f"{sum(passed)}",
        "0",
        not any(passed),
    )


def _share(measure: str, found: float, bound: float, *, at_most: bool = False) -> Row:
    must = f"{bound:.1%} or {'less' if at_most else 'more'}"
    met = found <= bound if at_most else found >= bound
    return Row(measure, f"{found:.1%}", must, bool(met))
