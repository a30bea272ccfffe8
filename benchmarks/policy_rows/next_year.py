"""Next year lies where the card says, and pooled years pass nothing that is wrong.

Test years are simulated (risks, outcomes, an effect of each year on the log-odds), and
judged by the product's own estimates, intervals and gates; nothing is trained.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, logit

from benchmarks.policy_rows import Row
from benchmarks.policy_rows.gates import (
    GATES,
    SHIFT,
    Floats,
    draw_outcomes,
    draw_risks,
    estimate_light,
)
from riskscreen.evaluation import Estimate
from riskscreen.evaluation.gates import Evidence, check_gates
from riskscreen.evaluation.random_effects import predict_next_year
from riskscreen.model.verdicts import PASS, REFUSE, TOO_FEW

YEARS = 4
YEAR_SD = 0.15
PLAIN = ("observed_minus_expected", "calibration_slope", "ici")


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield how often the next year lies in its interval, and what pooling passes."""
    draw = np.random.default_rng(17)
    yield _measure_next_year(draw, 50 if quick else 1_000)
    yield from _measure_pooled(draw, 5 if quick else 30)


def _measure_next_year(draw: np.random.Generator, tables: int) -> Row:
    inside, alone = [], []
    for _ in range(tables):
        periods = []
        for effect in draw.normal(0, YEAR_SD, YEARS):
            risk = draw_risks(draw, 3_000)
            long = draw_outcomes(draw, expit(logit(risk) + effect))
            periods.append({"observed_minus_expected": _estimate_error(long, risk)})
        risk = draw_risks(draw, 3_000)
        true = expit(logit(risk) + draw.normal(0, YEAR_SD)).mean() - risk.mean()
        next_year = predict_next_year(periods)[0].site
        newest = periods[-1]["observed_minus_expected"]
        inside.append(_holds(next_year, true))
        alone.append(_holds(newest, true))
    found = f"{np.mean(inside):.1%}; the test year's own interval {np.mean(alone):.1%}"
    return Row(
        f"next year's O−E, year SD {YEAR_SD}, {YEARS} years of 3,000: inside",
        found,
        "93 to 98 %",
        bool(0.93 <= np.mean(inside) <= 0.98),
    )


def _estimate_error(long: Floats, risk: Floats) -> Estimate:
    error, half = long - risk, 1.959964 * np.std(long - risk) / np.sqrt(len(long))
    value = float(error.mean())
    return Estimate(value, float(value - half), float(value + half), len(long))


def _holds(interval: Estimate, true: float) -> bool:
    assert interval.low is not None  # there are years enough
    assert interval.high is not None
    return bool(interval.low <= true <= interval.high)


def _measure_pooled(draw: np.random.Generator, tables: int) -> Iterator[Row]:
    """Yield verdicts on one year, and on it with the others pooled."""
    for shift, label in ((SHIFT, f"every risk {SHIFT:.0%} too low"), (0.0, "honest")):
        alone, pooled = [], []
        for seed in range(tables):
            years = [_draw_year(draw, 1_000, shift) for _ in range(YEARS)]
            long, risk = map(np.concatenate, zip(*years, strict=True))
            own = estimate_light(*years[-1], seed)
            together = estimate_light(long, risk, seed)
            alone.append(_conclude(Evidence(own, {})))
            pooled.append(_conclude(Evidence(own, {}, pooled=together)))
        passed, few = (
            f"{np.mean([v == verdict for v in pooled]):.1%}"
            f" (one year alone {np.mean([v == verdict for v in alone]):.1%})"
            for verdict in (PASS, TOO_FEW)
        )
        share = np.mean([v == PASS for v in pooled])
        met = share <= 0.005 if shift else share >= np.mean([v == PASS for v in alone])
        must = "pass 0.5% or less" if shift else "pass more often than one year alone"
        yield Row(
            f"{YEARS} years of 1,000 cases pooled, {label}: calibration gates",
            f"pass {passed}, too few {few}",
            must,
            bool(met),
        )


def _draw_year(
    draw: np.random.Generator, n: int, shift: float
) -> tuple[Floats, Floats]:
    true = draw_risks(draw, n)
    return draw_outcomes(draw, true), (true - shift).clip(0.005, 0.995)


def _conclude(evidence: Evidence) -> str:
    outcomes = check_gates(evidence, GATES)
    verdicts = {one.verdict for one in outcomes if one.name in PLAIN}
    return next(v for v in (REFUSE, TOO_FEW, PASS) if v in verdicts)
