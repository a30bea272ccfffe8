"""The pictures of the pages: small inline SVG without scripts, fonts or addresses."""

from markupsafe import Markup

_PERSON = "M{x} {head}a2.7 2.7 0 1 0 .01 0zM{left} {foot}v-2.2a4.5 4.5 0 0 1 9 0v2.2z"
_STEP = 13


def people_row(filled: int, *, of: int, words: str) -> Markup:
    """*of* people in rows of ten, the first *filled* of them marked."""
    people = "".join(
        _person(place % 10, place // 10, "on" if place < filled else "off")
        for place in range(of)
    )
    height = 17 * -(-of // 10)
    return _picture(people, width=10 * _STEP, height=height, words=words, css="people")


def bar(start: float, end: float, *, css: str) -> Markup:
    """A bar from *start* to *end*, both in percent of the width it is given.

    Decoration beside the figure, so screen readers pass over it.
    """
    low, high = sorted((_inside(start), _inside(end)))
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" '
        'aria-hidden="true"><rect class="{css}" x="{x:.2f}" width="{width:.2f}" '
        'y="0" height="10"/></svg>'
    ).format(css=css, x=low, width=high - low)


def _person(column: int, row: int, css: str) -> Markup:
    middle = column * _STEP + _STEP / 2
    shape = _PERSON.format(
        x=f"{middle:g}", head=17 * row + 1, left=f"{middle - 4.5:g}", foot=17 * row + 15
    )
    return Markup('<path class="{css}" d="{shape}"/>').format(css=css, shape=shape)


def _picture(
    inside: str, *, width: float, height: float, words: str, css: str
) -> Markup:
    return Markup(
        '<svg class="{css}" viewBox="0 0 {width:g} {height:g}" role="img" '
        'aria-label="{words}">{inside}</svg>'
    ).format(css=css, width=width, height=height, words=words, inside=Markup(inside))


def _inside(place: float) -> float:
    return min(max(place, 0.0), 100.0)
