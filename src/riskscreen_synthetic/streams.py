"""Citizens over the years: who becomes a case when, who again, and the life between."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from riskscreen_synthetic.histories import Citizens, draw_background, draw_citizens
from riskscreen_synthetic.models import Cases, Course, join_cases
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random, add_registration_noise
from riskscreen_synthetic.spells import (
    KIND,
    OPEN,
    Ints,
    Spells,
    apply_reforms,
    build_spells,
    cut_spells,
    join_spells,
    to_day,
    to_week,
)

_OLD_AGE = 67
_WEEKS_A_YEAR = 52.1775
_ILLNESS = [
    KIND[k] for k in ("sickness", "clarification", "resource", "rehabilitation")
]


@dataclass(frozen=True)
class Intake:
    """Cases as they come in: one entry per case, each of another citizen.

    ``start`` and ``decision`` are days; ``spells`` is all that the register ever held
    of the stream's ``citizens`` before the cases.
    """

    person: Ints
    start: Ints
    decision: Ints
    citizens: Citizens
    spells: Spells

    def by_person(self, values: Ints, *, others: int) -> Ints:
        """Return *values* of the cases spread over all citizens."""
        spread = np.full(len(self.citizens), others, dtype=np.int64)
        spread[self.person] = values
        return spread


@dataclass(frozen=True)
class Followed:
    """Cases, the rows their courses write, and the week in which life goes on.

    ``resume`` is OPEN for those who left for good.
    """

    cases: Cases
    spells: Spells
    resume: Ints


@dataclass(frozen=True)
class Plan:
    """What makes one kind of case.

    ``delays`` are days from start to T0; ``before`` the rows that lead up to the case,
    with the week in which everyday life stops for them; ``follow`` the course itself.
    """

    delays: Callable[[Random, int], Ints]
    before: Callable[[Random, Ints, Ints, Ints], tuple[Spells, Ints]]
    follow: Callable[[Random, Intake], Followed]
    again_share: float


@dataclass(frozen=True)
class CaseKind:
    """How a kind of case is made, and the letter that its numbers begin with."""

    build_course: Callable[[Parameters], Course]
    plan: Callable[[Parameters, Course], Plan]
    letter: str


@dataclass(frozen=True)
class Stream:
    """Citizens with their cases and their whole history up to the extract."""

    citizens: Citizens
    cases: Cases
    spells: Spells


@dataclass(frozen=True)
class _SoFar:
    """What has been lived: rows, cases, and the week each citizen goes on from."""

    spells: Spells
    cases: tuple[Cases, ...]
    resume: Ints


def synthesise_stream(
    random: Random, parameters: Parameters, plan: Plan, *, cases: int, years: int
) -> Stream:
    """Synthesise about *cases* cases decided in *years* before the extract date."""
    calendar = parameters["calendar"]
    extract = to_day(calendar["extract_date"])
    again = round(cases * plan.again_share)
    n = cases - again
    decision = random.integers(extract - round(years * 365.25), extract, n)
    start = decision - plan.delays(random, n)
    citizens = draw_citizens(random, n, parameters, to_week(start))
    grown_up = (citizens.born + 18 * _WEEKS_A_YEAR).astype(np.int64)
    earliest = np.maximum(to_week(start) - calendar["history_weeks"], grown_up)
    nobody = np.zeros(0, dtype=np.int64)
    begun = _SoFar(build_spells(nobody, "sickness", nobody, nobody), (), earliest)
    once = _keep_one_case(
        random,
        parameters,
        plan,
        begun,
        Intake(np.arange(n), start, decision, citizens, begun.spells),
    )
    person, start, decision = _select_returners(random, plan, once, extract, again)
    twice = _keep_one_case(
        random,
        parameters,
        plan,
        once,
        Intake(person, start, decision, citizens, once.spells),
    )
    return _draw_later_life(random, parameters, citizens, twice, extract)


def _keep_one_case(
    random: Random, parameters: Parameters, plan: Plan, so_far: _SoFar, intake: Intake
) -> _SoFar:
    """Return life up to each case, what leads up to it, and its course."""
    if not len(intake.person):
        return so_far
    begins = to_week(intake.start)
    leading, stops = plan.before(
        random, intake.person, begins, so_far.resume[intake.person]
    )
    until = intake.by_person(stops, others=-OPEN)
    life = draw_background(random, intake.citizens, parameters, so_far.resume, until)
    life = _end_illness(life, intake.by_person(begins - 5, others=OPEN))
    known = [
        so_far.spells,
        _write_spells(random, parameters, join_spells([life, leading])),
    ]
    intake = replace(intake, spells=join_spells(known))
    followed = plan.follow(random, intake)
    course = _write_spells(random, parameters, followed.spells)
    resume = so_far.resume.copy()
    resume[intake.person] = followed.resume
    first = np.full(len(intake.citizens), OPEN, dtype=np.int64)
    np.minimum.at(first, followed.spells.person, followed.spells.start)
    spells = join_spells([cut_spells(intake.spells, first), course])
    return _SoFar(spells, (*so_far.cases, followed.cases), resume)


def _end_illness(spells: Spells, week: Ints) -> Spells:
    """End illness in *spells* by *week*, so that a new case is a new absence."""
    limit = np.where(np.isin(spells.kind, _ILLNESS), week[spells.person], OPEN)
    return replace(spells, end=np.minimum(spells.end, limit)).lasting()


def _write_spells(random: Random, parameters: Parameters, spells: Spells) -> Spells:
    """Return *spells* as the law of their day and the register name them."""
    extract = to_day(parameters["calendar"]["extract_date"])
    lawful = apply_reforms(spells, parameters["codes"])
    return add_registration_noise(random, lawful, parameters["registration"], extract)


def _select_returners(
    random: Random, plan: Plan, so_far: _SoFar, extract: int, wanted: int
) -> tuple[Ints, Ints, Ints]:
    """Return citizens whose course is over in time, with start and T0 of a second."""
    last = to_week(np.array([extract]))[0] - 20
    free = np.flatnonzero(so_far.resume + 26 < last)
    person = random.permutation(free)[:wanted]
    room = last - so_far.resume[person] - 26
    week = so_far.resume[person] + 26 + (random.random(len(person)) * room).astype(int)
    start = week * 7 - 3 + random.integers(0, 7, len(person))
    return person, start, start + plan.delays(random, len(person))


def _draw_later_life(
    random: Random,
    parameters: Parameters,
    citizens: Citizens,
    so_far: _SoFar,
    extract: int,
) -> Stream:
    """Return everyday life up to the extract, with old age where it comes before."""
    end = int(to_week(np.array([extract]))[0])
    old = np.maximum(
        (citizens.born + _OLD_AGE * _WEEKS_A_YEAR).astype(int), so_far.resume
    )
    everyone = np.arange(len(citizens))
    later = draw_background(
        random, citizens, parameters, so_far.resume + 5, np.minimum(old, end)
    )
    stayed = so_far.resume < OPEN
    pension = build_spells(
        everyone[stayed], "old_age", old[stayed], np.full(stayed.sum(), OPEN)
    )
    rest = _write_spells(random, parameters, join_spells([later, pension]))
    spells = cut_spells(
        join_spells([so_far.spells, rest]), np.full(len(citizens), OPEN)
    )
    spells = spells.where(spells.start * 7 - 3 < extract)
    return Stream(citizens, join_cases(list(so_far.cases)), spells)


def end_spells_by(week: Ints, spells: Spells, person: Ints) -> Spells:
    """Return *spells* cut off at the *week* in which each case's *person* leaves."""
    limit = np.full(int(person.max()) + 1, OPEN, dtype=np.int64)
    limit[person] = week
    return cut_spells(spells, limit)
