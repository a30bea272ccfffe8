"""One night of a site: score every target, write the pages, say what has changed.

The night's folder is made beside the earlier ones and takes its name when it is whole.
So a run that is killed leaves the nights before as they were, and running again does
what is left.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import pandas as pd

from riskscreen.case_system import (
    InboxTaken,
    OutboxChange,
    take_inbox,
    update_outbox,
)
from riskscreen.documents.pages import write_reports_by_target
from riskscreen.documents.pages.memory import NO_MEMORY
from riskscreen.documents.pages.week_sheet import WeekContext
from riskscreen.efforts import Efforts, read_efforts
from riskscreen.errors import FileError, TableError
from riskscreen.experiment.night import TonightsLot, draw_tonight
from riskscreen.files import write_json
from riskscreen.folders import rehearse_folder, stage_folder, turn_link
from riskscreen.followup.week_figures import WeekFigures, find_week_figures
from riskscreen.guarding import guarded
from riskscreen.monitoring.leader_section import read_outcomes
from riskscreen.nights.changes import find_news, write_changes
from riskscreen.nights.log import (
    LATEST,
    MADE_BY,
    RUN_LOG,
    NightLog,
    Refusal,
    ShadowNight,
    TargetNight,
    find_first_night,
    find_night_before,
    keep_newest,
    note_failure,
    read_log,
    remove_nights,
)
from riskscreen.nights.shadows import OpenShadow, open_no_shadow, score_shadows
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.readers.letter_text import read_letter_text
from riskscreen.readers.site import Site
from riskscreen.rules.deadline_rules import read_site_rules
from riskscreen.rules.reforms import read_site_reforms
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.scoring.batch import keep_nothing
from riskscreen.scoring.every_target import SiteRun, score_site
from riskscreen.scoring.run_summary import RunSummary
from riskscreen.scoring.site import deliver_from_site
from riskscreen.stop_switch import require_running
from riskscreen.store import SHADOW, Store
from riskscreen.store.held_runs import HeldRuns
from riskscreen.texts import Language
from riskscreen.validation.schemas import LANDMARK_WEEK

SCORES, PAGES, CHANGES, LOT = "scores", "pages", "changes", "experiment"
"""The folders of a night."""


@dataclass(frozen=True, slots=True)
class Nightly:
    """What is done for a site each night.

    Nights lie below ``root``. ``open_model`` opens a target's approved model. No night
    stands in which more than the share ``most_set_aside`` of a target's cases was set
    aside. Scores are kept in ``store``, where there is one, and its outbox is updated;
    those of the models that ``open_shadow`` opens are kept there alone. ``monitoring``
    are the folders of `monitor` whose outcomes leaders see.
    Nights of more than ``keep_days`` ago are removed when today's stands.
    """

    site: Site
    open_model: Callable[[str], ApprovedModel]
    root: Path
    clock: Callable[[], datetime]
    store: Store | None = None
    open_shadow: OpenShadow = open_no_shadow
    language: Language = "da"
    most_set_aside: float = 1.0
    keep_days: int | None = None
    accept_unknown_codes: bool = False
    inputs: Sequence[Path | None] = ()
    monitoring: Sequence[Path] = ()
    reporter: Reporter = field(default_factory=SilentReporter)

    @guarded
    def run(self) -> NightLog:
        """Let today's folder stand, and the link latest lead to it; return its log.

        A day that is complete is not scored again: then the log is the earlier run's.
        Raises what stops the whole night, which is kept as the newest run's end: then
        no night is changed. A refusal of some targets is in what comes back, and they
        are tried again by the next run of the day.
        """
        began = self.clock()
        day = self.site.find_day(began)
        with note_failure(self.root, self.clock, day=day, reporter=self.reporter):
            log = self._complete(day, began)
            turn_link(self.root / LATEST, day.isoformat(), made_by=MADE_BY)
            if self.keep_days is not None:
                remove_nights(self.root, before=day - timedelta(days=self.keep_days))
            keep_newest(self.root, log)
        return log

    def _complete(self, day: date, began: datetime) -> NightLog:
        """Let the folder of *day* stand whole; return its log."""
        place = self.root / day.isoformat()
        log = read_log(place / RUN_LOG)
        if log is not None and log.is_complete:
            return log
        runs = HeldRuns(self.store, began) if self.store else None
        with (
            runs or nullcontext(),
            stage_folder(place, made_by=MADE_BY, inputs=self._inputs) as folder,
        ):
            return self._fill(folder, day, began, runs)

    @guarded
    def rehearse(self) -> NightLog:
        """Do what ``run`` would do today, and leave everything as it was."""
        began = self.clock()
        day = self.site.find_day(began)
        with rehearse_folder(
            self.root / day.isoformat(), made_by=MADE_BY, inputs=self._inputs
        ) as folder:
            return replace(self, store=None)._fill(folder, day, began, None)

    @property
    def _inputs(self) -> list[Path | None]:
        return [self.site.folder, *self.inputs, *self.monitoring]

    def _fill(
        self, folder: Path, day: date, began: datetime, runs: HeldRuns | None
    ) -> NightLog:
        """Write the night into *folder*: scores, pages, changes and its log."""
        require_running(self.site.folder)
        decisions = take_inbox(self.store, at=began) if self.store else InboxTaken()
        scored = score_site(
            self.site,
            lambda target: self._open_fresh(target, day),
            out=folder / SCORES,
            scored_at=began.isoformat(timespec="seconds"),
            as_of=day,
            accept_unknown_codes=self.accept_unknown_codes,
            reporter=self.reporter,
            keeping=runs.keep if runs else keep_nothing,
        )
        self._refuse_set_aside(scored)
        shadows = self._score_shadows(folder, scored, day, began, runs)
        self.reporter.say("Writing the pages")
        require_running(self.site.folder)
        before = find_night_before(self.root, day)
        figures = self._find_figures(scored)
        efforts = read_efforts(self.site)
        lot = self._draw(folder, scored, efforts, day)
        warnings = (*figures.warnings, *filter(None, [lot.warning]))
        for words in warnings:
            self.reporter.say(words)
        pages = write_reports_by_target(
            folder / SCORES,
            {target: approved.model for target, approved in scored.models.items()},
            news=find_news(
                scored.models,
                before=self.root / before.isoformat() / SCORES if before else None,
                now=folder / SCORES,
            ),
            language=self.language,
            out=folder / PAGES,
            rules=read_site_rules(self.site.folder),
            reforms=read_site_reforms(self.site.folder, synthetic=self.site.synthetic),
            efforts=efforts,
            memory=runs.remember() if runs else NO_MEMORY,
            week=self._describe_week(folder, scored, day, figures),
            by_lot=lot.by_lot,
            letters=read_letter_text(self.site, self.language)
            if self.site.states_letters
            else None,
        )
        if runs:
            runs.finish()
            lot.keep(runs.store, at=began)
        log = NightLog(
            day=day,
            began_at=began,
            ended_at=self.clock(),
            exit_code=scored.exit_code,
            compared_with=before,
            targets=self._describe_targets(folder, scored, efforts, before, began),
            refused={
                target: Refusal.describe(error)
                for target, error in scored.refused.items()
            },
            without_an_approved_model=dict(scored.unapproved),
            shadows=shadows,
            pages=pages.count,
            warnings=warnings,
            decisions_noted=decisions.noted,
            decisions_refused=decisions.refused,
        )
        write_json(folder / RUN_LOG, log.model_dump(mode="json"))
        return log

    def _draw(
        self, folder: Path, scored: SiteRun, efforts: Efforts | None, day: date
    ) -> TonightsLot:
        """Draw the extra places of the site's experiment, if it has one."""
        plan = self.site.stated.experiment
        approved = scored.models.get(plan.target) if plan else None
        return draw_tonight(
            plan,
            self.store,
            approved.model if approved else None,
            folder / SCORES / plan.target if plan else folder,
            efforts,
            day=day,
            out=folder / LOT,
        )

    def _score_shadows(
        self,
        folder: Path,
        scored: SiteRun,
        day: date,
        began: datetime,
        runs: HeldRuns | None,
    ) -> dict[str, ShadowNight]:
        """Score by the shadows into the store; without one there is no place for it."""
        if runs is None:
            return {}
        return score_shadows(
            self.site,
            self.open_shadow,
            approved=scored.models,
            room=folder,
            at=began,
            as_of=day,
            keeping=partial(runs.keep, purpose=SHADOW),
            accept_unknown_codes=self.accept_unknown_codes,
            reporter=self.reporter,
        )

    def _find_figures(self, scored: SiteRun) -> WeekFigures:
        """Return what follow-up and monitoring tell, with a warning of what cannot."""
        figures = find_week_figures(self.site, self.language)
        titles = {
            target: approved.model.spec.title.in_language(self.language)
            for target, approved in scored.models.items()
        }
        outcomes, warnings = [], list(figures.warnings)
        for folder in self.monitoring:
            try:
                outcomes.append(
                    read_outcomes(folder, titles=titles, language=self.language)
                )
            except FileError as error:
                warnings.append(f"The leader's page has no outcomes: {error}")
        sections = (*outcomes, *figures.sections)
        return replace(figures, sections=sections, warnings=tuple(warnings))

    def _describe_week(
        self, folder: Path, scored: SiteRun, day: date, figures: WeekFigures
    ) -> WeekContext:
        """Return what has changed in a week, or in as long as there are nights."""
        since = find_night_before(self.root, day - timedelta(days=6))
        since = since or find_first_night(self.root, day)
        news = find_news(
            scored.models,
            before=self.root / since.isoformat() / SCORES if since else None,
            now=folder / SCORES,
        )
        return WeekContext(news, since, figures.of_teams, figures.sections)

    def _describe_targets(
        self,
        folder: Path,
        scored: SiteRun,
        efforts: Efforts | None,
        before: date | None,
        began: datetime,
    ) -> dict[str, TargetNight]:
        """Write what has changed of each target, to the outbox too; return counts."""
        (folder / CHANGES).mkdir(mode=0o700)
        earlier = self.root / before.isoformat() / SCORES if before else None
        nights = {}
        for target, run in scored.runs.items():
            model = scored.models[target].model
            changes = write_changes(
                folder / CHANGES / f"{target}.csv",
                before=earlier / target if earlier else None,
                now=folder / SCORES / target,
            )
            messages = OutboxChange()
            if self.store is not None:
                messages = update_outbox(
                    self.store,
                    model.spec,
                    on=self.site.find_day(began),
                    at=began,
                    language=self.language,
                    helped=efforts.cases if efforts else (),
                )
            counts = dict(run.counts)
            if efforts:
                table = pd.read_parquet(
                    folder / SCORES / target / "scores.parquet",
                    columns=["case_id", "proposed", LANDMARK_WEEK],
                )
                counts["proposed"] -= int(efforts.find_proposed_again(table).sum())
            nights[target] = TargetNight(
                model_version=model.version,
                counts=counts,
                set_aside_share=_find_share(run),
                changes=changes,
                warnings=run.list_warnings(),
                messages_opened=messages.opened,
                messages_closed=sum(messages.closed.values()),
            )
        return nights

    def _open_fresh(self, target: str, day: date) -> ApprovedModel:
        """Open the model of *target*; FileError where what it reads is too old."""
        approved = self.open_model(target)
        most = self.site.stated.max_age_days
        for path in deliver_from_site(self.site, approved.model).list_files():
            age = (day - self._find_delivered_on(path)).days if path.exists() else 0
            if most is not None and age > most:
                raise FileError(
                    f"{path}: is {age} days old, and max_age_days of site.toml is "
                    f"{most}. Deliver it anew."
                )
        return approved

    def _find_delivered_on(self, path: Path) -> date:
        """Return the day on which *path*, or the newest file in it, was written."""
        files = (
            [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        )
        newest = max((file.stat().st_mtime for file in files), default=0.0)
        return self.site.find_day(datetime.fromtimestamp(newest, tz=UTC))

    def _refuse_set_aside(self, scored: SiteRun) -> None:
        """Raise TableError where more was set aside of a target than may be."""
        for target, run in scored.runs.items():
            if (share := _find_share(run)) > self.most_set_aside:
                raise TableError(
                    f"{target}: {share:.1%} of the cases were set aside, and at most "
                    f"{self.most_set_aside:.1%} may be. riskscreen score names each "
                    "with its rule; deliver them again."
                )


def _find_share(run: RunSummary) -> float:
    """Return the share of a target's cases that were set aside."""
    cases = run.counts["cases"]
    return run.counts["set_aside"] / cases if cases else 0.0
