"""Build the values of a run's overview, and of its tables of cases without a score."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import (
    format_count,
    format_date,
    format_exact_percent,
)
from riskscreen.documents.pages.page_values import (
    Link,
    Overview,
    OverviewPart,
    TablePage,
    TableRow,
    TargetCard,
)
from riskscreen.documents.pages.placing import TargetRun, describe_place
from riskscreen.documents.pages.refusals import describe_refusal
from riskscreen.documents.pages.scoring_run import ScoringRun
from riskscreen.documents.pages.weeks import Week
from riskscreen.documents.pages.worklists import count_average, format_cases
from riskscreen.documents.texts import name_gates
from riskscreen.model.wording import format_number

BANDS = ("first", "raised", "usual")
_ROWS_PER_PAGE = 240
"""So that a page of a table stays under 100 kB, and a browser opens it at once."""

T = TypeVar("T")


def build_overview(
    run: ScoringRun,
    weeks: Sequence[Week],
    builder: PageBuilder,
    *,
    files: Mapping[str, str],
) -> Overview:
    """Return where every case of the run lies; *files* are the first of each list."""
    counts, spec = run.summary.get("counts", {}), builder.model.spec
    in_cases = int((run.set_aside["case_id"] != "").sum()) if len(run.set_aside) else 0
    aside = int(counts.get("set_aside", in_cases))
    scored, routed, abstained = len(run.shown), len(run.routed), len(run.abstained)
    came = int(counts.get("cases", scored + abstained + routed + aside))
    t = builder.texts["overview"]
    parts = [
        (t["scored"], scored, "scored", ""),
        (t["abstained"], abstained, "aside", "abstained.html"),
        (t["routed"], routed, "routed", "routed.html"),
        (t["set_aside"], aside, "aside", "set_aside.html"),
    ]
    bands = (getattr(spec.bands, name) for name in BANDS)
    return Overview(
        came_in=t["came_in"].format(cases=format_cases(came, builder)),
        parts=tuple(
            OverviewPart(
                words,
                format_number(n, builder.language),
                css,
                page,
                draw_bar(0, 100 * n / came if came else 0.0, css=css),
            )
            for words, n, css, page in parts
            if n or page != "abstained.html"
        ),
        adds_up=came == scored + abstained + routed + aside,
        columns=(
            builder.texts["common"]["cases"][1],
            *(band.in_language(builder.language) for band in bands),
        ),
        lists=tuple(_build_links(weeks, builder, files)),
        average=count_average(builder),
        places=_describe_places(run, builder),
        gates=describe_open_gates(builder),
        unconfirmed=describe_unconfirmed(run, builder),
        unknown_codes=describe_unknown_codes(run, builder),
        label_age=describe_label_age(run, builder),
    )


def build_target_cards(targets: Sequence[TargetRun]) -> tuple[TargetCard, ...]:
    """Return what the page in front of several targets says of each."""
    cards = []
    for target in targets:
        run, builder = target.run, target.builder
        spec, t = builder.model.spec, builder.texts["overview"]
        proposed = sum(week.above for week in target.weeks)
        came = run.summary.get("counts", {}).get("cases", len(run.scores))
        cards.append(
            TargetCard(
                title=builder.title,
                question=spec.question.in_language(builder.language),
                proposed=t["proposed"].format(
                    n=format_number(proposed, builder.language)
                ),
                of=t["of_cases"].format(cases=format_cases(came, builder)),
                page=f"{spec.name}/index.html",
            )
        )
    return tuple(cards)


def build_routed_pages(run: ScoringRun, builder: PageBuilder) -> list[TablePage]:
    """Return the pages of who was not scored and why."""
    t = builder.texts["overview"]
    counts = run.routed.get("route", pd.Series(dtype="str")).value_counts()
    return _build_table_pages(
        "routed",
        [
            (str(row.case_id), builder.describe_route(str(row.route)))
            for row in run.routed.itertuples()
        ],
        title=t["routed"],
        note=t["routed_note"],
        summary=tuple(
            (builder.describe_route(str(r)), str(n)) for r, n in counts.items()
        ),
        summary_columns=(t["route"], t["count"]),
        columns=(builder.texts["common"]["case"], t["route"]),
    )


def build_abstained_pages(run: ScoringRun, builder: PageBuilder) -> list[TablePage]:
    """Return the pages of whose score is not shown and why; none where each is."""
    t, common, hidden = (
        builder.texts["overview"],
        builder.texts["common"],
        run.abstained,
    )
    if hidden.empty:
        return []
    why = hidden["abstained_rule"].map(lambda r: builder.describe_abstention(str(r)))
    rows = zip(hidden["case_id"], hidden["team"], why, strict=True)
    return _build_table_pages(
        "abstained",
        [tuple(map(str, row)) for row in rows],
        title=t["abstained"],
        note=t["abstained_note"],
        summary=tuple((str(w), str(n)) for w, n in why.value_counts().items()),
        summary_columns=(t["why"], t["count"]),
        columns=(common["case"], common["team"], t["why"]),
    )


def build_set_aside_pages(run: ScoringRun, builder: PageBuilder) -> list[TablePage]:
    """Return the pages of which rows were refused, by which rule, and what to do."""
    t, spec = builder.texts["overview"], builder.model.spec
    counts = run.set_aside.get("rule", pd.Series(dtype="str")).value_counts()
    words = {r: describe_refusal(str(r), spec, builder.texts) for r in counts.index}
    return _build_table_pages(
        "set_aside",
        [
            (
                str(row.case_id),
                str(row.file),
                str(row.line),
                words[row.rule][0],
            )
            for row in run.set_aside.itertuples()
        ],
        title=t["set_aside"],
        note=t["set_aside_note"],
        summary=tuple((words[r][0], str(n), words[r][1]) for r, n in counts.items()),
        summary_columns=(t["rule"], t["count"], t["what_to_do"]),
        columns=(builder.texts["common"]["case"], t["file"], t["file_line"], t["rule"]),
    )


def _build_links(
    weeks: Sequence[Week], builder: PageBuilder, files: Mapping[str, str]
) -> list[Link]:
    """Return a line per team: how many cases, and how many in each band.

    As on the lists, a citizen who is proposed in a later case is counted there alone,
    and a case that was taken off the list is not counted with the proposed.
    """
    teams: dict[str, Counter[str]] = {}
    for week in weeks:
        place = describe_place((week.municipality, week.team), builder)
        teams.setdefault(place, Counter()).update(
            "raised" if row.off_list or pd.notna(row.later_proposal) else row.band
            for row in week.cases
        )
    links = []
    for place, bands in teams.items():
        counts = [bands[name] for name in BANDS]
        figures = [format_number(n, builder.language) for n in (sum(counts), *counts)]
        links.append(Link(words=place, page=files[place], figures=tuple(figures)))
    return links


def _describe_places(run: ScoringRun, builder: PageBuilder) -> str:
    """Return whose places there are how many of, and whether the thresholds differ."""
    policy, t = builder.model.policy, builder.texts["overview"]
    if policy.places is None or policy.threshold is None:
        return str(builder.texts["case"]["no_threshold"])
    places = policy.places
    n, whose = places.per_week, t["places_in"][places.shared_by]
    if isinstance(n, Mapping):
        n, whose = sum(n.values()), t["places_in"]["named"]
    form = builder.texts["common"]["places"][n != 1]
    words = f"{format_number(n, builder.language)} {form} {whose}"
    other = run.summary.get("thresholds_rest_on_other_places") is True
    return f"{words}. {t['other_places']}" if other else words


def describe_open_gates(builder: PageBuilder) -> str:
    """Return what the gates of the approval said; nothing where it names none."""
    verdicts, t = builder.model.verdicts, builder.texts["gates"]
    if not verdicts:
        return ""
    undecided = [name for name, verdict in verdicts.items() if verdict != "pass"]
    if not undecided:
        return str(t["all_passed"].format(n=len(verdicts)))
    words = t["some_open"].format(
        n=len(verdicts) - len(undecided),
        total=len(verdicts),
        names=name_gates(undecided, builder.texts),
    )
    return str(words)


def describe_unconfirmed(run: ScoringRun, builder: PageBuilder) -> str:
    """Return how many weeks of history rest on codes not confirmed by the site."""
    weeks, texts = run.summary.get("weeks_of_history", {}), builder.texts
    if not weeks.get("read"):
        return ""
    words = texts["overview"]["weeks_unconfirmed"].format(
        weeks=format_count(weeks["read"], texts["common"]["weeks"], texts),
        unconfirmed=format_number(weeks["on_unverified_codes"], builder.language),
    )
    return str(words)


def describe_unknown_codes(run: ScoringRun, builder: PageBuilder) -> str:
    """Return what unknown benefit codes weigh in the run; empty where there are none.

    The share of the newest weeks is told where the run warned of it.
    """
    n, t = run.summary.get("counts", {}).get("unknown_codes", 0), builder.texts
    share, words = run.summary.get("unknown_share"), []
    if isinstance(share, float):
        percent = format_exact_percent(share, t)
        words.append(t["overview"]["unknown_share"].format(share=percent))
    if n:
        cases = format_cases(n, builder)
        words.append(t["overview"]["unknown_cases"].format(cases=cases))
    return " ".join([*words, t["overview"]["unknown_note"]]) if words else ""


def describe_label_age(run: ScoringRun, builder: PageBuilder) -> str:
    """Return that the newest label will soon be too old, or is; else nothing."""
    age, t = run.summary.get("label_age"), builder.texts["overview"]
    if not isinstance(age, dict) or not (age["warned"] or age["outdated"]):
        return ""
    newest, until = (
        format_date(date.fromisoformat(age[day]), builder.texts)
        for day in ("newest", "proposes_until")
    )
    words = t["labels_outdated" if age["outdated"] else "labels_warned"]
    return str(words.format(newest=newest, until=until))


def _build_table_pages(
    name: str, rows: Sequence[tuple[str, ...]], **fields: Any
) -> list[TablePage]:
    pages = _split_pages(rows, _ROWS_PER_PAGE) or [[]]
    files = _name_files(name, len(pages))
    links = tuple((str(n), file) for n, file in enumerate(files, start=1))
    return [
        TablePage(
            rows=tuple(TableRow(case, tuple(cells)) for case, *cells in page),
            page=file,
            others=links if len(links) > 1 else (),
            **fields,
        )
        for file, page in zip(files, pages, strict=True)
    ]


def _split_pages(items: Sequence[T], size: int) -> list[list[T]]:
    """Return *items* in lists of *size*; the last may be shorter."""
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def _name_files(name: str, pages: int) -> list[str]:
    """Return the pages' file names: the plain name, then a number after it."""
    return [f"{name}.html", *(f"{name}-{n}.html" for n in range(2, pages + 1))]
