"""Synthesise a municipality: its history, the tables of each target, and the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from riskscreen_synthetic.absence_cases import plan_absence
from riskscreen_synthetic.benefit_cases import plan_benefit
from riskscreen_synthetic.employment import build_employment_table
from riskscreen_synthetic.further_cases import FURTHER
from riskscreen_synthetic.landmark_facts import build_onsets, list_fact_days
from riskscreen_synthetic.landmarks import compute_landmark_truth
from riskscreen_synthetic.models import (
    Course,
    build_absence_course,
    build_benefit_course,
)
from riskscreen_synthetic.outcomes import (
    define_long_jobless,
    define_still_absent,
    define_still_waiting,
)
from riskscreen_synthetic.parameters import (
    NO_CHANGES,
    Parameters,
    read_parameters,
)
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Flags, to_day, to_week, to_week_start
from riskscreen_synthetic.streams import CaseKind, Stream, synthesise_stream
from riskscreen_synthetic.tables import (
    Identifiers,
    build_absence_columns,
    build_audit_table,
    build_benefit_columns,
    build_history_table,
    build_keys,
    build_site_code_groups,
    draw_forecast,
    draw_identifiers,
    draw_leaks,
    to_dates,
)
from riskscreen_synthetic.truth import Truth, compute_true_risk

_INSURED = "insured_against_unemployment"


@dataclass(frozen=True)
class Target:
    """The tables of one target.

    ``truth`` is for tests and benchmarks alone; of a further target it has no row.
    ``landmarks`` is the truth weeks after T0, None where nobody asked for it.
    """

    cases: pd.DataFrame
    audit: pd.DataFrame
    truth: pd.DataFrame
    landmarks: pd.DataFrame | None = None


@dataclass(frozen=True)
class SyntheticSite:
    """A synthetic municipality: its history and the tables of each target by name.

    ``efforts`` is the help that was given, ``employment`` the months of work of
    everybody, ``reform`` the day of a change that the site knows of; None where nobody
    says so. ``follow_up`` are its tables of follow-up, by name.
    """

    parameters: Parameters
    seed: int
    history: pd.DataFrame
    targets: dict[str, Target]
    code_groups: pd.DataFrame | None
    efforts: pd.DataFrame | None = None
    employment: pd.DataFrame | None = None
    reform: date | None = None
    follow_up: Mapping[str, pd.DataFrame] = field(default_factory=dict)


_ABSENCE = CaseKind(build_absence_course, plan_absence, "S")
_WAIT = CaseKind(build_benefit_course, plan_benefit, "F")


@dataclass(frozen=True)
class _Made:
    """One kind of case, made: the stream, its names and its course."""

    stream: Stream
    named: Identifiers
    course: Course


def synthesise_site(  # noqa: PLR0913  (what can be asked of it)
    *,
    cases: int,
    years: int = 12,
    shape: str = "default",
    seed: int = 1,
    leaving_odds: float | None = None,
    employment: bool = False,
    reform: date | None = None,
    every_target: bool = False,
    landmarks: bool = False,
    landmark_facts: bool = False,
    changes: Mapping[str, Any] = NO_CHANGES,
) -> SyntheticSite:
    """Synthesise a municipality with about *cases* cases per target over *years*.

    The same arguments give the same site, row by row. The sick-listed serve both
    long_absence and long_unemployment, under the same case numbers. *leaving_odds*
    multiplies everybody's odds of leaving otherwise in a week. With *employment* the
    site has months of work beside, with *every_target* the further targets' cases
    (further_cases.py), with *landmarks* the truth weeks after T0 (landmarks.py); all
    else stays as it is without. With *landmark_facts* some things happen in the course
    of an absence, and change it (landmark_facts.py). On *reform* the rules change
    once more, and the site says so in its list of known changes. *changes* puts other
    values in the place of synthetic.toml's, by name. Raises ValueError for an unknown
    shape, odds that are not above 0, or a name that no value has.
    """
    parameters = read_parameters(
        shape, leaving_odds=leaving_odds, reform=reform, changes=changes
    )
    random = np.random.default_rng([seed, sum(shape.encode())])
    absence = _with_facts(seed) if landmark_facts else _ABSENCE
    sick, flex = (
        _synthesise(random, parameters, kind, cases=cases, years=years)
        for kind in (absence, _WAIT)
    )
    further = (
        _synthesise_further(parameters, seed, cases=cases, years=years)
        if every_target
        else {}
    )
    everyone = (sick, flex, *(made for made, _ in further.values()))
    history = pd.concat(
        [build_history_table(m.stream.spells, m.named, parameters) for m in everyone]
    ).sort_values(["person_id", "start_date"], kind="stable", ignore_index=True)
    targets = {
        **_build_absence_targets(random, parameters, sick),
        "long_benefit": _build_benefit_target(random, parameters, flex),
        **{name: target for name, (_, target) in further.items()},
    }
    if landmark_facts:
        own = _add_fact_days(parameters, targets["long_absence"], sick)
        targets["long_absence"] = own
    if landmarks:
        for name, made in {"long_absence": sick, "long_benefit": flex}.items():
            own = _add_landmarks(parameters, seed, targets[name], name, made)
            targets[name] = own
    return SyntheticSite(
        parameters,
        seed,
        history,
        targets,
        build_site_code_groups(parameters),
        employment=_build_employment(parameters, seed, everyone)
        if employment
        else None,
        reform=reform,
    )


def _with_facts(seed: int) -> CaseKind:
    """Return the absences with facts that come in their course."""

    def build(parameters: Parameters) -> Course:
        course = build_absence_course(parameters)
        onsets = build_onsets(parameters, course.pace, seed=seed)
        return replace(course, onsets=onsets)

    return replace(_ABSENCE, build_course=build)


def _add_fact_days(parameters: Parameters, target: Target, made: _Made) -> Target:
    """Return *target* with the day on which each fact was registered."""
    cases, extract = made.stream.cases, _find_extract_day(parameters)
    days = list_fact_days(
        cases.known, to_week_start(to_week(cases.start)), extract=extract
    )
    columns = {
        name: to_dates(day, missing=missing) for name, (day, missing) in days.items()
    }
    return replace(target, cases=target.cases.assign(**columns))


def _synthesise_further(
    parameters: Parameters, seed: int, *, cases: int, years: int
) -> dict[str, tuple[_Made, Target]]:
    """Return the further targets by name, each by a draw of its own.

    Nobody has worked out the true risk of these courses.
    """
    found = {}
    for name, kind in FURTHER.items():
        random = np.random.default_rng([seed, sum(name.encode())])
        made = _synthesise(random, parameters, kind, cases=cases, years=years)
        frame = _build_benefit_cases(random, parameters, made)
        audit = build_audit_table(made.stream.cases, made.stream.citizens, made.named)
        found[name] = made, Target(frame, audit, pd.DataFrame())
    return found


def _build_employment(
    parameters: Parameters, seed: int, made: Sequence[_Made]
) -> pd.DataFrame:
    """Return everybody's months of work, by a draw of its own."""
    random = np.random.default_rng([seed, sum(b"employment")])
    return pd.concat(
        [
            build_employment_table(
                random, parameters, m.named.person, m.stream.spells, m.stream.cases
            )
            for m in made
        ],
        ignore_index=True,
    )


def _synthesise(
    random: Random,
    parameters: Parameters,
    kind: CaseKind,
    *,
    cases: int,
    years: int,
) -> _Made:
    course = kind.build_course(parameters)
    plan = kind.plan(parameters, course)
    made = synthesise_stream(random, parameters, plan, cases=cases, years=years)
    named = draw_identifiers(random, kind.letter, len(made.citizens), len(made.cases))
    return _Made(made, named, course)


def _build_absence_targets(
    random: Random, parameters: Parameters, made: _Made
) -> dict[str, Target]:
    cases, table = made.stream.cases, parameters["absence"]
    n = len(cases)
    given = made.course.predict(cases.known, cases.drawn, cases.clock.regime)
    columns = {
        **build_keys(random, parameters, made.stream.citizens, cases, made.named),
        **build_absence_columns(random, cases, table),
        "visitation_category": draw_forecast(
            random,
            -given.first,
            ("1", "2", "3"),
            noise=table["intake"]["category_noise"],
            missing=table["missing"]["visitation_category"],
        ),
        **draw_leaks(random, cases, _find_extract_day(parameters)),
    }
    frame = pd.DataFrame(columns)
    audit = build_audit_table(cases, made.stream.citizens, made.named)
    at_risk = ~cases.over & ~cases.elsewhere
    draws = parameters["extras"]["truth_draws"]
    unseen = {**cases.hidden, _INSURED: np.ones(n, dtype=np.bool_)}
    absent = compute_true_risk(
        random,
        made.course,
        define_still_absent(table),
        cases,
        hidden=unseen,
        draws=draws,
    )
    jobless = compute_true_risk(
        random,
        made.course,
        define_long_jobless(table),
        cases,
        hidden=cases.hidden,
        draws=draws,
    )
    return {
        "long_absence": Target(
            frame.drop(columns=_INSURED),
            audit,
            _build_truth(made.named, absent, at_risk),
        ),
        "long_unemployment": Target(
            frame[~cases.over].reset_index(drop=True),
            audit[~cases.over].reset_index(drop=True),
            _build_truth(made.named, jobless, at_risk),
        ),
    }


def _build_benefit_cases(
    random: Random, parameters: Parameters, made: _Made
) -> pd.DataFrame:
    """Return the cases as the file holds them, columns of careless extracts too."""
    cases, table = made.stream.cases, parameters["benefit"]
    given = made.course.predict(cases.known, cases.drawn, cases.clock.regime)
    return pd.DataFrame(
        {
            **build_keys(random, parameters, made.stream.citizens, cases, made.named),
            **build_benefit_columns(cases),
            "ready_for_search": draw_forecast(
                random,
                -given.first,
                ("ready", "partly", "not_yet"),
                noise=table["intake"]["ready_noise"],
                missing=table["missing"]["ready_for_search"],
            ),
            **draw_leaks(random, cases, _find_extract_day(parameters)),
        }
    )


def _build_benefit_target(
    random: Random, parameters: Parameters, made: _Made
) -> Target:
    cases, table = made.stream.cases, parameters["benefit"]
    frame = _build_benefit_cases(random, parameters, made)
    truth = compute_true_risk(
        random,
        made.course,
        define_still_waiting(table),
        cases,
        hidden=cases.hidden,
        draws=parameters["extras"]["truth_draws"],
    )
    audit = build_audit_table(cases, made.stream.citizens, made.named)
    return Target(frame, audit, _build_truth(made.named, truth, ~cases.elsewhere))


def _add_landmarks(
    parameters: Parameters, seed: int, target: Target, name: str, made: _Made
) -> Target:
    """Return *target* with the truth weeks after T0, of the cases that have one at T0.

    Its specification lacks what it has no column of.
    """
    cases = made.stream.cases
    lacks = {_INSURED} & cases.drawn.keys() - {*target.cases}
    unseen = dict.fromkeys(lacks, np.ones(len(cases), dtype=np.bool_))
    truth = compute_landmark_truth(
        parameters, name, made.course, cases, hidden=cases.hidden | unseen, seed=seed
    )
    truth["case_id"] = np.asarray(made.named.case)[truth.pop("case")]
    told = truth[truth["case_id"].isin(target.truth["case_id"])]
    return replace(target, landmarks=told.reset_index(drop=True))


def _build_truth(named: Identifiers, truth: Truth, at_risk: Flags) -> pd.DataFrame:
    """Return the truth of the cases that belong to the target; the others have none."""
    table = pd.DataFrame(
        {
            "case_id": named.case,
            "risk": truth.risk,
            "left": truth.left,
            "risk_error": truth.error,
            "latent_risk": truth.latent,
        }
    )
    return table[at_risk].reset_index(drop=True)


def _find_extract_day(parameters: Parameters) -> int:
    return to_day(parameters["calendar"]["extract_date"])
