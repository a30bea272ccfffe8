"""What the pages of a replay say: each section's tiles and tables, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from riskscreen.disclosure.counts import HIDDEN, Shown, ShownCounts
from riskscreen.disclosure.levels import OTHERS
from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    Section,
    Tile,
    make_cells,
)
from riskscreen.documents.pages.formats import format_date
from riskscreen.followup.wording import Wording
from riskscreen.outcomes.end_states import OTHER
from riskscreen.replay.counting import (
    BOTH,
    GROUPS,
    LEFT_OUT,
    MODEL,
    NOT_STATED,
    OUTCOMES,
    PRACTICE,
    STILL_NOT,
    WAITS,
    WEEKDAYS,
    ShownMean,
)
from riskscreen.replay.figures import Replay
from riskscreen.replay.nights import MORE_PLACES
from riskscreen.texts import Texts, join_words, load_texts

TEXTS = load_texts("riskscreen.replay")
WEEKS_IN_A_YEAR = 52


@dataclass(frozen=True)
class ReplayWords(Wording):
    """The words of follow-up's figures, and the texts of a replay."""

    @property
    def own(self) -> Texts:
        """The texts of a replay."""
        return TEXTS[self.language]

    @property
    def groups(self) -> tuple[str, ...]:
        """What GROUPS are called."""
        return tuple(self.own["groups"][name] for name in GROUPS)

    def say_kroner(self, kroner: ShownMean) -> str:
        """Say a sum of money, or that it is hidden or not stated."""
        said = self.say_figure(kroner)
        stated = kroner is not None and not isinstance(kroner, str)
        return self.t["page"]["kroner"].format(n=said) if stated else said


def build_front(found: Replay, words: ReplayWords) -> Iterator[Section]:
    """Build who was chosen, how their cases went, and where they were then."""
    t, counts = words.own["index"], found.counts
    outcomes = [
        (words.own["outcomes"][_name(name)], name) for name in counts.outcomes.rows
    ]
    groups = tuple(
        (
            Cell(words.own["groups"][group]),
            Cell(words.say_count(counts.groups.find(None, group))),
            *(
                words.make_of(
                    counts.outcomes.find(name, group), counts.groups.find(None, group)
                )
                for _, name in outcomes
            ),
        )
        for group in GROUPS
    )
    columns = (t["group"], t["count"], *(word for word, _ in outcomes))
    yield Section(t["whom"], t["whom_note"], tiles=_build_tiles(found, words))
    yield Section(
        t["outcomes"],
        t["outcomes_note"],
        tables=(FiguresTable(t["outcomes"], columns, groups),),
    )
    states = {
        **{
            name: getattr(state.words, words.language)
            for name, state in found.spec.outcome.end_states.items()
        },
        OTHER: t["another_state"],
        "censored": t["censored"],
    }
    there = [name for name in states if counts.end_states.find_size(name) != 0]
    title = t["end_states"].format(weeks=found.spec.outcome.horizon_weeks)
    yield Section(
        title,
        tables=(
            FiguresTable(
                title,
                (t["state"], *words.groups),
                tuple(
                    (
                        Cell(_begin(states[name])),
                        *(
                            words.make_of(
                                counts.end_states.find(name, group),
                                counts.groups.find(None, group),
                            )
                            for group in GROUPS
                        ),
                    )
                    for name in there
                ),
            ),
        ),
    )


def _build_tiles(found: Replay, words: ReplayWords) -> tuple[Tile, ...]:
    t, groups = words.own["index"], found.counts.groups
    proposed, chosen = add(groups, BOTH, MODEL), add(groups, BOTH, PRACTICE)
    both = groups.find(None, BOTH)
    return (
        Tile(t["cases"], words.say_count(groups.total), t["cases_words"]),
        _build_tile(t["proposed"], proposed, groups.total, t["share_words"], words),
        _build_tile(t["chosen"], chosen, groups.total, t["share_words"], words),
        _build_tile(t["agreed"], both, chosen, t["agreed_words"], words),
    )


def _build_tile(label: str, n: Shown, of: Shown, what: str, words: ReplayWords) -> Tile:
    """Return the tile of *n* cases, and which share they are of others."""
    said = words.say_count(n)
    if isinstance(n, str) or isinstance(of, str) or not of:
        return Tile(label, said, "")
    return Tile(label, said, f"{words.say_share(n / of)} {what}")


def build_groups(found: Replay, words: ReplayWords) -> Iterator[Section]:
    """Build the four groups by weekday, by team and by each audit column."""
    t, counts = words.own["when"], found.counts
    yield _divide(
        t["weekdays"],
        t["weekday"],
        counts.weekdays,
        {name: t[name] for name in WEEKDAYS},
        words,
        note=t["weekdays_note"],
    )
    names = {OTHERS: t["others"], NOT_STATED: t["not_stated"]}
    yield _divide(t["teams"], t["team"], counts.teams, names, words)
    for name, table in counts.audit.items():
        column = found.spec.audit[name]
        label = getattr(column.label, words.language)
        title = t["by"].format(label=label)
        levels = {**words.common["levels"], **names}
        yield _divide(title, _begin(label), table, levels, words, order=column.values)


def _divide(  # noqa: PLR0913  (what is divided, and in which words)
    title: str,
    heading: str,
    counts: ShownCounts,
    names: Mapping[str, str],
    words: ReplayWords,
    *,
    note: str = "",
    order: Sequence[str] = (),
) -> Section:
    """Return *counts* row by row: the shares of model and practice, then the groups.

    The rows of *order* come first, in it.
    """
    t = words.own["when"]
    declared = [row for row in order if row in counts.rows]
    rows = [*declared, *(row for row in counts.rows if row not in declared)]
    rows = [row for row in rows if counts.find_size(row) != 0]
    shares = tuple(
        (
            Cell(names.get(row, row)),
            Cell(words.say_count(counts.find_size(row))),
            words.make_of(add(counts, BOTH, MODEL, row=row), counts.find_size(row)),
            words.make_of(add(counts, BOTH, PRACTICE, row=row), counts.find_size(row)),
        )
        for row in rows
    )
    groups = tuple(
        make_cells(
            names.get(row, row),
            *(words.say_count(counts.find(row, group)) for group in GROUPS),
        )
        for row in rows
    )
    columns = (heading, t["size"], t["by_model"], t["by_practice"])
    split = t["split"].format(title=title[:1].lower() + title[1:])
    return Section(
        title,
        note,
        tables=(
            FiguresTable(title, columns, shares),
            FiguresTable(split, (heading, *words.groups), groups, folded=True),
        ),
    )


def build_places(found: Replay, words: ReplayWords) -> Iterator[Section]:
    """Build how long the chosen waited, what places cost, and what more would do."""
    t, counts = words.own["places"], found.counts
    shown = (BOTH, PRACTICE)
    yield Section(
        t["waits"],
        t["waits_note"],
        tables=(
            FiguresTable(
                t["waits"],
                (t["wait"], *(words.own["groups"][group] for group in shown)),
                tuple(
                    (
                        Cell(t[wait]),
                        *(
                            words.make_of(
                                counts.waits.find(wait, group),
                                counts.groups.find(None, group),
                            )
                            for group in shown
                        ),
                    )
                    for wait in WAITS
                ),
            ),
        ),
    )
    figures = tuple(make_cells(t[name], said) for name, said in _say_use(found, words))
    yield Section(
        t["use"],
        t["use_note"],
        tables=(FiguresTable(t["use"], (t["figure"], t["value"]), figures),),
    )
    yield _build_more(found, words)


def _say_use(found: Replay, words: ReplayWords) -> Iterator[tuple[str, str]]:
    """Yield each figure of the use of places, and what it is."""
    counts, each = found.counts, found.price_of_help
    proposed, chosen = (add(counts.groups, BOTH, of) for of in (MODEL, PRACTICE))
    yield "places_a_week", words.say_figure(found.places, decimals=1)
    for name, n in (("proposed_a_week", proposed), ("chosen_a_week", chosen)):
        a_week = n if isinstance(n, str) else n / counts.weeks
        yield name, words.say_figure(a_week, decimals=1)
    yield "price", words.say_kroner(found.price)
    yield "length", words.say_figure(counts.weeks_of_help, decimals=1)
    yield "price_of_help", words.say_kroner(each)
    for name, n in (("price_of_chosen", chosen), ("price_of_proposed", proposed)):
        yield name, words.say_kroner(_multiply(n, each))


def _multiply(n: Shown, each: ShownMean) -> ShownMean:
    """Return what *n* cost; hidden if one of the two is, None without a price."""
    if each is None or isinstance(each, str):
        return each
    return HIDDEN if isinstance(n, str) else n * each


def _build_more(found: Replay, words: ReplayWords) -> Section:
    """Build who would have been proposed with MORE_PLACES a week more."""
    t, counts = words.own["places"], found.counts.more_places
    shown = [group for group in GROUPS if group not in (BOTH, MODEL)]
    newly = [f"newly {outcome}" for outcome in OUTCOMES]
    rows: Sequence[tuple[str, Sequence[str]]] = [
        ("newly", newly),
        *((f"newly_{_name(outcome)}", [f"newly {outcome}"]) for outcome in OUTCOMES),
        (STILL_NOT, [STILL_NOT]),
    ]
    note = ""
    if isinstance(found.price_of_help, float):
        price = MORE_PLACES * WEEKS_IN_A_YEAR * found.price_of_help
        note = t["price_of_more"].format(n=MORE_PLACES, price=words.say_kroner(price))
    return Section(
        t["more"].format(n=MORE_PLACES),
        t["more_note"].format(n=MORE_PLACES),
        tables=(
            FiguresTable(
                t["more"].format(n=MORE_PLACES),
                (
                    words.own["index"]["count"],
                    *(words.own["groups"][group] for group in shown),
                ),
                tuple(
                    make_cells(
                        t[name],
                        *(
                            words.say_count(
                                _sum([counts.find(row, group) for row in of])
                            )
                            for group in shown
                        ),
                    )
                    for name, of in rows
                ),
                note=note,
            ),
        ),
    )


def build_limits(found: Replay, words: ReplayWords) -> Iterator[Section]:
    """Build how it was counted, and which cases were not."""
    t = words.own["limits"]
    trained = [format_date(day, words.common) for day in found.trained_on]
    days = join_words(trained, t["and"])
    weeks = found.spec.outcome.horizon_weeks
    how = [
        t["how_trained"].format(days=days),
        t["how_night"],
        t["how_help"].format(weeks=weeks),
    ]
    yield Section(t["how"], " ".join([*how, t["how_tables"]]))
    left_out = found.counts.left_out
    yield Section(
        t["left_out"],
        tables=(
            FiguresTable(
                t["left_out"],
                (t["reason"], words.own["index"]["count"]),
                tuple(
                    make_cells(t[name], words.say_count(left_out[name]))
                    for name in LEFT_OUT
                ),
            ),
        ),
    )


def add(counts: ShownCounts, *groups: str, row: str | None = None) -> Shown:
    """Return how many cases of *row*, or of all, are in *groups* together."""
    return _sum([counts.find(row, group) for group in groups])


def _sum(counts: Sequence[Shown]) -> Shown:
    """Return the sum of *counts*; hidden if one of them is."""
    shown = [n for n in counts if not isinstance(n, str)]
    return sum(shown) if len(shown) == len(counts) else HIDDEN


def _name(outcome: str) -> str:
    """Return the key of an outcome's text."""
    return outcome.replace(" ", "_")


def _begin(words: str) -> str:
    """Return *words* as they stand at the beginning of a line."""
    return words[:1].upper() + words[1:]
