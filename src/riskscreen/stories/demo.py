"""The whole product on a synthetic municipality: data, models, scores, pages, cards."""

from datetime import datetime
from pathlib import Path

from riskscreen.documents.cards import name_card_files
from riskscreen.documents.pages import FRONT, FRONT_BY, write_front_page, write_reports
from riskscreen.documents.pages.front import FOLLOW_UP
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
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.batch import score_files
from riskscreen.scoring.site import deliver_from_site
from riskscreen.spec import SHIPPED_MODELS, list_targets, read_specification
from riskscreen.stories.candidates import CARD_BY
from riskscreen.stories.confirm_letter import confirm_letter
from riskscreen.stories.publish import publish
from riskscreen.stories.synthesise import MADE_BY, SIZES, synthesise
from riskscreen.stories.train import train
from riskscreen.texts import LANGUAGES
from riskscreen.training import validate_model

TARGETS = ("long_absence", "long_benefit", "long_unemployment")
"""What a demo trains unless it is asked for the cards of every target."""
FOLDERS = {"training": "train", "models": EXPORT_BY, "scores": "score"}
"""What each target gets a folder in, and whose mark it carries."""


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
    for target in targets:
        reporter.say(f"3 of 4: {target}, the newest intake scored")
        _score(target, site, out, now=now, reporter=reporter)
    reporter.say("4 of 4: follow-up and the front page")
    write_follow_up(measure_follow_up(site), out=out / FOLLOW_UP)
    write_front_page(out, targets=targets)


def _look_first(out: Path, targets: list[str], *, cards: Path) -> None:
    """Refuse before the work whatever could not be written at its end."""
    check_can_place(out, [FRONT], made_by=FRONT_BY)
    check_can_stage(out / "site", made_by=MADE_BY, of_people=False)
    check_can_stage(out / FOLLOW_UP, made_by=FOLLOW_UP_BY)
    for target in targets:
        check_can_place(cards, name_card_files(target), made_by=CARD_BY)
        for folder, made_by in FOLDERS.items():
            check_can_stage(out / folder / target, made_by=made_by)
        for language in LANGUAGES:
            check_can_stage(out / "reports" / target / language, made_by="report")


def _score(
    target: str, site: Site, out: Path, *, now: datetime, reporter: Reporter
) -> None:
    """Score the newest cases and write their pages, in both languages."""
    model = open_approved(out / "models" / target).model
    scores = out / "scores" / target
    score_files(
        model,
        deliver_from_site(site, model),
        out=scores,
        scored_at=now.isoformat(timespec="seconds"),
        reporter=reporter,
    )
    for language in LANGUAGES:
        pages = out / "reports" / target / language
        letters = read_letter_text(site, language)
        figures = build_week_figures(site, language)
        week = WeekContext(figures=figures.of_teams, sections=figures.sections)
        write_reports(
            scores, model, language=language, out=pages, letters=letters, week=week
        )


def describe_demo(out: Path, *, cards: Path | None) -> list[str]:
    """Describe what the demo left in *out* and *cards*, and where to look first."""
    folder = f"{cards or out / 'model_cards'}/"
    return [
        "",
        f"Everything is in {out}/, and every citizen in it is made up.",
        f"  open {out}/index.html          pages for caseworkers, Danish and English",
        f"  {folder:<29}how good each model is, and its limits",
        f"  {out}/scores/                  what an intake system reads",
        f"  {out}/models/                  approved models, to score without MLflow",
        f"  .venv/bin/mlflow ui --backend-store-uri sqlite:///{out}/mlflow.db",
        "                                 every training, figure and approval",
    ]
