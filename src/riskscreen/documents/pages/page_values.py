"""The values that stand on each page, ready to print."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class RunHeader:
    """What every page of a run says about where it comes from.

    ``today`` is the day that pages of synthetic cases count from, for nobody opens
    them on a day of theirs; empty of real ones, which count from the day they are open.
    """

    target: str
    question: str
    who: str
    synthetic: bool
    today: str
    data_date: str
    pilot: bool
    models: tuple[str, ...]
    limits: str
    links: tuple["PageLink", ...] = ()
    others: tuple["PageLink", ...] = ()


@dataclass(frozen=True, slots=True)
class PageLink:
    """A way to another page of the run, from its top folder."""

    words: str
    page: str


@dataclass(frozen=True, slots=True)
class Count:
    """A risk as people: in words and as a picture."""

    words: str
    picture: Markup


@dataclass(frozen=True, slots=True)
class HorizonRow:
    """The risk at one horizon as people; ``css`` is primary, further or passed."""

    when: str
    words: str
    css: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """How many of 100 such citizens come to one end; ``css`` is of its bar."""

    words: str
    n: str
    picture: Markup
    css: str


@dataclass(frozen=True, slots=True)
class Shares:
    """What becomes of 100 such citizens, in rows that sum to the total.

    Rows of ``css`` state divide the row above them, and sum to it.
    """

    title: str
    rows: tuple[ShareRow, ...]
    total: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactRow:
    """One reason; ``points`` are empty where its idea has no other."""

    words: str
    typical: str
    points: str
    changeable: bool


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """One idea and its strongest facts, or one end; ``css`` is of its step."""

    label: str
    facts: tuple[FactRow, ...]
    points: str
    picture: Markup
    css: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The way from the average to the score in whole points of 100, which add up.

    Without bars where no order of the ideas stays within the axis.
    """

    rows: tuple[WaterfallRow, ...]
    has_bars: bool
    note: str


@dataclass(frozen=True, slots=True)
class EveryReason:
    """One line of the full list of reasons."""

    words: str
    typical: str
    idea: str
    points: str
    changeable: bool


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """One deadline of a case.

    ``rule`` is when it falls, ``earliest`` says that it is the first day that can be,
    ``changed`` that its rule was changed and nobody has checked it since. ``iso`` is
    the day for the browser, which counts the days left; ``met`` is said of a condition.
    """

    words: str
    rule: str
    due: str
    iso: str
    met: str
    earliest: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class CaseDeadlines:
    """The deadlines of a case by law, and a project's own targets, soonest first.

    ``conditions`` are met on their day: nobody has to do anything by it.
    ``rules_changed`` says when the marked rules changed; empty where none did.
    """

    law: tuple[DeadlineRow, ...] = ()
    targets: tuple[DeadlineRow, ...] = ()
    conditions: tuple[DeadlineRow, ...] = ()
    rules_changed: str = ""


@dataclass(frozen=True, slots=True)
class EffortRow:
    """One effort of a case: which and where, and from when until when."""

    words: str
    when: str


@dataclass(frozen=True, slots=True)
class DueRow:
    """The next deadline of a case on a list; ``iso`` is the day for the browser."""

    words: str
    due: str
    iso: str


@dataclass(frozen=True, slots=True)
class Saying:
    """What is proposed by one target, and why, in a sentence and a half."""

    proposal: str
    why: str


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """What one target says of a case: how many, how sure, on what it rests.

    ``name`` is the target's own, as decisions are noted on it.
    """

    target: str
    title: str
    question: str
    this_case: Count
    average: Count
    average_of: str
    placed: str
    certainty: str
    waterfall: Waterfall
    every_reason: tuple[EveryReason, ...]
    sum_words: str
    shares: Shares | None
    horizons: tuple[HorizonRow, ...]
    curve: Markup
    still_in: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that says something else than before."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class FigureSteps:
    """What moved a figure, in whole points that sum to the way; ``title`` heads it."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangesSinceScore:
    """What has changed of a case ``since`` the score before; nothing without rows.

    ``notes`` say of which target the facts of then cannot be told, ``steps`` what moved
    the figure of each whose figure moved.
    """

    since: str = ""
    rows: tuple[ChangeRow, ...] = ()
    notes: tuple[str, ...] = ()
    steps: tuple[FigureSteps, ...] = ()


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything on the page of one case; ``questions`` has one for each target.

    ``says``, ``due``, ``talk``, ``missing`` and ``under_way`` are its first screen.
    ``facts`` are those of the file that no model reads; ``efforts`` is None where
    nobody says. ``letter`` is the file of the citizen's, where there is one; ``code``
    leads from paper to the case, where the page is kept in a store. ``lot_words`` are
    for a citizen with an extra place by lot, empty for everybody else.
    """

    case_id: str
    place: str
    worklist: str
    says: tuple[Saying, ...]
    due: DueRow | None
    talk: tuple[str, ...]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]
    under_way: str
    questions: tuple[CaseQuestion, ...]
    deadlines: CaseDeadlines
    facts: tuple[str, ...]
    efforts: tuple[EffortRow, ...] | None
    history_notes: tuple[str, ...]
    missing_note: str
    limits: str
    unobserved: tuple[str, ...]
    letter: str = ""
    changes: ChangesSinceScore = ChangesSinceScore()
    code: str = ""
    lot_words: str = ""


@dataclass(frozen=True, slots=True)
class WorklistAnswer:
    """What one target says of a case on a list, ready to print.

    ``remark`` is the place it has, or why it has none; ``tenths`` is its bar, and
    ``target`` is empty where the run has but one. ``level`` says how many such cases
    are long now that this one is still in, empty where no more is known than at T0.
    """

    words: str
    icon: str
    css: str
    remark: str
    target: str
    risk: str
    tenths: int
    level: str = ""


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One case of a worklist, with what every target of the run says of it.

    ``page`` is empty of a case without a score. ``band`` and ``weeks`` are what filters
    ask for; ``css`` marks rows of which facts are missing, and that are new or changed,
    as ``news`` says. ``effort`` is its newest effort in words, empty where it has none.
    """

    case_id: str
    page: str
    band: str
    weeks: str
    css: str
    news: str
    news_icon: str
    missing: str
    answers: tuple[WorklistAnswer, ...]
    talk: str
    due: DueRow | None
    caseworker: str
    effort: str


@dataclass(frozen=True, slots=True)
class WorklistGroup:
    """The cases of one team that stand alike; the line lies above ``below_line``."""

    team: str
    town: str
    title: str
    note: str
    below_line: bool
    rows: tuple[WorklistRow, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of a list stand alike."""

    n: str
    words: str
    icon: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """The list of one team, or of all: every case of it, whatever became of it.

    ``weeks`` say the proposals of each beside the places. ``teams``, ``towns``,
    ``bands``, ``caseworkers`` and ``week_names`` are what one can choose among, each a
    value and its words; ``last_column`` is empty where there is nothing to say there.
    ``unit`` is the municipality and the team whose list it is, as the scores have them.
    """

    title: str
    page: str
    about: str
    tally: tuple[Tally, ...]
    total: str
    shown: str
    weeks: tuple[str, ...]
    groups: tuple[WorklistGroup, ...]
    teams: tuple[tuple[str, str], ...]
    towns: tuple[tuple[str, str], ...]
    bands: tuple[tuple[str, str], ...]
    caseworkers: tuple[tuple[str, str], ...]
    week_names: tuple[tuple[str, str], ...]
    has_news: bool
    last_column: str
    notes: str
    unit: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the overview that leads to a list."""

    words: str
    page: str
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverviewPart:
    """One place that cases of the run lie in."""

    words: str
    n: str
    css: str
    page: str
    picture: Markup


@dataclass(frozen=True, slots=True)
class Overview:
    """Where every case of a run is, and the way to the lists."""

    came_in: str
    parts: tuple[OverviewPart, ...]
    adds_up: bool
    columns: tuple[str, ...]
    lists: tuple[Link, ...]
    average: Count
    places: str
    gates: str
    unconfirmed: str
    unknown_codes: str
    label_age: str


@dataclass(frozen=True, slots=True)
class TargetCard:
    """What the page in front says of one target of several; ``page`` is about it."""

    title: str
    question: str
    proposed: str
    of: str
    page: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A line about one case in a table; ``page`` is empty, for it has none."""

    case_id: str
    cells: tuple[str, ...]
    page: str = ""


@dataclass(frozen=True, slots=True)
class TablePage:
    """A page with one table, of routed cases or of rows that were set aside."""

    title: str
    note: str
    summary: tuple[tuple[str, ...], ...]
    summary_columns: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    page: str
    others: tuple[tuple[str, str], ...]
