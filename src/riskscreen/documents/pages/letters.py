"""Build the letters: each citizen's own explanation, from the record of the page."""

from collections.abc import Iterator, Sequence
from datetime import date

from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import (
    choose_total,
    format_date,
    lower_first,
)
from riskscreen.documents.pages.letter_values import (
    Letter,
    LetterFact,
    LetterQuestion,
)
from riskscreen.documents.pages.placing import (
    CaseAnswer,
    CaseLine,
    Standing,
    describe_place,
    find_lot_words,
)
from riskscreen.documents.pages.reason_words import SMALLEST_REASON, ReasonWords
from riskscreen.documents.pages.scoring_run import CaseReasons
from riskscreen.readers.letter_text import ConfirmedText, LetterText
from riskscreen.texts import Texts, join_words

FACTS_ON_A_PAGE = 5
"""Facts that a letter names, shared by its targets, so that it is one page."""
FEWEST_FACTS = 2
"""Of each target, whatever the others say."""
NOT_KNOWN = 4
"""Facts that were not stated, named in a letter."""
FOLDER = "letters"


def name_letter(case_page: str) -> str:
    """Return the file of the letter beside a case's page.

    >>> name_letter("cases/000001.html")
    'letters/000001.html'
    """
    return f"{FOLDER}/{case_page.rpartition('/')[2]}"


def build_letter(line: CaseLine, said: LetterText) -> Letter:
    """Return the letter to the citizen of a case that has a figure, over all targets.

    Without rights that somebody has confirmed it is a draft, and says only who decides,
    and how one has a fact corrected, sees what was used and complains. What colleagues
    noted is in no letter.
    """
    answers = line.shown
    builder = answers[0].target.builder
    t, texts = builder.texts["letter"], builder.texts
    rights, whole = said.rights, said.rights is not None
    proposed = line.standing < Standing.DRAWN
    told = (t["proposed"] if proposed else "", find_lot_words(line))
    opening = " ".join(filter(None, told)) or t["not_proposed"]
    missing = dict.fromkeys(
        fact
        for answer in answers
        for fact in _find_words(answer).list_unstated(_find_reasons(answer))
    )
    place = describe_place(line.unit, builder) if line.unit else ""
    return Letter(
        case_id=line.case_id,
        sender=tuple(filter(None, (said.sender, place, said.contact))),
        day="" if builder.as_of == date.min else format_date(builder.as_of, texts),
        case_page=line.file,
        opening=opening if whole else "",
        questions=tuple(_build_questions(answers)) if whole else (),
        also_used=_describe_also_used(answers) if whole else "",
        not_used=describe_all_not_used([a.target.builder for a in answers])
        if whole
        else "",
        not_known=_describe_missing(list(missing), texts) if whole else "",
        rights=() if rights is None else rights.paragraphs,
        confirmed=describe_confirmed(rights, texts),
    )


def describe_confirmed(text: ConfirmedText | None, texts: Texts) -> str:
    """Return who confirmed a text, by role and day; empty where nobody has."""
    if text is None:
        return ""
    day = format_date(text.on, texts)
    return str(texts["letter"]["confirmed_by"].format(role=text.role, day=day))


def describe_all_not_used(builders: Sequence[PageBuilder]) -> str:
    """Return what no figure rests on: what is audited alone, and what no run reads."""
    t = builders[0].texts["letter"]
    words = join_words([*t["never_used"], *list_audited(builders)], t["or"])
    return str(t["not_used"].format(words=words))


def list_audited(builders: Sequence[PageBuilder]) -> list[str]:
    """Return what the models are checked by alone, by its labels.

    An audit column in bands of a feature is used, by that feature.
    """
    labels = (
        column.label.in_language(builder.language)
        for builder in builders
        for column in builder.model.spec.audit.values()
        if column.bands_of is None
    )
    return list(dict.fromkeys(labels))


def _build_questions(answers: Sequence[CaseAnswer]) -> Iterator[LetterQuestion]:
    most = max(FEWEST_FACTS, FACTS_ON_A_PAGE // len(answers))
    for answer in answers:
        builder, case = answer.target.builder, answer.case
        spec, t = builder.model.spec, builder.texts["letter"]
        risk, base = float(case.risk), float(case.base_risk)
        total = choose_total(risk, base)
        title = builder.title
        # Of several targets each direction says of which.
        of = f" {lower_first(title)}" if len(answers) > 1 else ""
        long_words = spec.outcome.long_words.in_language(builder.language)
        at_landmark = builder.describe_stage(case, form="question")
        yield LetterQuestion(
            title=title,
            seen=t["seen"].format(title=title),
            facts=tuple(_list_facts(answer, of))[:most],
            like=builder.count_people(risk, total=total),
            usual=builder.count_people(base, total=total),
            usual_of=builder.texts["landmark"]["everyone"]
            if at_landmark
            else t["usual"],
            counted=at_landmark or t["counted"].format(long_words=long_words),
        )


_SOURCES = {"intake": "intake", "step_1": "intake", "table": "table"}
"""Where a letter says that a fact is from, by its family; all others: the history."""


def _list_facts(answer: CaseAnswer, of: str) -> Iterator[LetterFact]:
    """Yield what is known and mattered, strongest first, as more or less *of* it."""
    t, words = answer.target.builder.texts["letter"], _find_words(answer)
    reasons = _find_reasons(answer)
    for told, feature in zip(words.tell(reasons), reasons.feature, strict=True):
        if told.unknown or not told.named or abs(told.points) < SMALLEST_REASON:
            continue
        family = words.features[feature].family
        source = _SOURCES.get(family, "history")
        points_to = t["more" if told.points > 0 else "less"]
        yield LetterFact(told.words, t["sources"][source], points_to + of)


def _describe_also_used(answers: Sequence[CaseAnswer]) -> str:
    """Return the ideas that the figures rest on, whatever their facts say.

    Empty where nothing is known but that nothing was stated.
    """
    builder = answers[0].target.builder
    ideas = dict.fromkeys(
        told.idea
        for answer in answers
        for told in _find_words(answer).tell(_find_reasons(answer))
        if not told.unknown
    )
    if not ideas:
        return ""
    t = builder.texts["letter"]
    words = join_words([lower_first(idea) for idea in ideas], t["and"])
    return str(t["also_used"].format(words=words))


def _describe_missing(missing: Sequence[str], texts: Texts) -> str:
    """Return what was not known; empty where all was."""
    if not missing:
        return ""
    named = [lower_first(fact) for fact in missing[:NOT_KNOWN]]
    if len(missing) > NOT_KNOWN:
        more = texts["case"]["and_more"].format(n=len(missing) - NOT_KNOWN)
        words = f"{'; '.join(named)} {more}"
    else:
        words = "; ".join(named)
    return str(texts["letter"]["not_known"].format(words=words))


def _find_words(answer: CaseAnswer) -> ReasonWords:
    """Return what puts the reasons of the stage of a case's risk in words."""
    return answer.target.builder.find_stage(answer.case).words


def _find_reasons(answer: CaseAnswer) -> CaseReasons:
    return answer.target.run.reasons_of(answer.case_id)
