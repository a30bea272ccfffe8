"""The background of benefit spells in a life, and what the register shows of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random, select_visible
from riskscreen_synthetic.spells import (
    KIND,
    SUPPORT,
    Flags,
    Floats,
    Ints,
    Record,
    Spells,
    build_spells,
    join_spells,
)

_MOST_SPELLS = 60
_FIVE_YEARS = 260


@dataclass(frozen=True)
class Citizens:
    """Synthetic citizens, one array entry each."""

    born: Ints
    female: Flags
    other_origin: Flags
    municipality: Ints
    proneness: Floats
    insured: Flags

    def __len__(self) -> int:
        return len(self.born)


def draw_citizens(
    random: Random, n: int, parameters: Parameters, intake: Ints
) -> Citizens:
    """Draw *n* citizens whose age fits their case in week *intake*."""
    table, places = parameters["citizens"], parameters["municipalities"]
    age = random.normal(table["age_mean"], table["age_sd"], n)
    age = np.clip(age, table["age_lowest"] + 0.1, table["age_highest"] + 0.9)
    return Citizens(
        born=(intake - age * 52.1775).astype(np.int64),
        female=random.random(n) < table["female_share"],
        other_origin=random.random(n) < table["other_origin_share"],
        municipality=random.choice(len(places["names"]), size=n, p=places["shares"]),
        proneness=random.normal(0.0, table["support_proneness_sd"], n),
        insured=random.random(n) < parameters["life"]["insured_share"],
    )


def draw_background(
    random: Random, citizens: Citizens, parameters: Parameters, first: Ints, last: Ints
) -> Spells:
    """Draw spells of everyday life between weeks *first* and *last* of each citizen.

    Gaps are exponential and lengths lognormal; both lean on the citizen's proneness,
    which makes the number of weeks on support heavy-tailed.
    """
    life, share = parameters["life"], parameters["codes"]["second"]["share"]
    now = first.astype(np.float64)
    alive = np.flatnonzero(now < last)
    parts = [build_spells(alive[:0], "sickness", alive[:0], alive[:0])]
    for _ in range(_MOST_SPELLS):
        if not len(alive):
            break
        prone = citizens.proneness[alive]
        mean = life["gap_weeks_mean"] * np.exp(life["proneness_on_gap"] * prone)
        start = now[alive] + 1 + random.exponential(mean)
        kind = _draw_kinds(random, citizens, alive, start, life)
        length = _draw_lengths(random, kind, prone, life)
        end = np.minimum(start + length, last[alive])
        first_week, after = start.astype(np.int64), np.ceil(end).astype(np.int64)
        second = random.random(len(alive)) < share
        parts.append(build_spells(alive, kind, first_week, after, second=second))
        now[alive] = np.ceil(end)
        alive = alive[now[alive] < last[alive]]
    spells = join_spells(parts)
    return spells.where(spells.start < last[spells.person])


def _draw_kinds(
    random: Random, citizens: Citizens, who: Ints, week: Floats, life: Record
) -> Ints:
    """Return what each next spell is; some kinds fit only some ages and insurances."""
    numbers = np.array([KIND[k] for k in life["kinds"]])
    drawn = numbers[random.choice(len(numbers), size=len(who), p=life["weights"])]
    age = (week - citizens.born[who]) / 52.1775
    young = age < life["young_age"]
    unfit = (drawn == KIND["parental"]) & (age > life["parental_age"])
    unfit |= (drawn == KIND["studying"]) & (age > life["young_age"] + 5)
    drawn = np.where(unfit, KIND["sickness"], drawn)
    uninsured = (drawn == KIND["insured"]) & ~citizens.insured[who]
    drawn = np.where(uninsured, KIND["assistance"], drawn)
    youth = (drawn == KIND["assistance"]) & young
    fitting: Ints = np.where(youth, KIND["youth_assistance"], drawn)
    return fitting


def _draw_lengths(random: Random, kind: Ints, prone: Floats, life: Record) -> Floats:
    median = np.ones(len(KIND))
    for name, weeks in zip(life["kinds"], life["median_weeks"], strict=True):
        median[KIND[name]] = weeks
    median[KIND["youth_assistance"]] = median[KIND["assistance"]]
    spread = random.normal(0.0, life["spell_length_sd"], len(kind))
    drawn = median[kind] * np.exp(spread + life["proneness_on_length"] * prone)
    whole: Floats = np.maximum(1.0, np.round(drawn))
    return whole


def summarise_histories(
    spells: Spells, n_persons: int, *, decision: Ints, until: Ints
) -> dict[str, Floats]:
    """Return what the visible history of each citizen adds up to before week *until*.

    Only rows registered before *decision* count. Everything later in the course leans
    on these sums and never on what the register did not show.
    """
    seen, limit = select_visible(spells, n_persons, decision=decision, until=until)

    def weeks_of(kinds: tuple[str, ...], window: int) -> Floats:
        meant = np.isin(seen.kind, [KIND[k] for k in kinds])
        span = np.maximum(0, seen.end - np.maximum(seen.start, limit - window))
        return _sum_weeks(seen.person, span * meant, n_persons)

    recent = seen.end > limit - _FIVE_YEARS
    sick = recent & (seen.kind == KIND["sickness"])
    jobless = np.isin(seen.kind, [KIND[k] for k in _JOBLESS]) & (seen.end > limit - 13)
    clarified = ("clarification", "resource")
    return {
        "support_weeks": weeks_of(SUPPORT, _FIVE_YEARS),
        "support_weeks_ten_years": weeks_of(SUPPORT, 520),
        "assistance_weeks": weeks_of(("assistance", "youth_assistance"), 156),
        "sick_weeks": weeks_of(("sickness",), _FIVE_YEARS),
        "clarified_weeks": weeks_of(clarified, _FIVE_YEARS),
        "sick_spells": _count_spells(seen, sick, n_persons),
        "shifts": _count_spells(seen, recent, n_persons),
        "jobless_before": _count_spells(seen, jobless, n_persons),
    }


_JOBLESS = ("insured", "assistance", "youth_assistance")


def _count_spells(spells: Spells, meant: Flags, n_persons: int) -> Floats:
    return _sum_weeks(spells.person, meant, n_persons)


def _sum_weeks(person: Ints, values: Any, n_persons: int) -> Floats:
    total = np.bincount(person, weights=values, minlength=n_persons)
    return total.astype(np.float64)
