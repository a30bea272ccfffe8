"""Figures, dates and risks as people read them, in Danish and English."""

import math
from datetime import date

from riskscreen.documents.pages.language import Language
from riskscreen.model.wording import format_number

NO_BREAK = "\N{NO-BREAK SPACE}"

_MONTHS = {
    "da": "januar februar marts april maj juni juli august september oktober "
    "november december",
    "en": "January February March April May June July August September October "
    "November December",
}


def format_count(n: int, forms: tuple[str, str], language: Language) -> str:
    """So many of something, which has one form for one and another for the rest.

    >>> format_count(1, ("uge", "uger"), "da")
    '1 uge'
    >>> format_count(1026, ("week", "weeks"), "en")
    '1,026 weeks'
    """
    one, more = forms
    return f"{format_number(n, language)} {one if n == 1 else more}"


def format_people(risk: float, language: Language, *, of: int = 10) -> str:
    """A risk as a count of people, which is harder to misread than a percentage.

    >>> format_people(0.42, "da"), format_people(0.05, "en", of=20)
    ('ca. 4 ud af 10', 'about 1 in 20')
    >>> format_people(0.01, "da", of=20), format_people(0.99, "en", of=20)
    ('færre end 1 ud af 20', 'more than 19 in 20')
    """
    count = round_half_up(risk * of)
    if count == 0:
        return {"da": f"færre end 1 ud af {of}", "en": f"fewer than 1 in {of}"}[
            language
        ]
    if count == of:
        more = {
            "da": f"flere end {of - 1} ud af {of}",
            "en": f"more than {of - 1} in {of}",
        }
        return more[language]
    return {"da": f"ca. {count} ud af {of}", "en": f"about {count} in {of}"}[language]


def format_count_of(n: int, of: int, language: Language) -> str:
    """So many out of so many.

    >>> format_count_of(9, 10, "da"), format_count_of(9, 10, "en")
    ('9 ud af 10', '9 in 10')
    """
    return f"{n} {'ud af' if language == 'da' else 'in'} {of}"


def format_interval(
    low: float, high: float, language: Language, *, of: int = 10
) -> str:
    """An interval of a risk as counts of people, never narrower than it is.

    >>> format_interval(0.31, 0.48, "da"), format_interval(0.02, 0.17, "en")
    ('mellem 3 og 5 ud af 10', 'up to 2 in 10')
    >>> format_interval(0.81, 0.96, "da"), format_interval(0.05, 0.97, "en")
    ('mindst 8 ud af 10', 'between fewer than 1 and more than 9 in 10')
    """
    # A hair of rounding must not cost a whole person.
    least, most = math.floor(low * of + 1e-9), math.ceil(high * of - 1e-9)
    none, every = least <= 0, most >= of
    if language == "da":
        first = "færre end 1" if none else str(least)
        last = f"flere end {of - 1}" if every else str(most)
        up_to, at_least, span, out = "op til", "mindst", "mellem {} og {}", "ud af"
    else:
        first = "fewer than 1" if none else str(least)
        last = f"more than {of - 1}" if every else str(most)
        up_to, at_least, span, out = "up to", "at least", "between {} and {}", "in"
    if none != every:
        return (
            f"{up_to} {most} {out} {of}" if none else f"{at_least} {least} {out} {of}"
        )
    return f"{span.format(first, last)} {out} {of}"


def choose_total(*risks: float) -> int:
    """Ten people, or twenty where ten are too few to tell the risks by.

    They are where a risk is near none or all, or two would read the same of ten.

    >>> choose_total(0.42, 0.3), choose_total(0.3, 0.05), choose_total(0.083, 0.133)
    (10, 20, 20)
    """
    near_an_end = any(risk < 0.075 or risk >= 0.925 for risk in risks)
    of_ten, of_twenty = ({round_half_up(n * risk) for risk in risks} for n in (10, 20))
    return 20 if near_an_end or len(of_ten) < len(of_twenty) else 10


def format_percent(risk: float, language: Language) -> str:
    """A risk in whole percent; the ends are never claimed.

    >>> format_percent(0.382, "da"), format_percent(0.001, "en")
    ('38 %', 'under 1%')
    """
    unit = " %" if language == "da" else "%"
    if risk < 0.005:
        return f"under 1{unit}"
    if risk >= 0.995:
        return f"over 99{unit}"
    return f"{round_half_up(100 * risk)}{unit}"


def format_points(tenths: int, language: Language) -> str:
    """Percentage points, given in tenths, with their sign.

    >>> format_points(-22, "da"), format_points(60, "en"), format_points(0, "en")
    ('−2,2', '+6.0', '0.0')
    """
    text = f"{'+' if tenths > 0 else '−' if tenths < 0 else ''}{abs(tenths) / 10:.1f}"
    return text.replace(".", ",") if language == "da" else text


def format_exact_percent(risk: float, language: Language) -> str:
    """A risk in percent with one decimal, for sums that must be seen to add up.

    >>> format_exact_percent(0.3821, "da") == "38,2\N{NO-BREAK SPACE}%"
    True
    """
    text = f"{round_half_up(1000 * risk) / 10:.1f}"
    return text.replace(".", ",") + NO_BREAK + "%" if language == "da" else f"{text}%"


def format_date(when: date, language: Language) -> str:
    """A date in words.

    >>> format_date(date(2025, 3, 1), "da"), format_date(date(2025, 3, 1), "en")
    ('1. marts 2025', '1 March 2025')
    """
    month = _MONTHS[language].split()[when.month - 1]
    dot = "." if language == "da" else ""
    return f"{when.day}{dot} {month} {when.year}"


def format_days_left(days: int, language: Language) -> str:
    """How far off a deadline is; one that has passed is told without reproach.

    >>> format_days_left(5, "da"), format_days_left(1, "en"), format_days_left(0, "da")
    ('5 dage igen', '1 day left', 'i dag')
    >>> format_days_left(-3, "da")
    'for 3 dage siden – er det sket?'
    """
    some = abs(days)
    if language == "da":
        unit = "dag" if some == 1 else "dage"
        past, now, ahead = f"for {some} {unit} siden – er det sket?", "i dag", "igen"
    else:
        unit = "day" if some == 1 else "days"
        past, now, ahead = f"{some} {unit} ago – has it been done?", "today", "left"
    if days < 0:
        return past
    return f"{some} {unit} {ahead}" if days else now


def round_half_up(value: float) -> int:
    """The nearest whole number; a half goes up, as people round.

    >>> round_half_up(2.5), round_half_up(-0.4)
    (3, 0)
    """
    return int(value + 0.5) if value >= 0 else -int(0.5 - value)
