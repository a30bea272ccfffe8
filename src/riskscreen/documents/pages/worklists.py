"""Build the values of the lists: each team's own, and one of all teams."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pandas as pd

from riskscreen.documents.pages.case_changes import find_changes
from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import (
    capitalise,
    choose_total,
    format_count,
    format_people,
    lower_first,
    round_half_up,
    unite_sentences,
)
from riskscreen.documents.pages.help_given import describe_efforts, describe_newest
from riskscreen.documents.pages.page_values import (
    Count,
    DueRow,
    Tally,
    Worklist,
    WorklistAnswer,
    WorklistGroup,
    WorklistRow,
)
from riskscreen.documents.pages.placing import (
    CaseAnswer,
    CaseLine,
    Standing,
    TargetRun,
    Unit,
    describe_no_threshold,
    describe_place,
    describe_section,
    describe_team,
    describe_week,
    describe_weeks,
)
from riskscreen.documents.pages.still_in import describe_still_in
from riskscreen.model.wording import format_number
from riskscreen.timeline import to_monday
from riskscreen.validation.schemas import (
    ANY_MUNICIPALITY_OR_TEAM,
    LABELS_TOO_OLD,
    RISK_FROM,
)

ALL_TEAMS = "worklist.html"
_ICONS = {
    Standing.WAITING: "plus",
    Standing.PROPOSED: "plus",
    Standing.DRAWN: "plus",
    Standing.NOT_PROPOSED: "",
    Standing.NOT_SHOWN: "few",
    Standing.ROUTED: "route",
    Standing.SET_ASIDE: "broken",
}
NameTeam = Callable[[Unit | None, PageBuilder], str]
_WEEK = timedelta(weeks=1)
_TALK_ABOUT = 3
"""Facts that can change, named on a line of the list and on the case's page."""


def build_worklists(
    lines: Sequence[CaseLine],
    targets: Sequence[TargetRun],
    news: Mapping[str, str] | None = None,
) -> dict[Unit | None, Worklist]:
    """Return the list of every team, and under None that of all where several are.

    A case whose team nobody can read is on the list of all alone. *news* says which
    cases are ``"new"`` or ``"changed"``; where nobody does, a case is changed whose
    page tells a change of the last week, as a store remembers it.
    """
    units = sorted({line.unit for line in lines if line.unit is not None})
    # Where there is one municipality, nobody needs to read its name on every line.
    one_town = len({town for town, _ in units}) == 1
    name_team = describe_team if one_town else describe_place
    caseworkers: dict[str, str] = {}
    for target in targets:
        caseworkers |= target.run.find_caseworkers()
    rows = {
        id(line): _build_row(
            line,
            targets,
            caseworker=caseworkers.get(line.case_id, ""),
            news=_find_news(line) if news is None else news.get(line.case_id, ""),
        )
        for line in lines
    }

    def build(members: Sequence[CaseLine], page: str, title: str) -> Worklist:
        return _build_list(
            members, rows, targets, name_team=name_team, page=page, title=title
        )

    builder = targets[0].builder
    lists: dict[Unit | None, Worklist] = {}
    for n, unit in enumerate(units, start=1):
        own = [line for line in lines if line.unit == unit]
        place = capitalise(name_team(unit, builder))
        lists[unit] = replace(build(own, f"team-{n:03d}.html", place), unit=unit)
    if len(units) != 1:
        title = builder.texts["worklist"]["title"]
        lists[None] = build(lines, ALL_TEAMS, title)
    return lists


def count_average(builder: PageBuilder) -> Count:
    """Return the base risk, which bands, reasons and every page compare with."""
    base = builder.model.base_risk
    return builder.count_people(base, total=choose_total(base))


def format_cases(n: int, builder: PageBuilder) -> str:
    """Return *n* cases in words."""
    return format_count(n, builder.texts["common"]["cases"], builder.texts)


def _build_list(
    lines: Sequence[CaseLine],
    rows: dict[int, WorklistRow],
    targets: Sequence[TargetRun],
    *,
    name_team: NameTeam,
    page: str,
    title: str,
) -> Worklist:
    builder = targets[0].builder
    t, units = builder.texts["worklist"], {line.unit: None for line in lines}
    towns = _list_choices(_name_town(line.unit) for line in lines)
    workers = _list_choices(rows[id(line)].caseworker for line in lines)
    teams = [(w, w) for w in dict.fromkeys(name_team(u, builder) for u in units)]
    weeks = dict.fromkeys(
        name for line in lines for name in rows[id(line)].weeks.split()
    )
    column = t["caseworker"] if workers else builder.texts["common"]["team"]
    n = format_cases(len(lines), builder)
    about = [*_describe_list(targets)]
    if any(answer.level for line in lines for answer in rows[id(line)].answers):
        about.append(builder.texts["still_in"]["note"])
    if any(_is_at_landmark(answer) for line in lines for answer in line.shown):
        about.append(builder.texts["landmark"]["list"])
    return Worklist(
        title=title,
        page=page,
        about=" ".join(about),
        tally=tuple(_count(lines, builder)),
        total=t["all_counted"].format(cases=n),
        shown=t["script"]["every"].format(n=len(lines), all=len(lines)),
        weeks=tuple(_describe_own_weeks(lines, targets)),
        groups=tuple(_build_groups(lines, rows, targets, name_team)),
        teams=tuple(teams),
        towns=tuple(towns),
        bands=tuple(
            (name, words)
            for name, words in t["bands"].items()
            # A choice of its own only where somebody stands there by lot.
            if name != "drawn" or any(line.standing == Standing.DRAWN for line in lines)
        ),
        caseworkers=tuple(workers),
        week_names=tuple((w, _name_week(w, builder)) for w in sorted(weeks)[::-1]),
        has_news=any(rows[id(line)].news for line in lines),
        last_column=column if workers or len(teams) > 1 else "",
        notes=unite_sentences(
            of.builder.model.spec.prediction_note.in_language(builder.language)
            for of in targets
        ),
    )


def _is_at_landmark(answer: CaseAnswer) -> bool:
    return bool(pd.notna(answer.case.landmark_week))


def _describe_list(targets: Sequence[TargetRun]) -> Iterator[str]:
    """Yield what the list is of, and why it proposes nobody where it does not."""
    builder = targets[0].builder
    t, language = builder.texts["worklist"], builder.language
    titles = [lower_first(of.builder.title) for of in targets]
    averages = [count_average(of.builder).words for of in targets]
    if len(targets) > 1:
        each = map(" ".join, zip(titles, averages, strict=True))
        yield t["lead_of_several"].format(averages=", ".join(each))
    else:
        long_words = builder.model.spec.outcome.long_words.in_language(language)
        yield t["lead"].format(
            target=capitalise(titles[0]), long_words=long_words, average=averages[0]
        )
    without = {
        capitalise(title): describe_no_threshold(of.builder, outdated=_is_outdated(of))
        for title, of in zip(titles, targets, strict=True)
        if not _has_line(of)
    }
    if len(without) == len(targets) and len(set(without.values())) == 1:
        yield from set(without.values())
    else:
        yield from (f"{title}: {why}" for title, why in without.items())


def _is_outdated(target: TargetRun) -> bool:
    """Return whether the labels of a run's model were too old to propose by."""
    return bool(target.run.scores[LABELS_TOO_OLD].any())


def _has_line(target: TargetRun) -> bool:
    """Return whether cases of *target* stand above or below a threshold."""
    has_places = target.builder.model.policy.threshold is not None
    return has_places and not _is_outdated(target)


def _describe_own_weeks(
    lines: Iterable[CaseLine], targets: Sequence[TargetRun]
) -> Iterator[str]:
    units = {line.unit for line in lines}
    for target in targets:
        own = [w for w in target.weeks if (w.municipality, w.team) in units]
        for words in describe_weeks(own, target.builder):
            yield _under_target(words, target, targets)


def _under_target(words: str, target: TargetRun, targets: Sequence[TargetRun]) -> str:
    """Return *words* behind what the target is called, where the run has several."""
    if len(targets) == 1:
        return words
    return f"{target.builder.title}: {lower_first(words)}"


def _count(lines: Iterable[CaseLine], builder: PageBuilder) -> Iterator[Tally]:
    """Yield how many stand alike; who waits is proposed."""
    t = builder.texts["worklist"]
    counts = Counter(max(line.standing, Standing.PROPOSED) for line in lines)
    for standing in (*Standing,)[1:]:
        if counts[standing]:
            n = format_number(counts[standing], builder.language)
            words = t["tally"][standing.name.lower()][counts[standing] != 1]
            yield Tally(n, words, _ICONS[standing])


def _build_groups(
    lines: Iterable[CaseLine],
    rows: dict[int, WorklistRow],
    targets: Sequence[TargetRun],
    name_team: NameTeam,
) -> Iterator[WorklistGroup]:
    """Yield the groups of each team, in the order of *lines*."""
    builder = targets[0].builder
    t = builder.texts["worklist"]["groups"]
    no_efforts = targets[0].run.efforts is None
    no_line = not any(map(_has_line, targets))

    def group_of(line: CaseLine) -> tuple[Unit | None, Standing]:
        return line.unit, line.standing

    above: Unit | None = None
    for (unit, standing), members in groupby(lines, key=group_of):
        below = standing == Standing.NOT_PROPOSED and above == unit
        above = unit if standing < Standing.NOT_PROPOSED else above
        name, place = standing.name.lower(), name_team(unit, builder)
        note = "note"
        if standing == Standing.WAITING and no_efforts:
            note = "note_unknown"
        if standing == Standing.NOT_PROPOSED and no_line:
            note = "note_without_line"
        yield WorklistGroup(
            team=place,
            town=_name_town(unit),
            title=capitalise(f"{place}: {t[name]['title']}"),
            note=t[name][note],
            below_line=below,
            rows=tuple(rows[id(line)] for line in members),
        )


def _build_row(
    line: CaseLine, targets: Sequence[TargetRun], *, caseworker: str, news: str
) -> WorklistRow:
    builder = targets[0].builder
    t, language = builder.texts["worklist"], builder.language
    missing: dict[str, None] = {}
    talk: dict[str, None] = {}
    for answer in line.answers:
        if answer.standing > Standing.NOT_SHOWN:
            continue
        reasons = answer.target.run.reasons_of(line.case_id)
        missing |= dict.fromkeys(
            answer.target.builder.list_missing(answer.case, reasons)
        )
        if answer.week is not None:
            stage = answer.target.builder.find_stage(answer.case)
            talk |= dict.fromkeys(stage.words.list_changeable(reasons))
    told = list(talk)[:_TALK_ABOUT]
    n = format_number(len(missing), language)
    efforts = [a.target.run.efforts_of(line.case_id) for a in line.answers]
    helped = describe_efforts(efforts[0], builder.texts, as_of=builder.as_of)
    return WorklistRow(
        case_id=line.case_id,
        page=line.file,
        band=_find_band(line),
        weeks=" ".join(dict.fromkeys(filter(None, map(_key_week, line.shown)))),
        css=" ".join(["is-thin"] * bool(missing) + ["is-fresh"] * bool(news)),
        news=t["news"][news] if news else "",
        news_icon={"new": "new", "changed": "change"}.get(news, ""),
        missing=t["n_missing"].format(n=n) if missing else "",
        answers=tuple(_build_answer(a, targets) for a in line.answers),
        talk=" · ".join(told),
        due=_find_due(line),
        caseworker=caseworker,
        effort=describe_newest(helped),
    )


def _find_news(line: CaseLine) -> str:
    """Return whether anything that is told of a case changed in the last week."""
    for answer in line.shown:
        before, today = answer.earlier, answer.target.builder.as_of
        is_new = before is not None and today - before.day <= _WEEK
        if is_new and find_changes(answer).rows:
            return "changed"
    return ""


def _find_band(line: CaseLine) -> str:
    """Return what the filter of proposals asks for."""
    if line.standing < Standing.DRAWN:
        return "proposed"
    if line.standing != Standing.NOT_PROPOSED:
        return line.standing.name.lower()
    bands = [a.target.builder.describe_band(a.case)[1] for a in line.shown]
    return "raised" if "raised" in bands else "usual"


def _build_answer(answer: CaseAnswer, targets: Sequence[TargetRun]) -> WorklistAnswer:
    builder, standing = answer.target.builder, answer.standing
    texts = builder.texts
    spec, t = builder.model.spec, texts["worklist"]
    target = builder.title if len(targets) > 1 else ""
    risk, tenths, level = "", 0, ""
    if answer.week is not None:
        shown = float(answer.case.risk)
        risk = format_people(shown, texts, total=choose_total(shown))
        tenths = round_half_up(10 * shown)
        level = describe_still_in(answer.case, spec, texts, form="short")
    css = "proposed" if standing < Standing.NOT_PROPOSED else "none"
    return WorklistAnswer(
        words=t["standings"][standing.name.lower()],
        icon=_ICONS[standing],
        css=css,
        remark=_describe_remark(answer),
        target=target,
        risk=risk,
        tenths=tenths,
        level=level,
    )


def _describe_remark(answer: CaseAnswer) -> str:
    """Return the number that a case has in its week, or why it has no figure."""
    if answer.week is None:
        return answer.why
    builder, case = answer.target.builder, answer.case
    t, parts = builder.texts["worklist"], []
    if stage := builder.describe_stage(case, form="short"):
        parts.append(stage)
    if answer.standing == Standing.WAITING:
        monday = to_monday(pd.Series([getattr(case, RISK_FROM)])).iloc[0]
        week = lower_first(describe_week(monday, builder))
        return capitalise(" · ".join([*parts, t["since"].format(week=week)]))
    if answer.standing in (Standing.DRAWN, Standing.NOT_PROPOSED):
        parts.append(capitalise(builder.describe_band(case)[0]))
    if pd.notna(case.rank):
        section = describe_section(answer.week, builder)
        parts.append(t["place"].format(rank=answer.row, section=section))
    return capitalise(" · ".join(parts))


def _find_due(line: CaseLine) -> DueRow | None:
    """Return the next deadline of a case by any target."""
    rows = [row for answer in line.answers for row in answer.deadlines.law]
    rows.sort(key=lambda row: row.iso)
    return line.answers[0].target.builder.find_due(rows)


def _name_town(unit: Unit | None) -> str:
    return "" if unit is None or unit[0] == ANY_MUNICIPALITY_OR_TEAM else unit[0]


def _list_choices(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(set(filter(None, names)))]


def _key_week(answer: CaseAnswer) -> str:
    """Return the ISO week that a case was decided in, as it sorts; none undated."""
    when = getattr(answer.case, RISK_FROM)
    if pd.isna(when):
        return ""
    year, number, _ = when.isocalendar()
    return f"{year}-{number:02d}"


def _name_week(key: str, builder: PageBuilder) -> str:
    year, number = key.split("-")
    return f"{builder.texts['common']['week']} {int(number)}, {year}"
