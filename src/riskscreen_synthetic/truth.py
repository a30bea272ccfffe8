"""The true risk of each synthetic case: P(registered outcome | what may be seen at T0).

Seen are the intake columns as the file holds them, the history registered by T0 up to
the register lag, the age of the case and the rules of its day. Everything else is
averaged out: frailty, practice of the municipality, sex and origin by a Gauss rule
(exact to about 1e-4), the register's noise and every week of the course by their exact
sums, missing values by drawing them anew from their distribution given what is seen.
The risk is of all such citizens: whoever leaves otherwise by the horizon is not long.
"""

from dataclasses import dataclass

import numpy as np

from riskscreen_synthetic.columns import fill_hidden, select_rows
from riskscreen_synthetic.hazards import (
    Clock,
    Frailty,
    Predictors,
    TrueOutcome,
    compute_shares,
)
from riskscreen_synthetic.models import Cases, Course
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import OPEN, Flags, Floats, Ints, Record


@dataclass(frozen=True)
class Truth:
    """``risk`` with its standard error from drawing missing values, and ``latent``.

    ``left`` is P(left) beside it; what remains of 1 is P(not long). ``latent`` is the
    risk of whoever also sees the missing values and the frailty.
    """

    risk: Floats
    left: Floats
    error: Floats
    latent: Floats


def compute_true_risk(  # noqa: PLR0913  (what a truth is of)
    random: Random,
    course: Course,
    outcome: TrueOutcome,
    cases: Cases,
    *,
    hidden: dict[str, Flags],
    draws: int,
    seen_through: int | None = None,
) -> Truth:
    """Return the truth for one outcome; *hidden* says what its specification lacks.

    Where the course has facts that come, those that came by the week *seen_through* are
    seen; without it none are.
    """
    lacking = np.any(list(hidden.values()), axis=0)
    risk, left = np.empty(len(cases)), np.empty(len(cases))
    error = np.zeros(len(cases))
    whole = np.flatnonzero(~lacking)
    risk[whole], left[whole] = _compute_shares(
        course,
        outcome,
        cases,
        whole,
        select_rows(cases.drawn, whole),
        seen_through,
    )
    part = np.flatnonzero(lacking)
    known, true = select_rows(cases.known, part), select_rows(cases.drawn, part)
    unseen = select_rows(hidden, part)
    drawn, gone = np.empty((2, draws, len(part)))
    for number in range(draws):
        guess = fill_hidden(true, course.draw(random, known), unseen)
        drawn[number], gone[number] = _compute_shares(
            course, outcome, cases, part, guess, seen_through
        )
    risk[part], left[part] = drawn.mean(axis=0), gone.mean(axis=0)
    error[part] = drawn.std(axis=0, ddof=1) / np.sqrt(draws)
    return Truth(risk, left, error, _compute_latent(course, outcome, cases))


def _compute_shares(
    course: Course,
    outcome: TrueOutcome,
    cases: Cases,
    chosen: Ints,
    drawn: Record,
    seen_through: int | None,
) -> tuple[Floats, Floats]:
    known = select_rows(cases.known, chosen)
    clock = cases.clock.where(chosen)
    predictors = course.predict(known, drawn, clock.regime)
    return _average_paces(
        course, outcome, (predictors, clock), known, course.frailty, seen_through
    )


def _average_paces(
    course: Course,
    outcome: TrueOutcome,
    at: tuple[Predictors, Clock],
    known: Record,
    frailty: Frailty,
    seen_through: int | None,
) -> tuple[Floats, Floats]:
    """Average the shares over the facts that may come, given those that have."""
    predictors, clock = at
    if course.onsets is None:
        return compute_shares(outcome, predictors, clock, course.pace, frailty)
    weights = course.onsets.weigh(known, seen_through=seen_through)
    long, left = np.zeros((2, len(weights)))
    for pace, weight in zip(course.onsets.paces, weights.T, strict=True):
        some = np.flatnonzero(weight)
        own = compute_shares(
            outcome, predictors.where(some), clock.where(some), pace, frailty
        )
        long[some] += weight[some] * own[0]
        left[some] += weight[some] * own[1]
    return long, left


def _compute_latent(course: Course, outcome: TrueOutcome, cases: Cases) -> Floats:
    given = course.predict(cases.known, cases.drawn, cases.clock.regime)
    first, second, staying, leaving = given.frailty
    with_frailty = Predictors(
        first=given.first + first * cases.frailty,
        second=given.second + second * cases.frailty,
        staying=given.staying + staying * cases.frailty,
        leaving=given.leaving + leaving * cases.frailty,
        frailty=(0.0, 0.0, 0.0, 0.0),
    )
    certain = Frailty(np.zeros(1), np.ones(1))
    at = with_frailty, cases.clock
    return _average_paces(course, outcome, at, cases.known, certain, OPEN)[0]
