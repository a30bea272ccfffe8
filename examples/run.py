"""Each public data set through the pipelines: train, publish, score, report, judge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from examples.figures import (
    Row,
    default_refusals,
    leaving_out_table,
    markdown,
    rows_of_example,
)
from examples.french_jobseekers import reader as french_jobseekers
from examples.german_sick_leave import reader as german_sick_leave
from examples.site import Tables, specification_of, write_site
from examples.us_compensation import reader as us_compensation
from riskscreen import training
from riskscreen.documents.pages import write_reports
from riskscreen.errors import GateError, LeakError
from riskscreen.evaluation.gate_outcomes import LEAK_GATES, list_refusals
from riskscreen.folders import check_can_place, place_files, stage_folder
from riskscreen.model.model_folder import load_model_folder
from riskscreen.progress import Reporter, build_stderr_reporter
from riskscreen.readers import TableSource
from riskscreen.readers.site import read_site
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.spec import read_specification
from riskscreen.stories.evaluate import evaluate
from riskscreen.stories.publish import publish
from riskscreen.stories.train import train
from riskscreen.terminal import run_story
from riskscreen.training import Dataset, TrainingResult, evaluate_model, prepare
from riskscreen.training.studies.ablation import Ablation, ablate_columns

LANGUAGES = ("da", "en")
FIGURES, LEAVING_OUT, TABLE_BY = "figures.md", "leaving_out.md", "example table"
PAGES = 200
"""Cases that get a page of their own: thousands of pages would show nothing more."""


@dataclass(frozen=True, slots=True)
class Example:
    """One data set: its reader, a variant of it, and cases to leave out in turn.

    *late* names a file of columns that are known too late; the variant shows what they
    do.
    """

    name: str
    read: Callable[[Path], Tables]
    late: str | None = None
    without: Mapping[str, Callable[[Path], frozenset[str]]] = field(
        default_factory=dict
    )


EXAMPLES = (
    Example("us_compensation", us_compensation.read, late="late_column.toml"),
    Example(
        "german_sick_leave",
        german_sick_leave.read,
        without={"ambiguous spells": german_sick_leave.ambiguous},
    ),
    Example("french_jobseekers", french_jobseekers.read),
)


def run(example: Example, data: Path, out: Path, *, reporter: Reporter) -> list[Row]:
    """Everything the pipelines make of one data set, below *out*; its figures."""
    site, uri = out / "site", f"sqlite:///{(out / 'mlflow.db').absolute()}"
    tables = example.read(data)
    write_site(tables, target=example.name, out=site)
    result, _, model_evaluation = train(
        read_specification(specification_of(example.name)),
        read_site(site),
        out / "training",
        tracking_uri=uri,
        cards=out / "model_cards",
        reporter=reporter,
    )
    for gate in default_refusals(model_evaluation):
        reporter.say(f"{example.name}: gates that nobody loosened say: {gate.message}")
    if _published(example.name, out, uri=uri, reporter=reporter):
        _score(tables, result, out, reporter=reporter)
        judged = load_model_folder(out / "training/judged")
        stored = evaluate(judged, read_site(site), out / "evaluation")
        for words in stored.describe():
            reporter.say(words)
    prepared = prepare(result.spec, site)
    _leaving_out(prepared, result, out, reporter=reporter)
    rows = rows_of_example(
        prepared,
        result,
        label=example.name,
        without={words: of(data) for words, of in example.without.items()},
    )
    return rows + (_late(example, site, reporter=reporter) if example.late else [])


def _leaving_out(
    prepared: Dataset, result: TrainingResult, out: Path, *, reporter: Reporter
) -> None:
    """Write what leaving out each audited column does to its groups."""
    found = ablate_columns(prepared, result)
    place_files(out, {LEAVING_OUT: leaving_out_table(found)}, made_by=TABLE_BY)
    for words in Ablation(found).describe():
        reporter.say(f"{result.spec.name}: {words}")


def _published(target: str, out: Path, *, uri: str, reporter: Reporter) -> bool:
    """Whether the candidate passed its gates; then *out*/model is ready to score."""
    on = datetime.now(tz=UTC).date().isoformat()
    note = "an example on public data; nothing may rest on it"
    try:
        publish(
            target,
            by="make examples",
            note=note,
            on=on,
            tracking_uri=uri,
            pilot=True,
        )
    except (GateError, LeakError) as refused:
        reporter.say(f"{target}: not published, so not scored. {refused}")
        return False
    Registry(uri).export_approved(target, out / "model")
    return True


def _score(
    tables: Tables, result: TrainingResult, out: Path, *, reporter: Reporter
) -> None:
    """Score the cases of the test; write the pages of the last of them."""
    model = open_approved(out / "model").model
    tested = result.test_cases["case_id"]
    cases = tables.cases[tables.cases["case_id"].isin(tested)]
    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    for name, of in {"all": cases, "last": cases.tail(PAGES)}.items():
        delivered = _delivered(of, tables, out / "intake" / name, out / "site")
        score_files(
            model,
            delivered,
            out=out / "scores" / name,
            scored_at=now,
            reporter=reporter,
        )
    for language in LANGUAGES:
        pages = out / "reports" / language
        write_reports(out / "scores" / "last", model, language=language, out=pages)


def _delivered(
    cases: pd.DataFrame, tables: Tables, intake: Path, site: Path
) -> Delivery:
    """*cases* as a site delivers them for scoring: a file of their own."""
    with stage_folder(intake, made_by="example") as part:
        cases.to_csv(part / "cases.csv", index=False)
    delivered = read_site(site)
    history = None if tables.history is None else delivered.history()
    return Delivery(TableSource(intake / "cases.csv"), history, delivered.extract_date)


def _late(example: Example, site: Path, *, reporter: Reporter) -> list[Row]:
    """Train with columns known too late; no such model is published."""
    assert example.late is not None
    spec = read_specification(specification_of(example.name, example.late))
    prepared = prepare(spec, site)
    result = training.train(prepared, reporter=reporter)
    label = f"{example.name}, {example.late.removesuffix('.toml').replace('_', ' ')}"
    refusals = list_refusals(evaluate_model(result, prepared).gates)
    leaks = [gate.message for gate in refusals if gate.name in LEAK_GATES]
    for message in leaks:
        reporter.say(f"{label}: refused, and rightly. {message}")
    if not leaks:
        reporter.say(f"{label}: no gate saw the leak")
    return rows_of_example(prepared, result, label=label)


def main(
    data: Annotated[Path, typer.Option(help="Folder of the three data sets.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("out/examples"),
) -> None:
    """Run every example and print the table of the READMEs."""
    reporter, rows = build_stderr_reporter(), list[Row]()
    check_can_place(out, [FIGURES], made_by=TABLE_BY)
    for example in EXAMPLES:
        reporter.say(f"--- {example.name}")
        rows += run(example, data, out / example.name, reporter=reporter)
    table = markdown(rows)
    place_files(out, {FIGURES: table}, made_by=TABLE_BY)
    typer.echo(table)


if __name__ == "__main__":
    run_story(main)
