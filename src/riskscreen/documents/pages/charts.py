"""Draw the pages' pictures: small inline SVG without scripts, fonts or addresses."""

from functools import lru_cache

from markupsafe import Markup, escape

_PERSON = "M{x} {head}a2.7 2.7 0 1 0 .01 0zM{left} {foot}v-2.2a4.5 4.5 0 0 1 9 0v2.2z"
_STEP = 13


@lru_cache(maxsize=256)
def draw_people(filled: int, *, total: int, words: str) -> Markup:
    """Return *total* people in rows of ten, the first *filled* of them marked."""
    people = "".join(
        _draw_person(place % 10, place // 10, "on" if place < filled else "off")
        for place in range(total)
    )
    return Markup(
        f'<svg class="people" viewBox="0 0 {10 * _STEP} {17 * -(-total // 10)}" '
        f'role="img" aria-label="{escape(words)}">{people}</svg>'
    )


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


def _draw_person(column: int, row: int, css: str) -> str:
    middle = column * _STEP + _STEP / 2
    shape = _PERSON.format(
        x=f"{middle:g}", head=17 * row + 1, left=f"{middle - 4.5:g}", foot=17 * row + 15
    )
    return f'<path class="{css}" d="{shape}"/>'
