"""The report of a roll-out: what was stated of it, its arms, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from riskscreen import training
from riskscreen.disclosure.counts import ShownCounts
from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    FollowUpPage,
    Section,
    Tile,
    render_follow_up,
)
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.templating import write_page
from riskscreen.efforts import read_efforts
from riskscreen.errors import FileError, UsageError
from riskscreen.experiment.figures import ARMS, HELP, OUTCOMES, Rollout, count_rollout
from riskscreen.experiment.plan import digest_plan
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.followup.wording import Wording
from riskscreen.guarding import guarded
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SITE_FILE, STATEMENTS, StatedExperiment
from riskscreen.spec import Specification
from riskscreen.store import Store
from riskscreen.store.experiments import find_draws, find_plan
from riskscreen.texts import LANGUAGES, Language, Texts, load_texts

MADE_BY = "experiment report"
TEXTS = load_texts("riskscreen.experiment")
FIGURES = "experiment.json"


@dataclass(frozen=True)
class ReportWords(Wording):
    """The words of follow-up's figures, and the texts of an experiment."""

    @property
    def own(self) -> Texts:
        """The texts of an experiment."""
        return TEXTS[self.language]


def require_plan(site: Site) -> StatedExperiment:
    """Return the plan that *site* states.

    Raises FileError where it states none, or one of a target that is not its intake's.
    """
    if site.stated.experiment is None:
        raise FileError(
            f"{site.folder / SITE_FILE}: no [experiment]. State the plan there "
            "(docs/how-to/experiment.md)."
        )
    if not site.scores(site.stated.experiment.target):
        raise FileError(
            f"{site.folder / SITE_FILE}: the target of [experiment] has no "
            "[intake.<target>], so nobody would be drawn. Name one that is scored."
        )
    return site.stated.experiment


@guarded
def report_rollout(
    site: Site, spec: Specification, store: Store, out: Path, *, reporter: Reporter
) -> Rollout:
    """Follow up every draw of the site's plan, and write its report to *out*.

    Raises UsageError where the plan is not the one that was fixed, and the errors of
    reading the site's cases, history and efforts.
    """
    plan, fixed = require_plan(site), find_plan(store)
    if fixed is None or fixed.sha256 != digest_plan(plan):
        raise UsageError(
            "[experiment] of site.toml is not the plan that was fixed in this store. "
            "Put it back as it was."
        )
    followed = training.prepare(spec, site, reporter=reporter)
    found = count_rollout(
        plan,
        fixed,
        find_draws(store, fixed.sha256),
        followed.outcomes,
        read_efforts(site),
        extract_date=site.extract_date,
        horizon_weeks=spec.outcome.horizon_weeks,
    )
    with stage_folder(out, made_by=MADE_BY, inputs=[site.folder]) as folder:
        write_report(found, site, spec, folder)
    return found


def write_report(found: Rollout, site: Site, spec: Specification, folder: Path) -> None:
    """Write the page of *found* in each language, and its figures, into *folder*."""
    write_json(folder / FIGURES, found.to_json())
    for language in LANGUAGES:
        page = build_report_page(found, site, spec, language=language)
        text = render_follow_up(page, language=language)
        write_page(folder / f"{language}.html", text)


def build_report_page(
    found: Rollout, site: Site, spec: Specification, *, language: Language
) -> FollowUpPage:
    """Build the report of *found* in *language*."""
    words = ReportWords(language)
    t, plan = words.own["page"], found.plan
    days = [format_date(d, words.common) for d in (plan.start_date, plan.end_date)]
    other = next(one for one in LANGUAGES if one != language)
    return FollowUpPage(
        site=site.name,
        title=t["title"],
        lead=t["lead"].format(
            target=getattr(spec.title, language), first=days[0], last=days[1]
        ),
        links=((t["other_language"], f"{other}.html"),),
        sections=(
            Section(t["result"], tiles=tuple(_build_result(found, words))),
            Section(
                t["arms"],
                f"{t['arms_note']} {_say_lost(found, words)}",
                tables=_build_arms(found, words),
            ),
            Section(t["plan"], stated=_list_statements(found, site, words)),
        ),
        missing=tuple(t["limits"]) if found.effect else (),
        missing_title=t["limits_title"],
        notes=(t["hidden_note"],),
        synthetic=site.synthetic,
    )


def _build_result(found: Rollout, words: ReportWords) -> Iterator[Tile]:
    t, effect = words.own["result"], found.effect
    if effect is None:
        yield Tile(t["none"], "–", t[found.why_not])
        return
    low, high = (_say_points(p, words) for p in (effect.low, effect.high))
    kind = "no_difference"
    if effect.finds():
        kind = "fewer" if effect.high < 0 else "more"
    yield Tile(
        t["effect"],
        t["points"].format(n=_say_points(effect.difference, words)),
        f"{t['interval'].format(low=low, high=high)} {t[kind]}",
    )


def _say_lost(found: Rollout, words: ReportWords) -> str:
    counts = {arm: words.say_count(found.lost[arm]) for arm in ARMS}
    return str(words.own["page"]["lost"].format(**counts))


def _say_points(share: float, words: ReportWords) -> str:
    return words.say_figure(100 * share, decimals=1)


def _build_arms(found: Rollout, words: ReportWords) -> tuple[FiguresTable, ...]:
    t = words.own["arms"]
    heads = (t["what"], *(t[arm] for arm in ARMS))

    def build(title: str, counts: ShownCounts, names: tuple[str, ...]) -> FiguresTable:
        rows = tuple(
            (
                Cell(t[name]),
                *(
                    words.make_of(counts.find(name, arm), counts.find(None, arm))
                    for arm in ARMS
                ),
            )
            for name in names
        )
        return FiguresTable(title, heads, rows)

    of_help = build(t["help"], found.helped, HELP)
    if not found.is_over:
        return (of_help,)
    return (build(t["outcomes"], found.outcomes, OUTCOMES), of_help)


def _list_statements(
    found: Rollout, site: Site, words: ReportWords
) -> tuple[tuple[str, str], ...]:
    """List all that was stated before the first draw, by what it is of."""
    t, plan, fixed = words.own["plan"], found.plan, found.fixed

    def say_day(moment: str) -> str:
        return format_date(site.find_day(datetime.fromisoformat(moment)), words.common)

    stopped = t["not_stopped"]
    if fixed.stopped_at is not None:
        stopped = f"{say_day(fixed.stopped_at)}: {fixed.stopped_because}"
    return (
        *((t[name], getattr(plan, name)) for name in STATEMENTS),
        (t["design"], t[plan.design]),
        (t["seed"], str(plan.seed) if found.is_over else t["seed_later"]),
        (t["end_date"], format_date(plan.end_date, words.common)),
        (t["fixed_at"], say_day(fixed.fixed_at)),
        (t["earlier"], str(fixed.earlier)),
        (t["sha256"], fixed.sha256),
        (t["as_planned"], t["all_match" if found.as_planned else "some_differ"]),
        (t["stopped"], stopped),
    )
