"""Judge a stored model on a site's newest matured cases, or on another site's."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.errors import ScreeningError
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.model.risk_model import load_model_folder
from riskscreen.progress import Reporter, on_stderr
from riskscreen.readers.site import read_site
from riskscreen.terminal import run_story
from riskscreen.training import (
    StoredEvaluation,
    evaluate_externally,
    evaluate_on_test,
    prepare,
)


def run(
    model_folder: Path,
    out: Path,
    *,
    site: Path | None = None,
    external: Path | None = None,
    reporter: Reporter | None = None,
) -> StoredEvaluation:
    """Judge on the test cases of *site* or on all of *external*; write to *out*."""
    if (where := external or site) is None or (external and site):
        raise ScreeningError("Name one of --site and --external.")
    model = load_model_folder(model_folder)
    delivered = read_site(where, environment=os.environ, now=datetime.now(tz=UTC))
    inputs = (model_folder, where)
    with stage_folder(out, made_by="evaluate", inputs=inputs) as folder:
        prepared = prepare(model.spec, delivered, reporter=reporter)
        evaluate = evaluate_externally if external else evaluate_on_test
        model_evaluation = evaluate(model, prepared)
        write_json(folder / "evaluation.json", model_evaluation.to_dict())
    return model_evaluation


def main(
    model: Annotated[Path, typer.Option(help="A model folder.")],
    out: Annotated[Path, typer.Option(help="Folder for the figures.")],
    site: Annotated[
        Path | None, typer.Option(help="The site it was trained on: its test cases.")
    ] = None,
    external: Annotated[
        Path | None, typer.Option(help="Another site: every case with an outcome.")
    ] = None,
) -> None:
    """Judge MODEL on the test cases of SITE, or on all of EXTERNAL, and say so."""
    tell = on_stderr()
    model_evaluation = run(model, out, site=site, external=external, reporter=tell)
    for words in model_evaluation.summary():
        tell.say(words)


if __name__ == "__main__":
    run_story(main)
