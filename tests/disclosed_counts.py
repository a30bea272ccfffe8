"""What a reader works out of a printed table by group: the oracle of hiding.

Written from the printed rows alone, by another formulation than the product's: one
mixed-integer programme per hidden count, over whole numbers of people.
"""

from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import LinearConstraint, milp

from riskscreen.documents.cards.record import to_json
from riskscreen.evaluation import Bootstrap, EvaluationCases
from riskscreen.evaluation.fairness import Groupings, evaluate_fairness
from riskscreen.spec import Gates
from tests.proposed import highest

WIDE = 3
"""A range is wide where its ends are so far apart: four values fit at least."""


def sparse_cases(seed, columns=2):
    """Groups and outcomes of 60 to 900 cases, some groups and cells rare or empty."""
    draw = np.random.default_rng(seed)
    levels = draw.integers(2, 5, columns)
    shares = draw.dirichlet(np.full(int(np.prod(levels)), 0.25))
    n = int(draw.integers(60, 900))
    cell = np.unravel_index(draw.choice(len(shares), n, p=shares), levels)
    groups = pd.DataFrame(
        {f"c{k}": [f"v{v}" for v in column] for k, column in enumerate(cell)}
    )
    long = (draw.random(n) < draw.uniform(0.15, 0.85)).astype(float)
    return groups, long, draw.random(n)


def printed(groups, long, risk):
    """The rows of the table as JSON holds them, flagged at a fifth."""
    cases = EvaluationCases.from_columns(long)
    found = evaluate_fairness(
        cases,
        risk,
        Groupings(groups),
        proposed=highest(cases, risk, share=0.2),
        gates=Gates(),
        bootstrap=Bootstrap(replicates=2),
    )
    return to_json(found)["groups"]


def ranges_of_hidden(rows, n, n_long):
    """(by, values, what, low, high) of each size and outcome that *rows* hide.

    *n* cases, *n_long* of which became long, stand on the card above the table. Columns
    are crossed whole; groups that are not listed are empty. From ``WIDE`` on a range is
    not followed to its ends: that much is known not to be given away.
    """
    cells = _cells(rows)
    m = len(cells)
    known = [(np.ones(2 * m), n, n), (np.repeat([1, 0], m), n_long, n_long)]
    secret = []
    for row in rows:
        group = dict(zip(row["by"], row["values"], strict=True))
        inside = np.array([group.items() <= cell.items() for cell in cells], float)
        size, outcome = np.r_[inside, inside], np.r_[inside, 0 * inside]
        hides = row["n"] is None
        known.append((size, 1, np.inf) if hides else (size, row["n"], row["n"]))
        if hides:
            secret.append((row, "n", size))
        rate = row["estimates"]["base_rate"]["value"]
        if rate is None:
            secret.append((row, "long", outcome))
        else:
            known.append((outcome, *[round(row["n"] * rate)] * 2))
    sums, low, high = zip(*known, strict=True)
    rules = LinearConstraint(np.array(sums), low, high)
    # What fits the rules widens every range, whichever it was looked for.
    fits, found = [], []
    for row, what, goal in secret:
        values = [round(float(goal @ fit)) for fit in fits]
        if not fits or max(values) - min(values) < WIDE:
            fits += (own := _fits_of_ends(goal, rules))
            values = [round(float(goal @ fit)) for fit in own]
        found.append(
            (tuple(row["by"]), tuple(row["values"]), what, min(values), max(values))
        )
    return found


def _cells(rows):
    """Every crossing of the columns' groups whose pairs are all listed."""
    singles = [r for r in rows if len(r["by"]) == 1]
    names = sorted({r["by"][0] for r in singles})
    levels = [[r["values"][0] for r in singles if r["by"] == [k]] for k in names]
    listed = {(tuple(r["by"]), tuple(r["values"])) for r in rows}
    pairs = {tuple(r["by"]) for r in rows if len(r["by"]) == 2}
    cells = (dict(zip(names, values, strict=True)) for values in product(*levels))
    return [
        cell
        for cell in cells
        if all((by, tuple(cell[name] for name in by)) in listed for by in pairs)
    ]


def _fits_of_ends(goal, rules):
    """Whole numbers of people that fit the *rules*: fewest of *goal*, and most."""
    fits = []
    for sign in (1, -1):
        best = milp(sign * goal, constraints=rules, integrality=np.ones_like(goal))
        assert best.status == 0, best.message
        fits.append(best.x)
    return fits


def given_away(groups, long, risk):
    """(how many counts are hidden, those that are worked out or nearly so).

    A count is worked out where one value fits everything printed, and nearly so where
    it is of 1 to 4 people and fewer than four values do.
    """
    rows = printed(groups, long, risk)
    found = ranges_of_hidden(rows, len(long), int(long.sum()))
    told = []
    for by, values, what, low, high in found:
        inside = np.logical_and.reduce(
            [groups[b] == v for b, v in zip(by, values, strict=True)]
        )
        true = int(inside.sum() if what == "n" else long[inside].sum())
        assert low <= true <= high or high - low >= WIDE
        other = int(inside.sum()) - true if what == "long" else true
        is_small = 0 < true < 5 or 0 < other < 5
        if high == low or (is_small and high - low < WIDE):
            told.append((by, values, what, low, high))
    return len(found), told
