"""What a page says of programmes and practice: volumes, targets, fidelity."""

from collections.abc import Iterator, Sequence

import pandas as pd
from markupsafe import Markup

from riskscreen.documents.pages.charts import draw_path
from riskscreen.documents.pages.follow_up_page import (
    NOTHING,
    Cell,
    FiguresTable,
    Section,
    make_cells,
)
from riskscreen.followup.caseloads import Caseload
from riskscreen.followup.fidelity import Fidelity
from riskscreen.followup.figures import FollowUp
from riskscreen.followup.programmes import Programme
from riskscreen.followup.targets import TargetPath
from riskscreen.followup.volumes import FIGURES, ProgrammeFigures
from riskscreen.followup.waiting import LENGTHS, Waiting
from riskscreen.followup.wording import Wording

KRONER = ("price_a_week", "cost_a_week", "cost", "cost_a_course")
DECIMALS = {"places_a_week": 1, "net_places_a_week": 1}
_FEWEST_MONTHS = 2


def build_programme(
    name: str, programme: Programme, team: str | None, words: Wording
) -> Iterator[Section]:
    """Build the figures of a programme, of *team* or in all, and then its targets."""
    figures = programme.whole if team is None else programme.by_team.get(team)
    t = words.t["programmes"]
    if figures is not None and any(
        n is not None for n in figures.list_figures().values()
    ):
        plot, caption = NOTHING, ""
        if team is None and len(programme.months) >= _FEWEST_MONTHS:
            caption = t["persons_plot"]
            plot = _draw_months(programme.months, caption, words)
        yield Section(
            t["title"].format(name=name),
            _say_period(figures, words),
            plot=plot,
            caption=caption,
            tables=(
                _build_figures(figures, words),
                *_build_closings(programme, team, words),
            ),
        )
    path = programme.path if team is None else programme.paths.get(team)
    if path is not None:
        yield build_path(name, path, words)


def _say_period(figures: ProgrammeFigures, words: Wording) -> str:
    t, last = words.t["programmes"], words.say_month(figures.last_month)
    if figures.months == 1:
        return str(t["note_of_one"].format(first=last.capitalize()))
    months = t["months"][1].format(n=figures.months)
    first = words.say_month(figures.first_month)
    return str(t["note"].format(months=months, first=first, last=last))


def _build_figures(figures: ProgrammeFigures, words: Wording) -> FiguresTable:
    t = words.t["programmes"]
    rows = []
    for name, value in figures.list_figures().items():
        said = words.say_figure(value, decimals=DECIMALS.get(name, 0))
        told = value is not None and not isinstance(value, str)
        if name == "stay_weeks":
            said = words.say_weeks(value)
        elif name in KRONER and told:
            said = words.t["page"]["kroner"].format(n=said)
        counted = figures.counted_months.get(name, figures.months)
        if told and counted < figures.months:
            said = t["counted"].format(value=said, n=counted, total=figures.months)
        rows.append(make_cells(t[name], said))
    assert len(rows) == len(FIGURES)
    columns = (t["figure"], t["value"])
    return FiguresTable(t["figures"], columns, tuple(rows), t["stay_note"])


def _build_closings(
    programme: Programme, team: str | None, words: Wording
) -> Iterator[FiguresTable]:
    t, counts = words.t["programmes"], programme.closings
    if counts is None or (team is not None and team not in counts.rows):
        return
    rows = words.divide(counts, team, words.t["results"])
    columns = (t["result"], words.t["retention"]["count"])
    yield FiguresTable(t["closed"], columns, rows)


def _draw_months(months: "pd.Series[float]", caption: str, words: Wording) -> Markup:
    span = pd.period_range(months.index.min(), months.index.max(), freq="M")
    actual = _list_values(months, span.to_timestamp())
    labels = [words.say_month(month) for month in span.to_timestamp()]
    return draw_path([None] * len(span), actual, months=labels, words=caption)


def build_path(name: str, path: TargetPath, words: Wording) -> Section:
    """Build the path of targets beside what was reached."""
    t = words.t["targets"]
    told = [*path.targets.index, *path.actual.index, *path.hidden]
    first, last = min(told), max(told)
    months = pd.period_range(first, last, freq="M").to_timestamp()
    targets, actual = (_list_values(v, months) for v in (path.targets, path.actual))
    labels = [words.say_month(month) for month in months]
    steps = tuple(
        make_cells(
            words.say_month(step.first_month),
            words.say_month(step.last_month),
            f"{words.say_figure(step.first)} → {words.say_figure(step.last)}",
            words.say_figure(step.rise_a_month, decimals=1),
        )
        for step in path.steps
    )
    rows = tuple(
        make_cells(
            label,
            words.say_figure(target, decimals=1),
            words.say_figure("hidden" if month in path.hidden else reached),
        )
        for month, label, target, reached in zip(
            months, labels, targets, actual, strict=True
        )
    )
    columns = (t["month"], t["target"], t["actual"])
    tables = [FiguresTable(t["months"], columns, rows, folded=True)]
    if steps:
        headings = (t["from"], t["to"], t["target"], t["rise"])
        tables.insert(0, FiguresTable(t["path"], headings, steps))
    return Section(
        t["title"].format(name=name),
        _say_reached(path, words),
        plot=draw_path(targets, actual, months=labels, words=t["plot"]),
        caption=t["plot"],
        tables=tuple(tables),
    )


def _say_reached(path: TargetPath, words: Wording) -> str:
    t, said = words.t["targets"], []
    if path.newest is None:
        return str(t["no_caseload"])
    if path.newest not in path.actual.index:
        return str(t["few"].format(month=words.say_month(path.newest)))
    if path.share_of_path is not None:
        said.append(
            t["reached"].format(
                month=words.say_month(path.newest),
                actual=words.say_figure(float(path.actual.iloc[-1])),
                share=words.say_share(path.share_of_path),
                target=words.say_figure(float(path.targets[path.newest]), decimals=1),
            )
        )
    if path.share_of_last is not None and path.newest != path.targets.index[-1]:
        said.append(
            t["reached_last"].format(
                share=words.say_share(path.share_of_last),
                target=words.say_figure(float(path.targets.iloc[-1]), decimals=1),
            )
        )
    return " ".join(said)


def _list_values(
    values: "pd.Series[float]", months: pd.DatetimeIndex
) -> list[float | None]:
    return [float(values[month]) if month in values.index else None for month in months]


def build_caseloads(caseloads: Sequence[Caseload], words: Wording) -> Iterator[Section]:
    """Build how cases are spread over caseworkers, for each team and programme."""
    if not caseloads:
        return
    t = words.t["caseloads"]
    rows = tuple(
        make_cells(
            of.team,
            of.programme,
            words.say_month(of.month),
            words.say_figure(of.caseload),
            words.say_figure(of.caseworkers),
            words.say_figure(of.mean, decimals=1),
            *(words.say_figure(n, decimals=1) for n in (of.least, of.median, of.most)),
        )
        for of in caseloads
    )
    names = ("programme", "month", "caseload", "caseworkers", "mean", "least", "median")
    columns = (words.t["page"]["team"], *(t[name] for name in (*names, "most")))
    table = FiguresTable(t["title"], columns, rows)
    yield Section(t["title"], t["note"], tables=(table,))


def build_waiting(waiting: Waiting, words: Wording) -> Section:
    """Build how long people have been on the benefit, and those who left it."""
    t = words.t["waiting"]
    rows = [
        make_cells(
            t[name],
            words.say_count(waiting.now.find(None, name)),
            words.say_count(waiting.left.find(None, name)),
        )
        for name in LENGTHS
    ]
    rows.append(
        make_cells(
            words.t["page"]["all"],
            words.say_count(waiting.now.total),
            words.say_count(waiting.left.total),
        )
    )
    medians = (waiting.median_now, waiting.median_left)
    said = [words.say_weeks("hidden" if n is None else n) for n in medians]
    rows.append(make_cells(t["median"], *said))
    mean = "hidden" if waiting.mean_left is None else waiting.mean_left
    rows.append(make_cells(t["mean"], "", words.say_weeks(mean)))
    columns = (t["time"], t["now"], t["left"])
    table = FiguresTable(t["title_table"], columns, tuple(rows))
    return Section(t["title"], t["note"], tables=(table,))


def build_fidelity(
    found: FollowUp, team: str | None, words: Wording
) -> Iterator[Section]:
    """Build the fidelity of teams by round, and what was named as a barrier."""
    t = words.t["fidelity"]
    own = [of for of in found.fidelity if team in (None, of.team)]
    tables = []
    if own:
        rows = tuple(_build_round(of, words) for of in own)
        names = ("round", "staff", "manager", "total", "change")
        columns = (words.t["page"]["team"], *(t[name] for name in names))
        tables.append(FiguresTable(t["title_table"], columns, rows))
    if team is None:
        tables += _build_named(found, words)
    if tables:
        yield Section(t["title"], t["note"], tables=tuple(tables))


def _build_round(of: Fidelity, words: Wording) -> tuple[Cell, ...]:
    roles = [
        mean if mean is None or of.shows_roles else "hidden"
        for mean in (of.staff, of.manager)
    ]
    change = words.say_score(of.change)
    if of.change is not None and of.change > 0:
        change = f"+{change}"
    return make_cells(
        of.team,
        str(of.round),
        *(words.say_score(mean) for mean in roles),
        words.say_score(of.total),
        change if of.round else "",
    )


def _build_named(found: FollowUp, words: Wording) -> Iterator[FiguresTable]:
    t = words.t["fidelity"]
    for number, points in found.named.items():
        rows = tuple(
            (
                Cell(words.t["points"][point]),
                *(
                    words.make_part(
                        counts.find(role, "named"), counts.find(role, "not_named")
                    )
                    for role in ("staff", "manager")
                ),
            )
            for point, counts in points.items()
        )
        columns = (t["point"], t["staff"], t["manager"])
        yield FiguresTable(t["named"].format(round=number), columns, rows)
