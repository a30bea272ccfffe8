"""Waits for a flex job drawn week by week, and the benefit rows they write."""

import numpy as np

from riskscreen_synthetic import benefit
from riskscreen_synthetic.columns import draw_missing_values
from riskscreen_synthetic.frailty import draw_frailty
from riskscreen_synthetic.hazards import (
    Clock,
    Predictors,
    draw_first_exit,
    draw_leaving_delay,
)
from riskscreen_synthetic.histories import summarise_histories
from riskscreen_synthetic.models import Cases, Course
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random, draw_noise
from riskscreen_synthetic.spells import (
    KIND,
    OPEN,
    Ints,
    Record,
    Spells,
    build_spells,
    join_spells,
    to_week,
)
from riskscreen_synthetic.streams import Followed, Intake, Plan, end_spells_by

_TWO_YEARS = 104
_ROADS = (
    ("sickness", "clarification"),
    ("assistance", "resource"),
    ("studying", "youth_assistance"),
)
"""What leads to a flex job: the first part of the time before it, and the second."""


def plan_benefit(parameters: Parameters, course: Course) -> Plan:
    """Return how citizens granted a flex job come in and what becomes of them."""

    def delays(random: Random, n: int) -> Ints:
        del random
        return np.zeros(n, dtype=np.int64)

    return Plan(
        delays=delays,
        before=lambda random, *when: draw_road(random, parameters, *when),
        follow=lambda random, intake: _follow_wait(random, parameters, course, intake),
        again_share=parameters["calendar"]["repeat_share"] / 3,
    )


def draw_road(
    random: Random, parameters: Parameters, person: Ints, begins: Ints, resume: Ints
) -> tuple[Spells, Ints]:
    """Return the years of sickness, assistance or schooling that lead to the grant."""
    table, n = parameters["benefit"]["intake"], len(person)
    road = random.choice(3, size=n, p=table["route_shares"])
    spread = np.exp(random.normal(0.0, table["pre_grant_sd"], n))
    length = np.array(table["pre_grant_weeks"])[road] * spread
    start = np.maximum(begins - length.astype(np.int64), np.minimum(resume, begins - 8))
    turn = start + ((begins - start) * random.uniform(0.3, 0.8, n)).astype(np.int64)
    first = np.array([KIND[one] for one, _ in _ROADS])[road]
    second = np.array([KIND[two] for _, two in _ROADS])[road]
    codes = random.random(n) < parameters["codes"]["second"]["share"]
    rows = [
        build_spells(person, first, start, turn, second=codes),
        build_spells(person, second, turn, begins, second=codes),
    ]
    return join_spells(rows), start


def _follow_wait(
    random: Random, parameters: Parameters, course: Course, intake: Intake
) -> Followed:
    cases, cause, given = draw_benefit_cases(random, parameters, course, intake)
    return _add_rows(random, parameters, intake, cases, (cause, given))


def draw_benefit_cases(
    random: Random, parameters: Parameters, course: Course, intake: Intake
) -> tuple[Cases, Ints, Predictors]:
    """Draw what the files hold and how long each course lasts; by which way it ends.

    The way is 1 or 2, as the *course* numbers them, or 0 for none.
    """
    table, who = parameters["benefit"], intake.person
    n = len(who)
    known = _draw_known(random, parameters, intake)
    drawn = course.draw(random, known)
    nothing = np.zeros(n, dtype=np.int64)
    clock = Clock(nothing, course.rules.at(intake.decision), nothing)
    frailty = draw_frailty(
        random, parameters, intake.citizens, who, shape=course.frailty_shape
    )
    given = course.predict(known, drawn, clock.regime)
    weeks, cause = draw_first_exit(random, given, frailty, clock.elapsed, course.pace)
    weeks = np.maximum(weeks + draw_noise(random, n, table["noise"]), 1)
    cases = Cases(
        person=who,
        start=intake.start,
        decision=intake.decision,
        known=known,
        drawn=drawn,
        hidden=_draw_hidden(random, table["missing"], drawn, n),
        clock=clock,
        frailty=frailty,
        weeks=weeks,
        over=np.zeros(n, dtype=np.bool_),
        elsewhere=random.random(n) < table["intake"]["other_course_share"],
    )
    return cases, cause, given


def _draw_known(random: Random, parameters: Parameters, intake: Intake) -> Record:
    """Return the columns that are never missing, with the visible sums of history."""
    lag = parameters["calendar"]["register_lag_weeks"]
    decided = to_week(intake.decision)
    past = summarise_histories(
        intake.spells,
        len(intake.citizens),
        decision=intake.by_person(intake.decision, others=0),
        until=intake.by_person(decided - lag, others=-OPEN),
    )
    past = {name: values[intake.person] for name, values in past.items()}
    age = np.floor((decided - intake.citizens.born[intake.person]) / 52.1775)
    table = parameters["benefit"]["intake"]
    return benefit.draw_known_benefit_columns(random, past, np.clip(age, 18, 70), table)


def _draw_hidden(
    random: Random, shares: Record, drawn: Record, n: int
) -> dict[str, np.ndarray]:
    """Draw which values the file lacks; a pair about one thing is missing together."""
    names = {name: benefit.TOGETHER.get(name, name) for name in drawn}
    lacking = draw_missing_values(random, {s: shares[s] for s in names.values()}, n)
    return {name: lacking[share] for name, share in names.items()}


def _add_rows(
    random: Random,
    parameters: Parameters,
    intake: Intake,
    cases: Cases,
    ending: tuple[Ints, Predictors],
) -> Followed:
    """Return the rows of the wait, of the flex job and of a second wait."""
    table, who = parameters["benefit"], cases.person
    cause, given = ending
    begins = to_week(intake.start)
    ended = begins + cases.weeks
    job = (cause == 1) & ~cases.elsewhere
    after = table["after_flex_job"]
    gap = after["protected_weeks"] + random.geometric(after["job_lost"], len(who)) - 1
    again = job & (cases.weeks + gap <= _TWO_YEARS)
    more = random.geometric(1.0 - after["waiting_again_staying"], len(who))
    lost = ended + gap
    back = lost + np.where(again, more, 0)
    spells = join_spells(
        [
            _build_wait(random, parameters, cases, begins),
            _build_elsewhere(cases, begins),
            build_spells(who[job], "flex_job", ended[job], lost[job]),
            build_spells(who[again], "flex_waiting", lost[again], back[again]),
        ]
    )
    resume = np.maximum(np.where(job, back, ended), begins + _TWO_YEARS + 4)
    return let_some_leave(random, cases, given, spells, resume=resume)


def let_some_leave(
    random: Random, cases: Cases, given: Predictors, spells: Spells, *, resume: Ints
) -> Followed:
    """Return *spells* of those who stay; whoever leaves before *resume* ends there."""
    who = cases.person
    left = to_week(cases.start) + draw_leaving_delay(random, given, cases.frailty)
    spells = end_spells_by(left, spells, who)
    gone = left <= resume
    last = build_spells(
        who[gone],
        _draw_last_kind(random, cases)[gone],
        left[gone],
        np.full(int(gone.sum()), OPEN),
    )
    return Followed(cases, join_spells([spells, last]), np.where(gone, OPEN, resume))


def _draw_last_kind(random: Random, cases: Cases) -> Ints:
    """Return how those who leave otherwise leave: mostly with a disability pension."""
    drawn, age = random.random(len(cases)), cases.known["age_at_intake"]
    kind = np.where(drawn < 0.8, KIND["pension"], KIND["dead"])
    kind = np.where(drawn > 0.95, KIND["emigrated"], kind)
    kind = np.where((age >= 62) & (drawn > 0.4), KIND["early_retirement"], kind)
    return np.where((age >= 65) & (drawn > 0.3), KIND["old_age"], kind)


def _build_elsewhere(cases: Cases, begins: Ints) -> Spells:
    """Return a flex job that has begun already, for the cases that belong to it."""
    there = cases.elsewhere
    return build_spells(
        cases.person[there],
        "flex_job",
        begins[there] - 6,
        (begins + cases.weeks)[there],
    )


def _build_wait(
    random: Random, parameters: Parameters, cases: Cases, begins: Ints
) -> Spells:
    """Return the wait, with weeks of sickness inside it for some."""
    table, n = parameters["benefit"]["later_codes"], len(cases)
    weeks = np.where(cases.elsewhere, 0, cases.weeks)
    ill = (weeks > 20) & (random.random(n) < table["sick_while_granted_share"])
    first = (4 + random.random(n) * (weeks - 8)).astype(np.int64)
    length = random.geometric(1.0 / table["sick_while_granted_weeks"], n)
    first = np.where(ill, first, weeks)
    last = np.where(ill, np.minimum(first + length, weeks), weeks)
    second = random.random(n) < parameters["codes"]["second"]["share"]
    who = cases.person
    return join_spells(
        [
            build_spells(who, "flex_waiting", begins, begins + first, second=second),
            build_spells(who, "sickness", begins + first, begins + last),
            build_spells(
                who, "flex_waiting", begins + last, begins + weeks, second=second
            ),
        ]
    )
