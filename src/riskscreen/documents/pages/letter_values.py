"""The values of the letters and of the information text, ready to print."""

from dataclasses import dataclass

from riskscreen.documents.pages.page_values import Count


@dataclass(frozen=True, slots=True)
class LetterFact:
    """A fact that mattered: where it comes from, and which way it points."""

    words: str
    source: str
    points_to: str


@dataclass(frozen=True, slots=True)
class LetterQuestion:
    """What one target says of a citizen in a letter; ``seen`` heads the directions.

    ``usual_of`` says whom the usual is of.
    """

    title: str
    seen: str
    facts: tuple[LetterFact, ...]
    like: Count
    usual: Count
    usual_of: str
    counted: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The citizen's own explanation: what was used, who decides, and the rights.

    A draft has neither ``questions`` nor what stands beside them, and no ``rights``:
    nobody has confirmed those. ``confirmed`` says who has.
    """

    case_id: str
    sender: tuple[str, ...]
    day: str
    case_page: str
    opening: str
    questions: tuple[LetterQuestion, ...]
    also_used: str
    not_used: str
    not_known: str
    rights: tuple[str, ...]
    confirmed: str


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """Whose cases one model learnt from, when they were decided on, and how many."""

    title: str
    whose: str
    span: str
    cases: str


@dataclass(frozen=True, slots=True)
class Information:
    """What those are told whose cases trained the models; a draft as a letter is."""

    sender: tuple[str, ...]
    trained_on: tuple[TrainedOn, ...]
    used: str
    audited: str
    not_used: str
    rights: tuple[str, ...]
    confirmed: str
