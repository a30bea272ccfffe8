"""The whole product on a made-up municipality: data, models, scores, pages, cards."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines import publish, synthesise, train
from riskscreen.documents.cards import name_card_files
from riskscreen.documents.pages import FRONT, FRONT_BY, write_front_page, write_reports
from riskscreen.folders import check_can_place, check_can_stage
from riskscreen.progress import Reporter, on_stderr
from riskscreen.readers.site import read_site
from riskscreen.registry import EXPORT_BY, Registry
from riskscreen.scoring import deliver_from_site, open_approved, score_files
from riskscreen.spec import list_targets
from riskscreen.stories.candidates import CARD_BY
from riskscreen.terminal import run_story
from riskscreen.training import validation_record
from riskscreen_synthetic import SHAPES, make_site

MODELS = Path(__file__).parents[1] / "models"
LANGUAGES = ("da", "en")
FOLDERS = {"training": "train", "models": EXPORT_BY, "scores": "score"}
"""What each target gets a folder in, and whose mark it carries."""


def run(size: str, out: Path, *, cards: Path | None, tell: Reporter) -> None:
    """Make everything below *out*; with *cards* named, cards go there, validated."""
    _look_first(out, cards=cards or out / "model_cards")
    tell.say("1 of 4: a made-up municipality")
    site = make_site(cases=synthesise.SIZES[size], shape=SHAPES[0])
    synthesise.write(site, out / "site")
    uri = f"sqlite:///{(out / 'mlflow.db').absolute()}"
    for target in sorted(site.targets):
        tell.say(f"2 of 4: {target}, trained and approved")
        _train(target, out, cards=cards, uri=uri, tell=tell)
    for target in sorted(site.targets):
        tell.say(f"3 of 4: {target}, the newest intake scored")
        _score(target, out, tell=tell)
    tell.say("4 of 4: the front page")
    write_front_page(out, targets=sorted(site.targets))


def _look_first(out: Path, *, cards: Path) -> None:
    """Refuse before the work whatever could not be written at its end."""
    check_can_place(out, [FRONT], made_by=FRONT_BY)
    check_can_stage(out / "site", made_by=synthesise.MADE_BY, of_people=False)
    for target in list_targets(MODELS):
        check_can_place(cards, name_card_files(target), made_by=CARD_BY)
        for folder, made_by in FOLDERS.items():
            check_can_stage(out / folder / target, made_by=made_by)
        for language in LANGUAGES:
            check_can_stage(out / "reports" / target / language, made_by="report")


def _train(
    target: str, out: Path, *, cards: Path | None, uri: str, tell: Reporter
) -> None:
    """Train, log, card, approve and export one target."""
    train.run(
        MODELS / f"{target}.toml",
        out / "site",
        out / "training" / target,
        tracking_uri=uri,
        cards=cards or out / "model_cards",
        validator=validation_record if cards else None,
        reporter=tell,
    )
    today = datetime.now(tz=UTC).date().isoformat()
    note = "approved by the demo, on made-up data"
    publish.run(target, by="make demo", note=note, on=today, tracking_uri=uri)
    Registry(uri).fetch_approved(target, out / "models" / target)


def _score(target: str, out: Path, *, tell: Reporter) -> None:
    """Score the newest cases and write their pages, in both languages."""
    model = open_approved(out / "models" / target).model
    site = read_site(out / "site", environment=os.environ)
    delivered = deliver_from_site(site, model)
    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    scores = out / "scores" / target
    score_files(model, delivered, out=scores, scored_at=now, reporter=tell)
    for language in LANGUAGES:
        pages = out / "reports" / target / language
        write_reports(scores, model, language=language, out=pages)


def _what_was_made(out: Path) -> list[str]:
    return [
        "",
        f"Everything is in {out}/, and every citizen in it is made up.",
        f"  open {out}/index.html          pages for caseworkers, Danish and English",
        f"  {out}/model_cards/             how good each model is, and its limits",
        f"  {out}/scores/                  what an intake system reads",
        f"  {out}/models/                  approved models, to score without MLflow",
        f"  .venv/bin/mlflow ui --backend-store-uri sqlite:///{out}/mlflow.db",
        "                                 every training, figure and approval",
    ]


def main(
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("out"),
    size: Annotated[str, typer.Option(help="small or full")] = "full",
    cards: Annotated[
        Path | None, typer.Option(help="Another folder for the model cards.")
    ] = None,
) -> None:
    """Run the demo and say what it made."""
    if size not in synthesise.SIZES:
        raise typer.BadParameter(f"sizes: {', '.join(synthesise.SIZES)}")
    run(size, out, cards=cards, tell=on_stderr())
    for line in _what_was_made(out):
        typer.echo(line)


if __name__ == "__main__":
    run_story(main)
