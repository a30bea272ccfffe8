"""The whole product on a synthetic municipality: data, models, scores, pages, cards."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from riskscreen.documents.cards import name_card_files
from riskscreen.documents.pages import (
    FRONT,
    FRONT_BY,
    write_front_page,
    write_reports_by_target,
)
from riskscreen.documents.pages.examples import find_examples
from riskscreen.documents.pages.front import FOLLOW_UP, REPORTS
from riskscreen.documents.pages.week_sheet import WeekContext
from riskscreen.folders import check_can_place, check_can_stage
from riskscreen.followup.figures import measure_follow_up
from riskscreen.followup.pages import MADE_BY as FOLLOW_UP_BY
from riskscreen.followup.pages import write_follow_up
from riskscreen.followup.week_figures import build_week_figures
from riskscreen.progress import Reporter
from riskscreen.readers.letter_text import read_letter_text
from riskscreen.readers.site import Site, read_site
from riskscreen.registry.records import EXPORT_BY
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import ApprovedModel, open_approved
from riskscreen.scoring.batch import score_files
from riskscreen.scoring.every_target import score_site
from riskscreen.scoring.site import deliver_from_site
from riskscreen.spec import SHIPPED_MODELS, list_targets, read_specification
from riskscreen.store import Store, begin_store, build_keeping
from riskscreen.store.decisions import Act, decide
from riskscreen.store.views import StoreMemory
from riskscreen.stories.candidates import CARD_BY
from riskscreen.stories.confirm_letter import confirm_letter
from riskscreen.stories.publish import publish
from riskscreen.stories.synthesise import BEFORE as INTAKE_BEFORE
from riskscreen.stories.synthesise import MADE_BY, SIZES, synthesise
from riskscreen.stories.train import train
from riskscreen.texts import LANGUAGES, Language
from riskscreen.training import validate_model
from riskscreen_synthetic import DAYS_BEFORE

TARGETS = ("long_absence", "long_benefit", "long_unemployment")
"""What a demo trains unless it is asked for the cards of every target."""
BEFORE, STORE = "scores_before", "store.db"
FOLDERS = {"training": "train", "models": EXPORT_BY, BEFORE: "score"}
"""What each target gets a folder in, and whose mark it carries."""
DECISIONS: tuple[tuple[Act, str], ...] = (
    ("agree", ""),
    ("disagree", "Citizen goes back to work"),
)
"""What was decided on proposals of a week ago."""
Models = Mapping[str, ApprovedModel]


def demo(
    size: str,
    out: Path,
    *,
    now: datetime,
    cards: Path | None,
    reporter: Reporter,
) -> None:
    """Make everything below *out*: TARGETS trained, scored and paged.

    With *cards* named, it is every shipped target, validated, and their cards go there.
    *size* is one of SIZES, *now* the time of approval and scoring.
    """
    every_target = cards is not None
    targets = list_targets(SHIPPED_MODELS) if every_target else list(TARGETS)
    _look_first(out, targets, cards=cards or out / "model_cards")
    reporter.say("1 of 4: a synthetic municipality")
    cases = SIZES[size]
    synthesise(
        out / "site",
        cases=cases,
        every_target=every_target,
        follow_up=True,
        letters=True,
    )
    site, today = read_site(out / "site"), now.date()
    confirm_letter(site, by="make demo", role="DPO", on=today)
    uri = f"sqlite:///{(out / 'mlflow.db').absolute()}"
    for target in targets:
        reporter.say(f"2 of 4: {target}, trained and approved")
        train(
            read_specification(SHIPPED_MODELS / f"{target}.toml"),
            site,
            out / "training" / target,
            tracking_uri=uri,
            cards=cards or out / "model_cards",
            validator=validate_model if cards else None,
            reporter=reporter,
        )
        note = "approved by the demo, on made-up data"
        publish(
            target,
            by="make demo",
            note=note,
            on=today.isoformat(),
            tracking_uri=uri,
            pilot=True,
        )
        Registry(uri).export_approved(target, out / "models" / target)
    reporter.say(
        "3 of 4: the intake of a week ago and the newest one, scored and paged"
    )
    store = begin_store(f"sqlite:///{(out / STORE).absolute()}")
    models = {t: open_approved(out / "models" / t) for t in targets}
    decided = _score_before(models, site, out, store, now=now, reporter=reporter)
    examples = _score_newest(
        models, site, out, store, decided, now=now, reporter=reporter
    )
    reporter.say("4 of 4: follow-up and the front page")
    write_follow_up(measure_follow_up(site), out=out / FOLLOW_UP)
    write_front_page(out, targets=targets, examples=examples)


def _look_first(out: Path, targets: list[str], *, cards: Path) -> None:
    """Refuse before the work whatever could not be written at its end."""
    check_can_place(out, [FRONT], made_by=FRONT_BY)
    check_can_stage(out / "site", made_by=MADE_BY, of_people=False)
    check_can_stage(out / FOLLOW_UP, made_by=FOLLOW_UP_BY)
    for target in targets:
        check_can_place(cards, name_card_files(target), made_by=CARD_BY)
        for folder, made_by in FOLDERS.items():
            check_can_stage(out / folder / target, made_by=made_by)
    check_can_stage(out / "scores", made_by="score")
    for language in LANGUAGES:
        check_can_stage(out / REPORTS / language, made_by="report")


def _score_before(
    models: Models,
    site: Site,
    out: Path,
    store: Store,
    *,
    now: datetime,
    reporter: Reporter,
) -> dict[str, str]:
    """Score the cases of a week ago into *store*, and decide on two of the proposals.

    Return what was decided, by case: of the first with a proposal, and the last.
    """
    week = timedelta(days=DAYS_BEFORE)
    proposed: dict[str, str] = {}
    for target, approved in models.items():
        scores = out / BEFORE / target
        score_files(
            approved.model,
            deliver_from_site(
                site,
                approved.model,
                cases=site.folder / INTAKE_BEFORE / target / "cases.csv",
                as_of=site.extract_date - week,
            ),
            out=scores,
            scored_at=(now - week).isoformat(timespec="seconds"),
            reporter=reporter,
            keeping=build_keeping(store, at=now - week),
        )
        rows = pd.read_parquet(scores / "scores.parquet")
        for case in rows.loc[rows["proposed"], "case_id"]:
            proposed.setdefault(str(case), target)
    if len(proposed) < len(DECISIONS):
        return {}
    first, *_, last = proposed
    decided = dict(zip((first, last), DECISIONS, strict=True))
    for case, (act, note) in decided.items():
        decide(
            store,
            case,
            target=proposed[case],
            act=act,
            by="caseworker",
            note=note,
            at=now,
        )
    return {case: act for case, (act, _) in decided.items()}


def _score_newest(
    models: Models,
    site: Site,
    out: Path,
    store: Store,
    decided: Mapping[str, str],
    *,
    now: datetime,
    reporter: Reporter,
) -> dict[Language, dict[str, str]]:
    """Score the newest cases and write their pages; return one of each kind of them."""
    score_site(
        site,
        models.__getitem__,
        out=out / "scores",
        scored_at=now.isoformat(timespec="seconds"),
        reporter=reporter,
        keeping=build_keeping(store, at=now),
    )
    examples: dict[Language, dict[str, str]] = {}
    for language in LANGUAGES:
        figures = build_week_figures(site, language)
        memory = StoreMemory(store, now)
        pages = write_reports_by_target(
            out / "scores",
            {target: approved.model for target, approved in models.items()},
            language=language,
            out=out / REPORTS / language,
            memory=memory,
            letters=read_letter_text(site, language),
            week=WeekContext(figures=figures.of_teams, sections=figures.sections),
        )
        memory.tell_whole()
        examples[language] = find_examples(pages.lines, decided)
    return examples


def describe_demo(out: Path, *, cards: Path | None) -> list[str]:
    """Describe what the demo left in *out* and *cards*, and where to look first."""
    folder = f"{cards or out / 'model_cards'}/"
    return [
        "",
        f"Everything is in {out}/, and every citizen in it is made up.",
        f"  open {out}/index.html          pages for caseworkers, Danish and English",
        f"  {folder:<29}how good each model is, and its limits",
        f"  {out}/scores/                  what an intake system reads",
        f"  {out}/store.db                 what was scored, shown and decided",
        f"  {out}/models/                  approved models, to score without MLflow",
        f"  .venv/bin/mlflow ui --backend-store-uri sqlite:///{out}/mlflow.db",
        "                                 every training, figure and approval",
    ]
