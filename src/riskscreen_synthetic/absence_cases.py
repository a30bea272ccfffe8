"""Absences drawn week by week, and the benefit rows that the register gets of them."""

import numpy as np

from riskscreen_synthetic import absence
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
from riskscreen_synthetic.outcomes import LONGEST_ELAPSED, assign_classes
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random, draw_noise
from riskscreen_synthetic.spells import (
    KIND,
    OPEN,
    Flags,
    Floats,
    Ints,
    Record,
    Spells,
    build_spells,
    find_week_from,
    join_spells,
    to_week,
)
from riskscreen_synthetic.streams import Followed, Intake, Plan, end_spells_by

_YEAR = 52
_AWAY = 20
"""Weeks of education or parental leave that a few take in place of work."""


def plan_absence(parameters: Parameters, course: Course) -> Plan:
    """Return how sick-listed citizens come in and what becomes of them."""
    table = parameters["absence"]["intake"]

    def delays(random: Random, n: int) -> Ints:
        shape = table["days_until_received_shape"]
        days = random.gamma(shape, table["days_until_received_mean"] / shape, n)
        days += 40 * (random.random(n) < table["late_case_share"])
        handling = random.exponential(parameters["calendar"]["handling_days_mean"], n)
        return np.minimum(days + handling, 7 * LONGEST_ELAPSED - 7).astype(np.int64)

    def before(
        random: Random, person: Ints, begins: Ints, resume: Ints
    ) -> tuple[Spells, Ints]:
        del random, resume
        return build_spells(person[:0], "sickness", begins[:0], begins[:0]), begins

    return Plan(
        delays=delays,
        before=before,
        follow=lambda random, intake: _follow_absence(
            random, parameters, course, intake
        ),
        again_share=parameters["calendar"]["repeat_share"],
    )


def _follow_absence(
    random: Random, parameters: Parameters, course: Course, intake: Intake
) -> Followed:
    table, who = parameters["absence"], intake.person
    begins, decided = to_week(intake.start), to_week(intake.decision)
    known = _draw_known(random, parameters, intake)
    if course.onsets is not None:
        known |= course.onsets.draw(len(who))
    drawn = course.draw(random, known)
    clock = Clock(
        elapsed=decided - begins,
        regime=course.rules.at(intake.decision),
        stability=assign_classes(
            [
                table["after_work"]["some_from_weeks"],
                table["after_work"]["much_from_weeks"],
            ],
            known["support_weeks"],
        ),
    )
    frailty = draw_frailty(
        random, parameters, intake.citizens, who, shape=course.frailty_shape
    )
    given = course.predict(known, drawn, clock.regime)
    weeks, cause = _draw_exits(random, course, given, known, frailty, clock.elapsed)
    over = (clock.elapsed >= 5) & (
        random.random(len(who)) < table["intake"]["over_at_decision_share"]
    )
    weeks = clock.elapsed + weeks + draw_noise(random, len(who), table["noise"])
    weeks = np.maximum(weeks, clock.elapsed + 1)
    weeks = np.where(over, np.maximum(clock.elapsed - 4, 1), weeks)
    elsewhere = random.random(len(who)) < table["intake"]["other_course_share"]
    cases = Cases(
        person=who,
        start=intake.start,
        decision=intake.decision,
        known=known,
        drawn=drawn,
        hidden=draw_missing_values(
            random, _list_missing_shares(table, drawn), len(who)
        ),
        clock=clock,
        frailty=frailty,
        weeks=weeks,
        over=over,
        elsewhere=elsewhere,
    )
    return _add_rows(random, parameters, intake, cases, (cause, given))


def _draw_exits(
    random: Random,
    course: Course,
    given: Predictors,
    known: Record,
    frailty: Floats,
    elapsed: Ints,
) -> tuple[Ints, Ints]:
    """Draw each exit at the pace that the facts of the course make it."""
    if course.onsets is None:
        return draw_first_exit(random, given, frailty, elapsed, course.pace)
    weeks, cause = np.zeros((2, len(elapsed)), dtype=np.int64)
    way = course.onsets.find_way(known)
    for number, pace in enumerate(course.onsets.paces):
        own = np.flatnonzero(way == number)
        weeks[own], cause[own] = draw_first_exit(
            random, given.where(own), frailty[own], elapsed[own], pace
        )
    return weeks, cause


def _draw_known(random: Random, parameters: Parameters, intake: Intake) -> Record:
    """Return the columns that are never missing, with the visible sums of history."""
    lag = parameters["calendar"]["register_lag_weeks"]
    begins, decided = to_week(intake.start), to_week(intake.decision)
    past = summarise_histories(
        intake.spells,
        len(intake.citizens),
        decision=intake.by_person(intake.decision, others=0),
        until=intake.by_person(np.minimum(begins, decided - lag), others=-OPEN),
    )
    past = {name: values[intake.person] for name, values in past.items()}
    age = np.floor((begins - intake.citizens.born[intake.person]) / 52.1775)
    received = intake.decision - intake.start
    handled = np.minimum(random.integers(0, 11, len(received)), received)
    return absence.draw_known_absence_columns(
        random,
        past,
        np.clip(age, 18, 70),
        received - handled,
        parameters["absence"]["intake"],
    )


def _list_missing_shares(table: Record, drawn: Record) -> dict[str, float]:
    return {name: table["missing"][name] for name in drawn}


def _add_rows(
    random: Random,
    parameters: Parameters,
    intake: Intake,
    cases: Cases,
    ending: tuple[Ints, Predictors],
) -> Followed:
    """Return the rows of the absence and of the year after it."""
    begins = to_week(intake.start)
    decided = begins + cases.clock.elapsed
    ended = begins + cases.weeks
    parts = [
        _build_absence_rows(random, parameters, cases, begins),
        _build_lead_up(parameters, cases, begins),
    ]
    later, busy = _draw_rows_after(random, parameters, cases, ended, ending)
    spells = join_spells([*parts, *later])
    left = decided + draw_leaving_delay(random, ending[1], cases.frailty)
    spells = end_spells_by(left, spells, cases.person)
    resume = np.maximum(busy, decided + _YEAR + 2)
    gone = left <= resume
    age = cases.known["age_at_intake"]
    drawn = random.random(len(left))
    kind = np.where(drawn < 0.6, KIND["dead"], KIND["emigrated"])
    kind = np.where((age >= 62) & (drawn > 0.15), KIND["old_age"], kind)
    last = build_spells(
        cases.person[gone], kind[gone], left[gone], np.full(gone.sum(), OPEN)
    )
    return Followed(cases, join_spells([spells, last]), np.where(gone, OPEN, resume))


def _build_lead_up(parameters: Parameters, cases: Cases, begins: Ints) -> Spells:
    """Return half a year in another course, for the cases that belong to it."""
    born = find_week_from(parameters["codes"]["born"]["clarification"])
    there = cases.elsewhere
    kind = np.where(begins - 30 >= born, KIND["clarification"], KIND["flex_waiting"])
    return build_spells(
        cases.person[there], kind[there], begins[there] - 30, begins[there]
    )


def _build_absence_rows(
    random: Random, parameters: Parameters, cases: Cases, begins: Ints
) -> Spells:
    """Return the absence under the names it gets as it grows long."""
    table, n = parameters["absence"]["later_codes"], len(cases)
    second = random.random(n) < parameters["codes"]["second"]["share"]

    def draw_start(share: float, first: float, spread: float) -> Ints:
        week = first + random.exponential(spread, n)
        drawn: Ints = np.where(random.random(n) < share, week, OPEN).astype(np.int64)
        return drawn

    clarified = draw_start(
        table["clarification_share"],
        table["clarification_from"],
        table["clarification_spread"],
    )
    resource = draw_start(table["resource_share"], table["resource_from"], 20.0)
    flexible = draw_start(table["flex_share"], table["flex_from"], 20.0)
    born = find_week_from(parameters["codes"]["born"]["clarification"])
    first = np.where(cases.elsewhere, KIND["clarification"], KIND["sickness"])
    early = cases.elsewhere & (begins - 30 < born)
    first = np.where(early, KIND["flex_waiting"], first)
    rehabilitated = random.random(n) < table["rehabilitation_share"]
    middle = np.where(rehabilitated, KIND["rehabilitation"], KIND["clarification"])
    steps = [
        (first, np.zeros(n, dtype=np.int64)),
        (middle, clarified),
        (
            np.full(n, KIND["resource"]),
            np.maximum(resource, clarified * (clarified < OPEN)),
        ),
        (np.full(n, KIND["flex_waiting"]), flexible),
        (np.full(n, KIND["flex_job"]), flexible + 15),
    ]
    parts, end = [], cases.weeks
    for kind, since in reversed(steps):
        parts.append(
            build_spells(
                cases.person, kind, begins + since, begins + end, second=second
            )
        )
        end = np.minimum(end, since)
    return join_spells(parts)


def _draw_rows_after(
    random: Random,
    parameters: Parameters,
    cases: Cases,
    ended: Ints,
    ending: tuple[Ints, Predictors],
) -> tuple[list[Spells], Ints]:
    """Return the spells after the absence, and when all that is over."""
    cause, given = ending
    after, who = parameters["absence"]["after_work"], cases.person
    lost = np.array(after["job_lost"])[cases.clock.stability]
    sick = np.array(after["sick_again"])[cases.clock.stability]
    gap = after["protected_weeks"] + random.geometric(lost + sick) - 1
    back = (cause == 1) | cases.over
    decided = ended - cases.weeks + cases.clock.elapsed
    soon = back & (ended + gap <= decided + _YEAR)
    fell_ill = soon & (random.random(len(who)) < sick / (lost + sick))
    jobless = (soon & ~fell_ill) | ((cause == 2) & ~cases.over)
    since = np.where(back, ended + gap, ended)
    odds = given.staying + given.frailty[2] * cases.frailty
    stay = since + random.geometric(1.0 / (1.0 + np.exp(odds)))
    ill = since + random.geometric(1.0 - after["sick_again_staying"], len(who))
    end = np.where(jobless, stay, np.where(fell_ill, ill, ended))
    quiet = back & ~soon
    rows = [
        build_spells(
            who[jobless], _select_benefit(cases)[jobless], since[jobless], end[jobless]
        ),
        build_spells(who[fell_ill], "sickness", since[fell_ill], end[fell_ill]),
        _draw_other_ways(random, parameters, cases, ended, quiet),
    ]
    return rows, np.maximum(end, ended + _AWAY)


def _select_benefit(cases: Cases) -> Ints:
    """Return the unemployment benefit that each citizen is entitled to."""
    young = cases.known["age_at_intake"] < 30
    help_ = np.where(young, KIND["youth_assistance"], KIND["assistance"])
    insured = cases.drawn["insured_against_unemployment"]
    return np.where(insured, KIND["insured"], help_)


def _draw_other_ways(
    random: Random, parameters: Parameters, cases: Cases, ended: Ints, quiet: Flags
) -> Spells:
    """Return education or parental leave in place of work, for a few."""
    table, drawn = parameters["absence"]["later_codes"], random.random(len(cases))
    age = cases.known["age_at_intake"]
    study = quiet & (age < 35) & (drawn < table["studying_share"])
    leave = quiet & (age < 42) & (drawn > 1 - table["parental_share"])
    kind = np.where(study, KIND["studying"], KIND["parental"])
    some = study | leave
    return build_spells(
        cases.person[some], kind[some], ended[some], ended[some] + _AWAY
    )
