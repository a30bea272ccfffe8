"""Format figures, dates and risks as people read them."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date

from riskscreen.model.wording import format_number
from riskscreen.texts import Texts

NO_BREAK = "\N{NO-BREAK SPACE}"
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-ZÆØÅ])")


def format_count(n: int, forms: Sequence[str], texts: Texts) -> str:
    """Return *n* with the first of two *forms* for one, the other for the rest."""
    return f"{format_number(n, texts['language'])} {forms[n != 1]}"


def format_figure(
    value: float, texts: Texts, *, decimals: int = 0, keep_zeros: bool = False
) -> str:
    """Return a figure as people read it: no more decimals than it needs.

    >>> from riskscreen.documents.texts import DANISH
    >>> format_figure(15033200, DANISH), format_figure(28.633, DANISH, decimals=1)
    ('15.033.200', '28,6')
    """
    # Rounded as people round, and not to the even one.
    rounded = round_half_up(value * 10**decimals) / 10**decimals
    return format_number(
        rounded, texts["language"], decimals=decimals, keep_zeros=keep_zeros
    )


def format_share(share: float, texts: Texts) -> str:
    """Return a share of people who were counted, in whole percent, the ends too.

    >>> from riskscreen.documents.texts import DANISH, ENGLISH
    >>> format_share(1.0, DANISH).replace(NO_BREAK, " "), format_share(0.8345, ENGLISH)
    ('100 %', '83%')
    """
    form = texts["numbers"]["percent_exact"]
    return str(form.format(n=round_half_up(100 * share)))


def format_month(when: date, texts: Texts) -> str:
    """Return a month in words, such as "marts 2017"."""
    return f"{texts['dates']['months'][when.month - 1]} {when.year}"


def format_people(risk: float, texts: Texts, *, total: int = 10) -> str:
    """Return a risk as a count of people, which is harder to misread than percent.

    >>> from riskscreen.documents.texts import DANISH, ENGLISH
    >>> format_people(0.42, DANISH), format_people(0.05, ENGLISH, total=20)
    ('ca. 4 ud af 10', 'about 1 in 20')
    >>> format_people(0.01, DANISH, total=20), format_people(0.99, ENGLISH, total=20)
    ('færre end 1 ud af 20', 'more than 19 in 20')
    """
    count, forms = round_half_up(risk * total), texts["numbers"]
    if count == 0:
        return str(forms["fewer_people"].format(total=total))
    if count == total:
        return str(forms["more_people"].format(n=total - 1, total=total))
    return str(forms["about_people"].format(n=count, total=total))


def format_interval(low: float, high: float, texts: Texts, *, total: int = 10) -> str:
    """Return an interval of a risk as counts of people, never narrower than it is.

    >>> from riskscreen.documents.texts import DANISH, ENGLISH
    >>> format_interval(0.31, 0.48, DANISH), format_interval(0.02, 0.17, ENGLISH)
    ('mellem 3 og 5 ud af 10', 'up to 2 in 10')
    >>> format_interval(0.81, 0.96, DANISH), format_interval(0.05, 0.97, ENGLISH)
    ('mindst 8 ud af 10', 'between fewer than 1 and more than 9 in 10')
    """
    least, most = find_whole_ends(low, high, total=total)
    from_none, to_all, forms = least <= 0, most >= total, texts["numbers"]
    if from_none and not to_all:
        return str(forms["up_to"].format(n=most, total=total))
    if to_all and not from_none:
        return str(forms["at_least"].format(n=least, total=total))
    ends = {
        "low": forms["fewer_than_one"] if from_none else least,
        "high": forms["more_than"].format(n=total - 1) if to_all else most,
    }
    return str(forms["between"].format(**ends, total=total))


def find_whole_ends(low: float, high: float, *, total: int) -> tuple[int, int]:
    """Return an interval as whole people, never narrower than it is."""
    # A hair of rounding must not cost a whole person.
    return math.floor(low * total + 1e-9), math.ceil(high * total - 1e-9)


def choose_total(*risks: float) -> int:
    """Return ten people, or twenty where ten are too few to tell the risks apart.

    They are where a risk is near none or all, or two would read the same of ten.

    >>> choose_total(0.42, 0.3), choose_total(0.3, 0.05), choose_total(0.083, 0.133)
    (10, 20, 20)
    """
    near_an_end = any(risk < 0.075 or risk >= 0.925 for risk in risks)
    of_ten, of_twenty = ({round_half_up(n * risk) for risk in risks} for n in (10, 20))
    return 20 if near_an_end or len(of_ten) < len(of_twenty) else 10


def format_exact_percent(risk: float, texts: Texts) -> str:
    """Return a risk in percent with one decimal, for sums that must add up."""
    n = f"{round_half_up(1000 * risk) / 10:.1f}".replace(
        ".", texts["numbers"]["decimal"]
    )
    return str(texts["numbers"]["percent_exact"].format(n=n))


def format_points(points: int) -> str:
    """Return whole percentage points with their sign.

    >>> format_points(9), format_points(-2), format_points(0)
    ('+9', '−2', '0')
    """
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return f"{sign}{abs(points)}"


def format_span_of_weeks(weeks: int, texts: Texts) -> str:
    """Return a time as people say it: half a year in place of 26 weeks.

    >>> from riskscreen.documents.texts import DANISH, ENGLISH
    >>> format_span_of_weeks(26, DANISH), format_span_of_weeks(8, ENGLISH)
    ('et halvt år', '8 weeks')
    """
    named = texts["dates"]["spans"].get(str(weeks))
    return str(named or format_count(weeks, texts["common"]["weeks"], texts))


def format_date(when: date, texts: Texts) -> str:
    """Return a date in words."""
    month = texts["dates"]["months"][when.month - 1]
    form = texts["dates"]["form"]
    return str(form.format(day=when.day, month=month, year=when.year))


def format_short_date(when: date, texts: Texts) -> str:
    """Return a date with the month cut short, for tables."""
    month = texts["dates"]["short_months"][when.month - 1]
    form = texts["dates"]["form"]
    return str(form.format(day=when.day, month=month, year=when.year))


def unite_sentences(texts: Iterable[str]) -> str:
    """Return the sentences of *texts*, each once; what several say stands last.

    >>> unite_sentences(["Nobody knows A. You decide.", "Nobody knows B. You decide."])
    'Nobody knows A. Nobody knows B. You decide.'
    >>> unite_sentences(["Efter ca. 5 uger.", "Efter ca. 6 uger."])
    'Efter ca. 5 uger. Efter ca. 6 uger.'
    """
    sentences = [one for text in texts for one in _BETWEEN_SENTENCES.split(text)]
    return " ".join(reversed(dict.fromkeys(reversed(sentences))))


def capitalise(words: str) -> str:
    """Return *words* with a capital first; the others are as they are.

    >>> capitalise("alder: 52 år"), capitalise("")
    ('Alder: 52 år', '')
    """
    return words[:1].upper() + words[1:]


def lower_first(words: str) -> str:
    """Return *words* with a small letter first; the others are as they are.

    >>> lower_first("Alder: 52 År"), lower_first("")
    ('alder: 52 År', '')
    """
    return words[:1].lower() + words[1:]


def round_half_up(value: float) -> int:
    """Return the nearest whole number; a half goes up, as people round.

    >>> round_half_up(2.5), round_half_up(-0.4)
    (3, 0)
    """
    return int(value + 0.5) if value >= 0 else -int(0.5 - value)


def round_to_total(values: Sequence[float], *, total: int) -> list[int]:
    """Return whole numbers that sum to *total*, each as near its value as that allows.

    Largest remainders first. *total* must lie within one of the sum of *values*, so
    that no figure moves by more than one.

    >>> round_to_total([1.4, 1.4, 1.4], total=4)
    [2, 1, 1]
    """
    floors = [math.floor(value) for value in values]
    by_remainder = sorted(range(len(values)), key=lambda n: floors[n] - values[n])
    for n in by_remainder[: total - sum(floors)]:
        floors[n] += 1
    return floors
