"""The way from the base risk to a case's own, in a few steps that add up."""

from collections.abc import Sequence

from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import format_exact_percent, format_points
from riskscreen.documents.pages.page_values import WaterfallStep
from riskscreen.texts import Texts


def build_steps(
    totals: Sequence[int],
    *,
    unknown: Sequence[int],
    ends: tuple[float, float],
    by: tuple[float, float],
    texts: Texts,
) -> tuple[WaterfallStep, ...]:
    """Return the way from base to risk, the two *ends*.

    First all that lowers, then all that raises (*by* as shares, *totals* as they
    are printed), and last the *unknown* facts, where they move it.
    """
    t = texts["case"]
    base, risk = ends
    low, high = base + by[0], base + sum(by)
    # Shares of a long way can lead past none or all; the picture makes room.
    first, last = min(0.0, low, high), max(1.0, low, high)
    zero, p0, p1, p2, p = (
        100 * (x - first) / (last - first) for x in (0.0, base, low, high, risk)
    )
    down, up = (format_points(n, texts) for n in totals)
    start, end = (format_exact_percent(r, texts) for r in ends)
    steps = [
        WaterfallStep(t["start"], start, draw_bar(zero, p0, css="base"), "base"),
        WaterfallStep(t["sum_down"], down, draw_bar(p0, p1, css="down"), "down"),
        WaterfallStep(t["sum_up"], up, draw_bar(p1, p2, css="up"), "up"),
    ]
    if any(unknown):
        words = t["sum_unknown"].format(n=len(unknown))
        figure = format_points(sum(unknown), texts)
        bar = draw_bar(p2, p, css="unknown")
        steps.append(WaterfallStep(words, figure, bar, "unknown"))
    bar = draw_bar(zero, p, css="end")
    return (*steps, WaterfallStep(t["end"], end, bar, "end"))
