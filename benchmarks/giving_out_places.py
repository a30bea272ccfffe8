"""Give out a week's places in three ways; count the hits of each.

Run: python -m benchmarks.giving_out_places. Simulated weeks with known risks: the
highest of the whole week, which nobody knows at intake; the places night by night to
whoever lies above the base risk, while they last; everybody from the threshold on that
fills the places of an average week. Prints hits a week, and in how many weeks more are
proposed than there are places.
"""

import numpy as np
import pandas as pd

from riskscreen.arrivals import find_log_odds_with, name_units
from riskscreen.policy import NOBODY
from riskscreen.training.model_parts.arrival_counts import count_arrivals

WEEKS = 2_000
PLACES = 14
NIGHTS = 5
BASE_RISK = 0.3


def main() -> None:
    """Print a line for each number of cases a week."""
    print("cases a week, hits: whole week, night by night, threshold; weeks overrun")
    for arrivals in (26, 100, 200):
        whole, nightly, above, overrun = simulate_weeks(arrivals)
        print(f"{arrivals} {whole:.1f} {nightly:.1f} {above:.1f} {overrun:.0%}")


def simulate_weeks(
    arrivals: int, *, weeks: int = WEEKS
) -> tuple[float, float, float, float]:
    """Return the mean hits of the three ways, and the share of weeks that overrun."""
    random = np.random.default_rng(arrivals)
    threshold = find_threshold(random, arrivals)
    hits, overrun = np.zeros(3), 0
    for _ in range(weeks):
        n = random.poisson(arrivals)
        risk = 1 / (1 + np.exp(-draw_log_odds(random, n)))
        night = np.sort(random.integers(0, NIGHTS, n))
        due = risk > BASE_RISK
        by_risk = np.argsort(-risk)
        highest = by_risk[due[by_risk]][:PLACES]
        # Within a night the highest come first.
        first = np.lexsort((-risk, night))
        first = first[due[first]][:PLACES]
        proposed = np.flatnonzero(due & (risk >= threshold))
        hits += [risk[taken].sum() for taken in (highest, first, proposed)]
        overrun += len(proposed) > PLACES
    return (*(float(mean) for mean in hits / weeks), overrun / weeks)


def find_threshold(random: np.random.Generator, arrivals: int) -> float:
    """Return the threshold that a year of other arrivals sets, as the product does."""
    n = random.poisson(52 * arrivals)
    since = pd.Timestamp("2024-01-01")
    days = since + pd.to_timedelta(random.integers(0, 364, n), unit="D")
    unit = pd.Series(["A"] * n)
    counted = count_arrivals(
        draw_log_odds(random, n),
        name_units(unit, unit),
        np.arange(n),
        pd.Series(days),
        since=since,
        until=since + pd.Timedelta(weeks=52),
    )
    log_odds = find_log_odds_with(counted.bins, PLACES * counted.weeks)
    return min(float(1 / (1 + np.exp(-log_odds))), NOBODY)


def draw_log_odds(random: np.random.Generator, n: int) -> np.ndarray:
    """Draw the log-odds of *n* cases: three in ten are long, AUC about .74."""
    return random.normal(-1.0, 1.0, n)


if __name__ == "__main__":
    main()
