"""Where every case of a run stands: above the line, below it, or without a figure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import pandas as pd

from riskscreen.documents.pages.case_page import CasePlacement, PageBuilder
from riskscreen.documents.pages.formats import capitalise, format_count, lower_first
from riskscreen.documents.pages.memory import EarlierScore
from riskscreen.documents.pages.page_values import CaseDeadlines
from riskscreen.documents.pages.refusals import describe_refusal
from riskscreen.documents.pages.scoring_run import ScoringRun
from riskscreen.documents.pages.weeks import Week
from riskscreen.model.wording import format_number
from riskscreen.validation.schemas import ANY_MUNICIPALITY_OR_TEAM

Unit = tuple[str, str]
"""A municipality and a team."""


class Standing(IntEnum):
    """How a case stands on its list, from the top on; the line is after PROPOSED.

    Whoever is DRAWN has an extra place by lot below it, and takes nobody's.
    """

    WAITING = 0
    PROPOSED = 1
    DRAWN = 2
    NOT_PROPOSED = 3
    NOT_SHOWN = 4
    ROUTED = 5
    SET_ASIDE = 6


@dataclass(frozen=True, slots=True, eq=False)
class TargetRun:
    """One target's part of a run, and the words for it.

    ``earlier`` has what was said of a case before, where somebody remembers.
    """

    run: ScoringRun
    builder: PageBuilder
    weeks: tuple[Week, ...]
    earlier: Mapping[str, EarlierScore] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CaseAnswer:
    """What one target says of one case.

    ``case`` is its row of scores, or what else says when it began; None where nothing
    does. ``row`` is its number in ``week``, where it has one. ``why`` it has no figure.
    """

    target: TargetRun
    case_id: str
    unit: Unit | None
    standing: Standing
    case: Any = None
    week: Week | None = None
    row: int = 0
    why: str = ""

    @cached_property
    def deadlines(self) -> CaseDeadlines:
        """The deadlines of the case, which its line and its page show."""
        if self.case is None:
            return CaseDeadlines()
        builder = self.target.builder
        return builder.build_deadlines(builder.facts.find(self.case))

    @property
    def earlier(self) -> EarlierScore | None:
        """What the target said of the case before, where somebody remembers."""
        return self.target.earlier.get(self.case_id)

    @property
    def risk(self) -> float:
        """The risk that is shown; below every risk where none is."""
        return -1.0 if self.week is None else float(self.case.risk)

    @property
    def placed(self) -> CasePlacement:
        """What the case's page says of its place."""
        assert self.week is not None  # whose risk is not shown has none
        builder = self.target.builder
        return CasePlacement(
            describe_place((self.week.municipality, self.week.team), builder),
            _describe_rank(self.case, self.week, self.row, builder),
            _describe_proposal(self.case, builder),
            proposed=self.standing < Standing.DRAWN,
            detail=_describe_detail(self.case, builder),
        )


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case of a run, and what every target says of it; ``file`` is its page."""

    case_id: str
    unit: Unit | None
    answers: tuple[CaseAnswer, ...]
    file: str = ""

    @property
    def standing(self) -> Standing:
        """The best that a target gives it: whoever is proposed once is proposed."""
        return min(answer.standing for answer in self.answers)

    @property
    def shown(self) -> tuple[CaseAnswer, ...]:
        """The answers that have a figure."""
        return tuple(answer for answer in self.answers if answer.week is not None)

    def sort_key(self) -> tuple[Any, ...]:
        """Order lines by team, standing and falling risk, ties by case."""
        best = max(a.risk for a in self.answers if a.standing == self.standing)
        return (self.unit is None, self.unit, self.standing, -best, self.case_id)


def collect_lines(targets: Sequence[TargetRun]) -> list[CaseLine]:
    """Return every case of the run once, in the order of the lists.

    A case without a team belongs to the only one there is, else to none. Pages are
    named after a number, never after a case.
    """
    answers: dict[str, list[CaseAnswer]] = {}
    for target in targets:
        for key, answer in _list_answers(target):
            answers.setdefault(key, []).append(answer)
    lines = [
        CaseLine(
            found[0].case_id, next(filter(None, (a.unit for a in found)), None),
            tuple(found),
        )
        for found in answers.values()
    ]  # fmt: skip
    units = {line.unit for line in lines if line.unit}
    if len(units) == 1:
        (only,) = units
        lines = [replace(line, unit=only) for line in lines]
    lines.sort(key=CaseLine.sort_key)
    shown = (line for line in lines if line.shown)
    files = {id(line): f"cases/{n:06d}.html" for n, line in enumerate(shown, start=1)}
    return [replace(line, file=files.get(id(line), "")) for line in lines]


def find_lot_words(line: CaseLine) -> str:
    """Return what a citizen who stands there by lot is to be told; else nothing."""
    drawn = (a.target.run for a in line.answers if a.standing == Standing.DRAWN)
    return next((run.lot_words for run in drawn), "")


def _list_answers(target: TargetRun) -> Iterator[tuple[str, CaseAnswer]]:
    """Yield what one target says of each of its cases, by what tells them apart."""
    for week in target.weeks:
        unit = (week.municipality, week.team)
        for row, case in enumerate(week.cases, start=1):
            above = Standing.WAITING if week.carried else Standing.PROPOSED
            below = Standing.DRAWN if case.drawn else Standing.NOT_PROPOSED
            yield str(case.case_id), CaseAnswer(
                target, str(case.case_id), unit,
                above if row <= week.above else below,
                case, week, row,
            )  # fmt: skip
    run, builder = target.run, target.builder
    for case in run.abstained.itertuples(index=False):
        yield str(case.case_id), CaseAnswer(
            target, str(case.case_id), (str(case.municipality), str(case.team)),
            Standing.NOT_SHOWN, case,
            why=builder.find_stage(case).describe_abstention(str(case.abstained_rule)),
        )  # fmt: skip
    came = run.arrivals[run.arrivals["case_id"].isin(run.routed["case_id"])]
    began = {row.case_id: row for row in came.itertuples(index=False)}
    for case in run.routed.itertuples(index=False):
        case_id = str(case.case_id)
        yield case_id, CaseAnswer(
            target, case_id, _find_unit(case), Standing.ROUTED, began.get(case_id),
            why=builder.describe_route(str(case.route)),
        )  # fmt: skip
    yield from _list_set_aside(target)


def _list_set_aside(target: TargetRun) -> Iterator[tuple[str, CaseAnswer]]:
    """Yield the cases whose row cannot be used; other tables' rows are no cases.

    A case whose number cannot be read is called after its line.
    """
    rows, builder = target.run.set_aside, target.builder
    if rows.empty:
        return
    rows = rows.assign(line=rows["line"].astype("int64"))
    arrivals = target.run.arrivals
    files = set(arrivals["file"].unique())
    came = arrivals[arrivals["line"].isin(rows["line"])]
    began = {(row.file, row.line): row for row in came.itertuples(index=False)}
    twice = rows["case_id"].duplicated(keep=False)
    for again, row in zip(twice, rows.itertuples(index=False), strict=True):
        if not row.case_id and row.file not in files:
            continue
        line = f"{builder.texts['overview']['file_line']} {row.line}"
        case_id = str(row.case_id) or line
        arrival = began.get((row.file, row.line))
        why = describe_refusal(str(row.rule), builder.model.spec, builder.texts)[0]
        yield f"{case_id}\n{line}" if again else case_id, CaseAnswer(
            target, case_id, _find_unit(arrival), Standing.SET_ASIDE, arrival,
            why=capitalise(why),
        )  # fmt: skip


def _find_unit(case: Any) -> Unit | None:
    """Return whose a case is, as far as its row says; an earlier release's did not."""
    town, team = (getattr(case, name, None) for name in ("municipality", "team"))
    if pd.isna(town) or pd.isna(team) or not (town and team):
        return None
    return str(town), str(team)


def describe_team(unit: Unit | None, builder: PageBuilder) -> str:
    """Return what a team is called within its municipality."""
    return describe_place(unit and (ANY_MUNICIPALITY_OR_TEAM, unit[1]), builder)


def describe_place(unit: Unit | None, builder: PageBuilder) -> str:
    """Return a team, and its municipality where it is named."""
    every, t = ANY_MUNICIPALITY_OR_TEAM, builder.texts["common"]
    if unit is None:
        return str(t["no_team"])
    town, name = unit
    team = t["all_teams"] if name == every else f"{t['team']} {name}"
    return team if town == every else f"{team}, {town}"


def describe_week(monday: Any, builder: PageBuilder) -> str:
    """Return the ISO week that begins on *monday*; undated cases have none."""
    if monday is None or pd.isna(monday):
        return str(builder.texts["worklist"]["undated"])
    year, number, _ = monday.isocalendar()
    return f"{builder.texts['common']['week']} {number}, {year}"


def describe_section(week: Week, builder: PageBuilder) -> str:
    """Return what a case's number is counted among, within a sentence."""
    t = builder.texts["case"]
    if week.carried:
        return str(t["waiting"])
    words = describe_week(week.monday, builder)
    return str(t["in_week"].format(week=lower_first(words)))


def describe_no_threshold(builder: PageBuilder, *, outdated: bool) -> str:
    """Return why nobody is proposed: labels too old, or else no places."""
    name = "labels_too_old" if outdated else "no_threshold"
    return str(builder.texts["case"][name])


def describe_filled(proposed: int, places: float | None, builder: PageBuilder) -> str:
    """Return proposals beside places, as far as stated: "16 proposals, 14 places"."""
    texts = builder.texts
    proposals = format_count(proposed, texts["common"]["proposals"], texts)
    if places is None or pd.isna(places):
        return proposals
    number = format_number(float(places), builder.language)
    form = texts["common"]["places"][places != 1]
    return f"{proposals}, {number} {form}"


def describe_weeks(weeks: Iterable[Week], builder: PageBuilder) -> list[str]:
    """Return each week's proposals beside its places; none where nobody states any."""
    words = []
    for week in weeks:
        if week.carried or week.proposed is None:
            continue
        filled = describe_filled(week.proposed, week.places, builder)
        if week.teams > 1:
            shared = builder.texts["case"]["places_shared"].format(teams=week.teams)
            filled = f"{filled} ({shared})"
        words.append(f"{describe_week(week.monday, builder)}: {filled}")
    return list(dict.fromkeys(words))


def _describe_rank(case: Any, week: Week, row: int, builder: PageBuilder) -> str:
    """Return the case's number, if it was ranked: what its line of the list says.

    The scores' rank is of risk alone; on the list whoever is proposed for a later case
    stands below the line, and who still waits on top.
    """
    if pd.isna(case.rank):
        return ""
    words = builder.texts["case"]["rank_of"]
    section = describe_section(week, builder)
    return str(words.format(rank=row, n=week.ranked, section=section))


def _describe_proposal(case: Any, builder: PageBuilder) -> str:
    """Return whether the case is proposed, or why it or nobody can be."""
    t = builder.texts["case"]
    if pd.isna(case.threshold):
        # Others have a threshold: the case is at a landmark that asks of other weeks.
        if builder.model.policy.threshold is not None and not case.labels_too_old:
            return builder.describe_stage(case, form="unranked")
        return describe_no_threshold(builder, outdated=case.labels_too_old)
    if case.off_list:
        return str(t["taken_off"])
    if pd.notna(case.later_proposal):
        undated = pd.isna(case.decision_date)
        form = t["other_proposal" if undated else "later_proposal"]
        return str(form.format(case=case.later_proposal))
    if case.drawn:
        return str(t["is_drawn"])
    return str(t["is_proposed" if case.proposed else "not_proposed"])


def _describe_detail(case: Any, builder: PageBuilder) -> str:
    """Return the week's proposals beside its places, if the case was ranked at all."""
    t = builder.texts["case"]
    if pd.isna(case.threshold) or pd.notna(case.later_proposal) or case.off_list:
        return ""
    if pd.isna(case.rank):
        return str(t["no_rank"])
    filled = describe_filled(int(case.unit_proposed), case.places, builder)
    return f"{t['that_week']} {filled}."
