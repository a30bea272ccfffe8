"""Which shape of calibration, and how much of its bend, cross-fitted cases bear out.

Run: python -m benchmarks.calibration_shapes [--seeds 1 2] [--cases 1500 6000 20000].
Prints, for each shape and each way to take its bend, the log-loss that it saves beside
a straight line, in nats summed over sites; so for the product of long among those who
stay and of staying, as training fits it. Each site's training cases have out-of-fold
log-odds (light fits); every block of time is left out in turn, the shape is fitted to
the others and judged on it, at a level of its own. No truth of the municipality is
read: what a shape is chosen by, a site with real people could compute.
"""

import argparse
from collections import defaultdict

import numpy as np

from benchmarks.light_fit import train_lightly
from riskscreen.model.calibration import soften
from riskscreen.model.calibration_fit import compute_log_loss, fit_intercept
from riskscreen.model.irls import fit_logistic_regression
from riskscreen.training.candidates.cross_fitting import fit_block_calibration
from riskscreen_synthetic import synthesise_site

SITES = (
    ("long_absence", "default"),
    ("long_absence", "other"),
    ("long_absence", "dependent"),
    ("long_benefit", "default"),
    ("long_unemployment", "default"),
)
FLOOR = 0.05
PRODUCT = "beta calibration of those who stay, times staying"
SHRUNKEN = "(LR - 1) / LR of it"


def list_shapes(z):
    """Return each shape's bend: rising from slope 0 far below to slope 1 far above."""
    mean, sd = z.mean(), z.std()
    low, middle, high = np.quantile(z, (0.1, 0.5, 0.9))

    def cubic(x):  # Harrell's restricted cubic spline of three knots
        def part(knot):
            return np.maximum(x - knot, 0.0) ** 3

        share = (high - low) / (high - middle)
        bend = part(low) - share * part(middle) + (share - 1) * part(high)
        return bend / (3 * (high - low) * (middle - low))

    return {
        "beta calibration": soften,
        "beta calibration, standardised": lambda x: sd * soften((x - mean) / sd),
        "the same, twice as sharp": lambda x: sd / 2 * soften((x - mean) / sd * 2),
        "cubic spline, three knots": cubic,
        "line with a knot at the median": lambda x: np.maximum(x - middle, 0.0),
    }


def fit_slopes(columns, long, block):
    """Return the coefficients of *columns*, FLOOR at least, and the log-likelihood."""
    levels = np.eye(block.max() + 1)[block]
    held, free = np.zeros(columns.shape[1]), list(range(columns.shape[1]))
    while True:
        design = np.column_stack([columns[:, free], levels])
        ridge = np.diag(np.r_[np.full(len(free), 1e-6), np.full(levels.shape[1], 1e-2)])
        offset = columns @ held
        found = fit_logistic_regression(
            design, long, start=np.zeros(len(ridge)), penalty=ridge, offset=offset
        )
        under = [at for at, value in zip(free, found, strict=False) if value < FLOOR]
        if not under:
            held[free] = found[: len(free)]
            return held, -compute_log_loss(offset + design @ found, long).sum()
        held[under[0]] = FLOOR
        free.remove(under[0])


def fit_each_way(bend, z, long, block):
    """Return (lower, upper) slopes by each way to take the bend."""
    line, straight = fit_slopes(z[:, None], long, block)
    line = np.repeat(line, 2)
    columns = np.column_stack([z - bend(z), bend(z)])
    best, bent = fit_slopes(columns, long, block)
    ratio = 2 * (bent - straight)
    return {
        "line": line,
        "whole": best,
        SHRUNKEN: line + max(0.0, 1 - 1 / max(ratio, 1)) * (best - line),
        "where LR > 3.84": best if ratio > 3.84 else line,
    }


def measure_gains(z, cases, block):
    """Yield (shape, way, nats saved beside the line) by leaving each block out."""
    yield PRODUCT, SHRUNKEN, measure_product(z, cases, block)
    long = cases.long
    for shape, bend in list_shapes(z).items():
        losses = defaultdict(float)
        for left in np.unique(block):
            out = block == left
            kept = np.unique(block[~out], return_inverse=True)[1]
            for way, (lower, upper) in fit_each_way(
                bend, z[~out], long[~out], kept
            ).items():
                shown = lower * (z[out] - bend(z[out])) + upper * bend(z[out])
                level = fit_intercept(shown, long[out])
                losses[way] += compute_log_loss(shown + level, long[out]).sum()
        for way, loss in losses.items():
            if way != "line":
                yield shape, way, losses["line"] - loss


def measure_product(z, cases, block):
    """Return the nats that the product of both saves beside the line."""
    saved = 0.0
    for left in np.unique(block):
        out = block == left
        kept = np.unique(block[~out], return_inverse=True)[1]
        others, long = cases.take(np.flatnonzero(~out)), cases.long[out]
        slope = fit_slopes(z[~out, None], others.long, kept)[0]
        product = fit_block_calibration(z[~out], others, kept).shape.apply(z[out])
        for sign, shown in ((1, slope * z[out]), (-1, product)):
            level = fit_intercept(shown, long)
            saved += sign * compute_log_loss(shown + level, long).sum()
    return saved


def cross_fit_site(target, shape, seed, cases):
    """Return out-of-fold log-odds, the training cases and the block of each."""
    site = synthesise_site(cases=cases, shape=shape, seed=seed)
    dataset, result = train_lightly(site, target)
    block = result.split.split_blocks(seed=dataset.spec.estimator.seed).block
    z = result.candidates["logistic"].out_of_fold_log_odds
    return z, dataset.to_arrays().take(result.split.train), block


def main():
    """Print the nats that every shape saves, by size of site."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--cases", type=int, nargs="*", default=[1_500, 6_000, 20_000])
    asked = parser.parse_args()
    saved = defaultdict(float)
    for cases in asked.cases:
        for target, shape in SITES:
            for seed in asked.seeds:
                site = cross_fit_site(target, shape, seed, cases)
                for bend, way, nats in measure_gains(*site):
                    saved[bend, way, cases] += nats
    heads = [f"{cases:,} cases" for cases in asked.cases]
    print("| shape | of its bend |", " | ".join(heads), "| all |")
    print("|---|---|", "---|" * (len(heads) + 1), sep="")
    for bend, way in dict.fromkeys((bend, way) for bend, way, _ in saved):
        nats = [saved[bend, way, cases] for cases in asked.cases]
        cells = " | ".join(f"{one:+.1f}" for one in (*nats, sum(nats)))
        print(f"| {bend} | {way} | {cells} |")


if __name__ == "__main__":
    main()
