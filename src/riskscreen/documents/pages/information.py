"""Build the information text to the people whose cases trained the models."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import (
    capitalise,
    format_month,
    lower_first,
)
from riskscreen.documents.pages.letter_values import Information, TrainedOn
from riskscreen.documents.pages.letters import (
    describe_confirmed,
    list_audited,
)
from riskscreen.model.wording import format_number
from riskscreen.readers.letter_text import LetterText
from riskscreen.texts import join_words

INFORMATION = "information.html"


def build_information(builders: Sequence[PageBuilder], said: LetterText) -> Information:
    """Return what those are to know whose cases the models of *builders* learnt from.

    What is used, of whom and for what comes from the models; purpose, legal basis,
    storage and rights are the site's text. Without one that somebody has confirmed it
    is a draft, and says only who decides, how one sees what is used, and complains.
    """
    first, text = builders[0], said.information
    t, whole = first.texts["information"], text is not None
    return Information(
        sender=tuple(filter(None, (said.sender, said.contact))),
        trained_on=tuple(map(describe_training, builders)) if whole else (),
        used=t["used"].format(words=name_ideas(builders)) if whole else "",
        audited=describe_audited(builders) if whole else "",
        not_used=describe_not_used(first) if whole else "",
        rights=() if text is None else text.paragraphs,
        confirmed=describe_confirmed(text, first.texts),
    )


def describe_training(builder: PageBuilder) -> TrainedOn:
    """Return whose cases the model of *builder* learnt from."""
    spec, notes, texts = builder.model.spec, builder.model.notes, builder.texts
    cases = _find_count(notes.get("cases"))
    months = [_read_month(text) for text in notes.get("decided") or ()]
    span = ""
    if len(months) == 2 and all(months):
        since, until = (format_month(month, texts) for month in months if month)
        span = texts["information"]["span"].format(since=since, until=until)
    return TrainedOn(
        builder.title,
        capitalise(spec.population.who.in_language(builder.language)),
        span,
        "" if cases is None else format_number(cases, builder.language),
    )


def _find_count(cases: Any) -> int | None:
    """Return how many cases trained; None where an earlier release did not say."""
    n = cases.get("train") if isinstance(cases, dict) else None
    return n if isinstance(n, int) else None


def _read_month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def name_ideas(builders: Sequence[PageBuilder]) -> str:
    """Return the ideas that hold what the models use."""
    ideas = dict.fromkeys(
        builder.words.ideas[reason]
        for whole in builders
        for builder in (whole, *whole.stages.values())
        for reason in builder.words.reasons
    )
    words = [lower_first(idea) for idea in ideas]
    return join_words(words, builders[0].texts["letter"]["and"])


def describe_audited(builders: Sequence[PageBuilder]) -> str:
    """Return what is used to check the models alone; empty where nothing is."""
    texts = builders[0].texts
    if not (labels := list_audited(builders)):
        return ""
    words = join_words(labels, texts["letter"]["and"])
    return str(texts["information"]["audited"].format(words=words))


def describe_not_used(builder: PageBuilder) -> str:
    """Return what no run reads; what is audited alone has its own sentence."""
    t, information = builder.texts["letter"], builder.texts["information"]
    words = join_words(t["never_used"], t["or"])
    return str(information["not_used"].format(words=words))
