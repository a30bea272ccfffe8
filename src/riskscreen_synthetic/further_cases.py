"""Kinds of case made where asked for: waiting again, clarification, a new flex job."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from riskscreen_synthetic.benefit_cases import (
    draw_benefit_cases,
    draw_road,
    let_some_leave,
    plan_benefit,
)
from riskscreen_synthetic.models import (
    Course,
    build_benefit_course,
    build_two_way_course,
)
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import (
    Ints,
    Record,
    Spells,
    build_spells,
    join_spells,
    to_week,
)
from riskscreen_synthetic.streams import CaseKind, Followed, Intake, Plan

_FEWEST_WEEKS_BEFORE = 8


def _plan_wait(name: str) -> Callable[[Parameters, Course], Plan]:
    """Return what plans a wait that another spell leads to, as ``[further.<name>]``."""

    def plan(parameters: Parameters, course: Course) -> Plan:
        table = parameters["further"][name]
        return replace(
            plan_benefit(parameters, course),
            before=lambda random, *when: _draw_lead(random, parameters, table, *when),
        )

    return plan


def _plan_course(name: str) -> Callable[[Parameters, Course], Plan]:
    """Return what plans a course that is followed in itself, and is no wait."""

    def plan(parameters: Parameters, course: Course) -> Plan:
        table = parameters["further"][name]
        return replace(
            _plan_wait(name)(parameters, course),
            follow=lambda random, intake: _follow_course(
                random, parameters, course, intake, table
            ),
        )

    return plan


def _build_course(name: str) -> Callable[[Parameters], Course]:
    """Return what builds a course whose two ways out have effects of their own."""

    def build(parameters: Parameters) -> Course:
        table = parameters["further"][name]
        return build_two_way_course(
            parameters,
            effects=(table["first"], table["second"]),
            paces=(table["first_pace"], table["second_pace"]),
            frailty=table["frailty"],
        )

    return build


FURTHER = {
    "long_benefit_again": CaseKind(
        build_benefit_course, _plan_wait("long_benefit_again"), "G"
    ),
    **{
        name: CaseKind(_build_course(name), _plan_course(name), letter)
        for name, letter in (("long_clarification", "K"), ("short_flex_job", "J"))
    },
}


def _draw_lead(
    random: Random,
    parameters: Parameters,
    table: Record,
    person: Ints,
    begins: Ints,
    resume: Ints,
) -> tuple[Spells, Ints]:
    """Return what lies before the case: a spell that ends with it, and a road to that.

    (Person, begins and resume are those of streams.Plan.)
    """
    weeks = _FEWEST_WEEKS_BEFORE + _draw_weeks(random, table["before_weeks"], person)
    earliest = np.minimum(resume, begins - _FEWEST_WEEKS_BEFORE)
    start = np.maximum(begins - weeks, earliest)
    lead = build_spells(person, table["before"], start, begins)
    if not table["road"]:
        return lead, start
    road, stops = draw_road(random, parameters, person, start, resume)
    return join_spells([road, lead]), stops


def _draw_weeks(random: Random, mean: float, person: Ints) -> Ints:
    weeks: Ints = random.geometric(1.0 / mean, len(person))
    return weeks


def _follow_course(
    random: Random,
    parameters: Parameters,
    course: Course,
    intake: Intake,
    table: Record,
) -> Followed:
    """Return the course from its start, what it leads to, and how some leave."""
    cases, cause, given = draw_benefit_cases(random, parameters, course, intake)
    cases = replace(cases, elsewhere=np.zeros(len(cases), dtype=np.bool_))
    who, begins = cases.person, to_week(intake.start)
    ended = begins + cases.weeks
    after = ended + _draw_weeks(random, table["after_weeks"], who)
    rows = [build_spells(who, table["kind"], begins, ended)]
    for number, kind in ((1, table["first_leads_to"]), (2, table["second_leads_to"])):
        if kind:
            there = cause == number
            rows.append(build_spells(who[there], kind, ended[there], after[there]))
    return let_some_leave(random, cases, given, join_spells(rows), resume=after + 1)
