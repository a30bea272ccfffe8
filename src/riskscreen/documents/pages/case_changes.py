"""What has changed of a case since the score before: facts, figure and proposal."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import (
    choose_total,
    format_date,
    format_people,
    format_points,
    format_span_of_weeks,
    round_half_up,
    round_to_total,
)
from riskscreen.documents.pages.memory import EarlierScore
from riskscreen.documents.pages.page_values import (
    ChangeRow,
    ChangesSinceScore,
    FigureSteps,
)
from riskscreen.documents.pages.placing import CaseAnswer
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.logistic_function import logit
from riskscreen.model.reasons import compute_risk_points
from riskscreen.model.score_differences import BASE, list_differences
from riskscreen.validation.schemas import LANDMARK_WEEK

DAYS_TOLD = 28
"""How long a change is told: whoever has seen the case by then has seen it."""
_SAME = 1e-8
"""What a store may round of a reason's log-odds."""
_TOLD = ("reason", "feature", "value", "unreadable", "members", "points")
"""What a reason is put in words by, and how far it moved the figure."""


def find_changes(answer: CaseAnswer) -> ChangesSinceScore:
    """Return how what a target says of a case differs from what it said before.

    The facts that moved the figure most come first; those of another version of the
    model are not told. There is nothing where no earlier score is known, or it is of
    more than DAYS_TOLD ago.
    """
    builder, earlier = answer.target.builder, answer.earlier
    if earlier is None or builder.as_of - earlier.day > timedelta(days=DAYS_TOLD):
        return ChangesSinceScore()
    same_model = earlier.model_version == builder.model.version
    rows = [*_list_figures(answer, earlier)]
    stages = [*_list_stages(answer, earlier)]
    # The facts of two stages are told by other periods: that is no change of theirs.
    if same_model and not stages:
        reasons = answer.target.run.reasons_of(answer.case_id)
        stage = builder.find_stage(answer.case)
        rows = [*_list_facts(reasons, earlier.reasons, stage), *rows]
    rows = [*stages, *rows]
    if not rows:
        return ChangesSinceScore()
    note = builder.texts["case"]["other_version"].format(title=builder.title)
    steps = tuple(_list_steps(answer, earlier)) if same_model else ()
    moved = builder.texts["case"]["moved"].format(title=builder.title)
    return ChangesSinceScore(
        format_date(earlier.day, builder.texts),
        tuple(rows),
        () if same_model else (note,),
        (FigureSteps(moved, steps),) if steps else (),
    )


def _list_stages(answer: CaseAnswer, earlier: EarlierScore) -> Iterator[ChangeRow]:
    """Yield which risk each of the two is, where one is of another landmark."""
    builder, then = answer.target.builder, earlier.landmark_week
    week = getattr(answer.case, LANDMARK_WEEK, None)
    if week == then or (pd.isna(week) and then is None):
        return
    t, texts = builder.texts["landmark"], builder.texts
    was, now = (
        t["at_intake"]
        if pd.isna(of)
        else t["at"].format(week=format_span_of_weeks(int(of), texts))
        for of in (then, week)
    )
    yield ChangeRow(f"{builder.title}: {t['risk']}", was, now)


def _list_steps(answer: CaseAnswer, earlier: EarlierScore) -> Iterator[tuple[str, str]]:
    """Yield what moved the figure, and how far, in whole points that add up to it.

    The first is what both figures start from, where that is another at a landmark.
    """
    if earlier.risk is None or earlier.base_risk is None:
        return
    case, builder = answer.case, answer.target.builder
    words = builder.find_stage(case).words
    reasons = answer.target.run.reasons_of(answer.case_id)
    then = earlier.reasons
    moved = list_differences(
        dict(zip(then.get("reason", ()), then.get("log_odds", ()), strict=True)),
        dict(zip(reasons.reason, reasons.log_odds.tolist(), strict=True)),
        bases=(logit(earlier.base_risk), logit(float(case.base_risk))),
    )
    names = [name for name in moved if abs(moved[name]) > _SAME]
    if not names:
        return
    steps = np.array([[moved[name] for name in names]])
    points = compute_risk_points(steps, base_log_odds=logit(earlier.risk))[0]
    first, last = (round_half_up(100 * r) for r in (earlier.risk, float(case.risk)))
    whole = round_to_total((100 * points).tolist(), total=last - first)
    others = 0
    for name, step in sorted(
        zip(names, whole, strict=True), key=lambda one: (one[0] != BASE, -abs(one[1]))
    ):
        if name == BASE:
            yield str(builder.texts["landmark"]["base"]), format_points(step)
        elif name in words.reasons and step:
            yield words.label(name), format_points(step)
        else:
            others += step
    if others:
        yield str(builder.texts["case"]["others"]), format_points(others)


def _list_facts(
    reasons: CaseReasons, then: Mapping[str, Sequence[Any]], builder: PageBuilder
) -> Iterator[ChangeRow]:
    """Yield the facts that say something else, with the words of both times.

    Where a reason named another of its facts then, nobody can tell what changed.
    """
    words = builder.words
    before = {
        (name, feature): (
            words.describe(name, feature, value, bool(cannot), members or ""),
            moved,
        )
        for name, feature, value, cannot, members, moved in zip(
            *(then.get(column, ()) for column in _TOLD), strict=True
        )
        if name in words.reasons and feature in words.features
    }
    found = []
    for place, name in enumerate(reasons.reason):
        now = words.describe_at(reasons, place)
        was, points = before.get((name, reasons.feature[place]), (now, 0.0))
        if was != now and reasons.named[place]:
            moved = abs(float(reasons.points[place]) - points)
            label = words.label(name)
            said = (one.removeprefix(f"{label}: ") for one in (was, now))
            found.append((moved, ChangeRow(label, *said)))
    for _, row in sorted(found, key=lambda one: -one[0]):
        yield row


def _list_figures(answer: CaseAnswer, earlier: EarlierScore) -> Iterator[ChangeRow]:
    """Yield the figure and the proposal, where they were shown and read otherwise.

    The proposal is the score's own at both times: what a newer case or the list made of
    it then, nobody keeps. Where it is not what the page says now, it is not told.
    """
    if earlier.risk is None:
        return
    case, builder = answer.case, answer.target.builder
    t, texts = builder.texts["case"], builder.texts
    risks = (earlier.risk, float(case.risk))
    total = choose_total(float(case.risk), float(case.base_risk))
    was, now = (format_people(risk, texts, total=total) for risk in risks)
    if was != now:
        yield ChangeRow(f"{builder.title}: {t['figure']}", was, now)
    proposed = bool(case.proposed)
    if proposed == answer.placed.proposed != earlier.proposed:
        said = (t["not_proposed"], f"{t['is_proposed']}.")
        was, now = said[earlier.proposed], said[proposed]
        yield ChangeRow(f"{builder.title}: {t['proposal']}", was, now)
