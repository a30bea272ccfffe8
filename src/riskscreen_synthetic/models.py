"""The courses that cases take: absence from work, and those on a benefit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from riskscreen_synthetic import absence, benefit
from riskscreen_synthetic.frailty import compute_frailty_rule
from riskscreen_synthetic.hazards import (
    Clock,
    Frailty,
    Predictors,
    Regimes,
    compute_leaving_log_odds,
    compute_weekly_odds,
    list_regimes,
    sum_log_odds,
)
from riskscreen_synthetic.landmark_facts import Onsets
from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Flags, Floats, Ints, Record


@dataclass(frozen=True)
class Course:
    """How intake columns are drawn and what they do, for one kind of case."""

    rules: Regimes
    pace: Floats
    frailty_shape: float
    frailty: Frailty
    draw: Callable[[Random, Record], Record]
    predict: Callable[[Record, Record, Ints], Predictors]
    onsets: Onsets | None = None
    """The facts that come in its course and change the pace; None without any."""


@dataclass(frozen=True)
class Cases:
    """Cases of one kind: who and when, what the file holds, and what nobody sees.

    ``hidden`` marks what the file lacks of ``drawn``; ``weeks`` is the registered
    duration. ``over`` and ``elsewhere`` are cases that belong to no target: already
    over at T0, and in another course than the one asked about.
    """

    person: Ints
    start: Ints
    decision: Ints
    known: Record
    drawn: Record
    hidden: dict[str, Flags]
    clock: Clock
    frailty: Floats
    weeks: Ints
    over: Flags
    elsewhere: Flags

    def __len__(self) -> int:
        return len(self.person)


def join_cases(parts: list[Cases]) -> Cases:
    """Return all *parts* in one."""

    def together(pick: Callable[[Cases], Any]) -> Any:
        return np.concatenate([pick(part) for part in parts])

    def columns(name: str) -> Record:
        return {
            key: np.concatenate([getattr(part, name)[key] for part in parts])
            for key in getattr(parts[0], name)
        }

    return Cases(
        person=together(lambda c: c.person),
        start=together(lambda c: c.start),
        decision=together(lambda c: c.decision),
        known=columns("known"),
        drawn=columns("drawn"),
        hidden=columns("hidden"),
        clock=Clock(
            together(lambda c: c.clock.elapsed),
            together(lambda c: c.clock.regime),
            together(lambda c: c.clock.stability),
        ),
        frailty=together(lambda c: c.frailty),
        weeks=together(lambda c: c.weeks),
        over=together(lambda c: c.over),
        elsewhere=together(lambda c: c.elsewhere),
    )


def build_absence_course(parameters: Parameters) -> Course:
    """Build the model of absence: its end in work, or in unemployment."""
    table, rules = parameters["absence"], list_regimes(parameters["regime"])
    pace, odds = table["pace"], parameters["leaving"]["odds"]

    def predict(known: Record, drawn: Record, regime: Ints) -> Predictors:
        acting = absence.list_absence_terms(known, drawn)
        ends = sum_log_odds(table["ending"], acting, rules, regime)
        ends = ends + rules.shift("ending")[regime]
        jobless = sum_log_odds(table["unemployment"], acting, rules, regime)
        leaving = table["leaving"]
        return Predictors(
            first=ends,
            second=jobless + rules.shift("unemployment")[regime],
            staying=sum_log_odds(table["staying"], acting, rules, regime),
            leaving=compute_leaving_log_odds(
                absence.compute_leaving_chance(known, leaving), ends, leaving, odds
            ),
            frailty=(-1.0, 0.0, pace["frailty_staying"], leaving["severity"]),
        )

    return Course(
        rules=rules,
        pace=compute_weekly_odds(pace["ending"], pace["unemployment"]),
        frailty_shape=pace["frailty_shape"],
        frailty=compute_frailty_rule(parameters, shape=pace["frailty_shape"]),
        draw=lambda random, known: absence.draw_hidden_absence_columns(
            random, known, table["intake"]
        ),
        predict=predict,
    )


def build_benefit_course(parameters: Parameters) -> Course:
    """Build the model of waiting: into a flex job, or out to self-support."""
    table = parameters["benefit"]
    return build_two_way_course(
        parameters,
        effects=(table["flex_job"], table["otherwise"]),
        paces=(table["pace"]["flex_job"], table["pace"]["otherwise"]),
        frailty=-1.0,
        shift="flex_job",
    )


def build_two_way_course(
    parameters: Parameters,
    *,
    effects: tuple[Record, Record],
    paces: tuple[Any, Any],
    frailty: float,
    shift: str | None = None,
) -> Course:
    """Build a course on a benefit that ends one way or the other.

    Each way has its *effects* and its weekly *paces*; *frailty* acts on both. *shift*
    names what a regime adds to the first; none if left out.
    """
    table, rules = parameters["benefit"], list_regimes(parameters["regime"])
    shape, odds = table["pace"]["frailty_shape"], parameters["leaving"]["odds"]

    def predict(known: Record, drawn: Record, regime: Ints) -> Predictors:
        acting = benefit.list_wait_terms(known, drawn)
        first, second = (sum_log_odds(of, acting, rules, regime) for of in effects)
        first = first if shift is None else first + rules.shift(shift)[regime]
        leaving = table["leaving"]
        return Predictors(
            first=first,
            second=second,
            staying=np.zeros(len(first)),
            leaving=compute_leaving_log_odds(
                benefit.compute_leaving_chance(known, leaving), first, leaving, odds
            ),
            frailty=(frailty, frailty, 0.0, leaving["severity"]),
        )

    return Course(
        rules=rules,
        pace=compute_weekly_odds(*paces),
        frailty_shape=shape,
        frailty=compute_frailty_rule(parameters, shape=shape),
        draw=lambda random, known: benefit.draw_hidden_benefit_columns(
            random, known, table["intake"]
        ),
        predict=predict,
    )
