"""Draw the pages' pictures: small inline SVG without scripts, fonts or addresses."""

import math
from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup, escape

_PERSON = "M{x} {head}a2.7 2.7 0 1 0 .01 0zM{left} {foot}v-2.2a4.5 4.5 0 0 1 9 0v2.2z"
_STEP = 13
_GRID = "".join(f"M{x} 0v10" for x in range(0, 101, 20))
_CURVE_LEFT, _CURVE_RIGHT, _CURVE_FOOT, _CURVE_HEIGHT = 26, 300, 128, 120
_CURVE_AXIS = "".join(
    f'<path class="line-grid" d="M{_CURVE_LEFT} {y:g}H{_CURVE_RIGHT}"/>'
    f'<text class="soft" x="{_CURVE_LEFT - 6}" y="{y + 4:g}" '
    f'text-anchor="end">{n}</text>'
    for n in (0, 2, 4, 6, 8, 10)
    for y in [_CURVE_FOOT - _CURVE_HEIGHT * n / 10]
)


@lru_cache(maxsize=512)
def draw_people(
    filled: int, *, total: int, words: str, span: tuple[int, int] | None = None
) -> Markup:
    """Return *total* people in rows of ten, the first *filled* of them marked.

    A line under one row of ten shows *span*, so many people from and to.
    """
    people = "".join(
        _draw_person(place % 10, place // 10, "on" if place < filled else "off")
        for place in range(total)
    )
    height = 17 * -(-total // 10)
    if span is not None and total == 10:
        people += _draw_span(*span)
        height = 29
    return Markup(
        f'<svg class="people" viewBox="0 0 {10 * _STEP} {height}" '
        f'role="img" aria-label="{escape(words)}">{people}</svg>'
    )


@lru_cache(maxsize=1024)
def draw_bar(start: float, end: float, *, css: str) -> Markup:
    """Return a bar from *start* to *end*, both in percent of its width.

    Decoration beside the figure, so screen readers pass over it.
    """
    low, high = sorted(min(max(end, 0.0), 100.0) for end in (start, end))
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect class="{escape(css)}" x="{low:.2f}" '
        f'width="{high - low:.2f}" y="0" height="10"/></svg>'
    )


def draw_share(share: float, *, goal: float | None = None) -> Markup:
    """Return a bar of *share*, and a mark where the *goal* lies.

    Decoration beside the figure, so screen readers pass over it.
    """
    width = min(max(100 * share, 0.0), 100.0)
    mark = (
        ""
        if goal is None
        else f'<rect class="goal" x="{100 * goal - 0.5:.2f}" width="1" height="10"/>'
    )
    return Markup(
        '<svg class="bar share" viewBox="0 0 100 10" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect class="scored" width="{width:.2f}" height="10"/>'
        f"{mark}</svg>"
    )


_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 200, 44, 10, 172


def draw_path(
    targets: Sequence[float | None],
    actual: Sequence[float | None],
    *,
    months: Sequence[str],
    words: str,
) -> Markup:
    """Return *targets* as a dashed line and what was *actual* as dots on a line.

    Both have a value for each of *months*, or None, where the line breaks. *words* say
    what is drawn; the figures stand in a table beside it.
    """
    top = _round_up(max((n for n in (*targets, *actual) if n is not None), default=1.0))
    step = (_WIDTH - _LEFT - 16) / max(len(months) - 1, 1)

    def place(n: int, value: float) -> tuple[float, float]:
        return _LEFT + 8 + n * step, _BOTTOM - (_BOTTOM - _TOP) * value / top

    def draw(values: Sequence[float | None], css: str) -> str:
        runs: list[list[str]] = [[]]
        for n, value in enumerate(values):
            if value is None:
                runs.append([])
            else:
                runs[-1].append("{:.1f},{:.1f}".format(*place(n, value)))
        lines = (" ".join(run) for run in runs if len(run) > 1)
        return "".join(f'<polyline class="{css}" points="{run}"/>' for run in lines)

    grid = "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        for value in (0, top / 2, top)
        for _, y in [place(0, value)]
    )
    every = max(1, math.ceil(len(months) / 7))
    labels = "".join(
        f'<text x="{place(n, 0)[0]:.1f}" y="{_HEIGHT - 8}" text-anchor="middle">'
        f"{escape(month)}</text>"
        for n, month in enumerate(months)
        if n % every == 0
    )
    dots = "".join(
        '<circle class="dot" r="3.5" cx="{:.1f}" cy="{:.1f}"/>'.format(*place(n, value))
        for n, value in enumerate(actual)
        if value is not None
    )
    return Markup(
        f'<svg class="path" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(words)}">{grid}{draw(targets, "target")}'
        f"{draw(actual, 'actual')}{dots}{labels}</svg>"
    )


_BARS_LEFT, _BARS_RIGHT, _BARS_FOOT, _BARS_HEIGHT = 40, 710, 190, 170


def draw_weeks(
    cases: Sequence[int | None],
    proposed: Sequence[int | None],
    *,
    places: float | None,
    labels: Sequence[str],
    week: str,
    words: str,
) -> Markup:
    """Return a bar a week of *cases*, filled up to *proposed*, and a line at *places*.

    A count that is None has no bar. *labels* stand below, *week* says what they are.
    """
    counts = [n for n in (*cases, *proposed, places) if n is not None]
    top = _round_up(max(counts, default=1.0))
    height, step = _BARS_HEIGHT / top, (_BARS_RIGHT - _BARS_LEFT) / len(labels)
    grid = "".join(
        f'<path class="line-grid" d="M{_BARS_LEFT} {y:.1f}H{_BARS_RIGHT}"/>'
        f'<text class="soft" x="{_BARS_LEFT - 8}" y="{y + 4:.1f}" '
        f'text-anchor="end">{value:g}</text>'
        for value in (0, top / 2, top)
        for y in [_BARS_FOOT - height * value]
    )
    bars = "".join(
        f'<rect class="{css}" x="{_BARS_LEFT + step * (n + 0.15):.1f}" '
        f'y="{_BARS_FOOT - height * count:.1f}" width="{0.7 * step:.1f}" '
        f'height="{height * count:.1f}"/>'
        for css, of in (("bar-all", cases), ("bar-part", proposed))
        for n, count in enumerate(of)
        if count is not None
    )
    below = "".join(
        f'<text class="soft" x="{_BARS_LEFT + step * (n + 0.5):.1f}" '
        f'y="{_BARS_FOOT + 18}" text-anchor="middle">{escape(label)}</text>'
        for n, label in enumerate(labels)
    )
    line = ""
    if places is not None:
        y = _BARS_FOOT - height * places
        line = f'<path class="line-places" d="M{_BARS_LEFT} {y:.1f}H{_BARS_RIGHT}"/>'
    return Markup(
        f'<svg class="chart" viewBox="0 0 720 230" role="img" '
        f'aria-label="{escape(words)}">{grid}{bars}{line}{below}'
        f'<text x="{_BARS_LEFT}" y="{_BARS_FOOT + 36}">{escape(week)}</text></svg>'
    )


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 4, 5, 10, 20 … from *value* on: the end of an axis.

    >>> _round_up(145), _round_up(7), _round_up(0)
    (200.0, 10.0, 1)
    """
    if value <= 1:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 4, 5, 10) if m * power >= value)


@lru_cache(maxsize=4096)
def draw_step(start: int, end: int, *, css: str, first: bool, last: bool) -> Markup:
    """Return one step on an axis from 0 to 100, with the threads to its neighbours.

    Drawn with lines, so that height and width stay apart.
    """
    thread = ("" if first else f"M{start if not last else end} 0V5") + (
        "" if last else f"M{end} 5V10"
    )
    return Markup(
        '<svg class="steps" viewBox="0 0 100 10" preserveAspectRatio="none" '
        f'aria-hidden="true"><path class="line-grid" d="{_GRID}"/>'
        f'<path class="thread" d="{thread}"/>'
        f'<path class="step is-{escape(css)}" d="M{start} 5H{end}"/></svg>'
    )


def draw_curve(
    points: Sequence[tuple[int, float, bool]], *, labels: Sequence[str], words: str
) -> Markup:
    """Return a curve of shares over weeks, the one that counts marked by a dot.

    *points* are weeks, share and whether the score is of it; *labels* stand below.
    """
    longest = max(weeks for weeks, _, _ in points)
    width = (_CURVE_RIGHT - _CURVE_LEFT) / longest
    places = [
        (_CURVE_LEFT + width * weeks, _CURVE_FOOT - _CURVE_HEIGHT * share, marked)
        for weeks, share, marked in points
    ]
    line = "L".join(f"{x:.0f} {y:.0f}" for x, y, _ in places)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{5 if marked else 3}"/>'
        for x, y, marked in places
    )
    below = "".join(
        f'<text class="soft" x="{x:.0f}" y="{_CURVE_FOOT + 16}" '
        f'text-anchor="middle">{escape(label)}</text>'
        for (x, _, _), label in zip(places, labels, strict=True)
    )
    return Markup(
        f'<svg class="chart" viewBox="0 0 320 150" role="img" '
        f'aria-label="{escape(words)}">{_CURVE_AXIS}<path class="curve" d="M{line}"/>'
        f"{dots}{below}</svg>"
    )


def _draw_person(column: int, row: int, css: str) -> str:
    middle = column * _STEP + _STEP / 2
    shape = _PERSON.format(
        x=f"{middle:g}",
        head=f"{17 * row + 1.5:g}",
        left=f"{middle - 4.5:g}",
        foot=f"{17 * row + 15.5:g}",
    )
    return f'<path class="{css}" d="{shape}"/>'


def _draw_span(low: int, high: int) -> str:
    """Return a line under the people from number *low* to number *high*."""
    left, right = (max(n, 1) * _STEP - _STEP / 2 for n in (low, high))
    ends = "".join(
        f'<text x="{x:g}" y="27.5" text-anchor="middle">{n}</text>'
        for x, n in ((left, low), (right, high))
    )
    line = f"M{left:g} 18.5v3M{left:g} 20H{right:g}M{right:g} 18.5v3"
    return f'<path class="span" d="{line}"/>{ends}'
