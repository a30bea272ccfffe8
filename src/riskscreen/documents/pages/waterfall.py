"""Group a case's reasons into ideas, whose whole points lead from average to score."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from riskscreen.documents.pages.charts import draw_step
from riskscreen.documents.pages.formats import (
    format_points,
    round_half_up,
    round_to_total,
)
from riskscreen.documents.pages.page_values import (
    EveryReason,
    FactRow,
    Waterfall,
    WaterfallRow,
)
from riskscreen.documents.pages.steps import order_steps
from riskscreen.texts import Texts

FACTS_SHOWN = 3
"""Facts that stand under an idea; every one stands in the list of all."""


@dataclass(frozen=True, slots=True)
class ToldReason:
    """One reason of a case in words, and how far it moves the risk.

    What is ``unknown`` is missing or cannot be read; what may not be ``named`` is only
    part of a sum.
    """

    words: str
    typical: str
    idea: str
    points: float
    changeable: bool
    unknown: bool
    named: bool


def build_waterfall(
    reasons: Sequence[ToldReason],
    *,
    average: float,
    risk: float,
    texts: Texts,
    start: str = "",
) -> tuple[Waterfall, tuple[EveryReason, ...]]:
    """Return the waterfall of *reasons*, strongest first, and the list of all.

    Points are whole: the ideas sum to the way from *average* to *risk*, and the reasons
    of each to its own, so what is read adds up everywhere. *start* are other words for
    the average.
    """
    t = texts["case"]
    first, last = (round_half_up(100 * share) for share in (average, risk))
    members: dict[str, list[int]] = {}
    for i, reason in enumerate(reasons):
        members.setdefault(_name_group(reason, texts), []).append(i)
    sums = [100 * sum(reasons[i].points for i in own) for own in members.values()]
    steps = round_to_total(sums, total=last - first) if sums else []
    points: dict[int, int] = {}
    for own, step in zip(members.values(), steps, strict=True):
        parts = round_to_total([100 * reasons[i].points for i in own], total=step)
        points |= zip(own, parts, strict=True)
    kept = [
        (name, own, step)
        for (name, own), step in zip(members.items(), steps, strict=True)
        if step or any(points[i] for i in own)
    ]
    order = order_steps([step for _, _, step in kept], start=first)
    has_bars = order is not None
    if order is None:
        order = tuple(sorted(range(len(kept)), key=lambda n: -kept[n][2]))
    at, rows = first, [_build_end(start or t["start"], first, "usual", first=True)]
    for n in order:
        name, own, step = kept[n]
        css = "more" if step > 0 else "less" if step < 0 else "usual"
        picture = Markup("")
        if has_bars:
            picture = draw_step(at, at + step, css=css, first=False, last=False)
        facts = _list_facts(reasons, own, points)
        rows.append(WaterfallRow(name, facts, format_points(step), picture, css))
        at += step
    rows.append(_build_end(t["end"], last, "ink", first=False))
    note = t["waterfall_note" if has_bars else "no_bars_note"]
    every = tuple(
        EveryReason(r.words, r.typical, r.idea, format_points(points[i]), r.changeable)
        for i, r in enumerate(reasons)
    )
    return Waterfall(tuple(rows), has_bars, note), every


def _name_group(reason: ToldReason, texts: Texts) -> str:
    if reason.unknown:
        return str(texts["case"]["sum_unknown"])
    return reason.idea if reason.named else str(texts["case"]["others"])


def _list_facts(
    reasons: Sequence[ToldReason], own: Sequence[int], points: dict[int, int]
) -> tuple[FactRow, ...]:
    """Return the strongest facts of an idea, each with its points where several are."""
    told = [i for i in own if points[i] and (reasons[i].named or reasons[i].unknown)]
    several = len(own) > 1
    return tuple(
        FactRow(
            reasons[i].words,
            reasons[i].typical,
            format_points(points[i]) if several else "",
            reasons[i].changeable,
        )
        for i in told[:FACTS_SHOWN]
    )


def _build_end(words: str, share: int, css: str, *, first: bool) -> WaterfallRow:
    picture = draw_step(0, share, css=css, first=first, last=not first)
    return WaterfallRow(words, (), str(share), picture, css)
