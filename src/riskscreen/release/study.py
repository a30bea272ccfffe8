"""Gather what may leave of a training or an evaluation into one folder."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import StringConstraints, TypeAdapter, ValidationError

import riskscreen
from riskscreen.disclosure.counts import HIDDEN, Shown
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.documents.cards.record import EvaluationRecord, read_record
from riskscreen.errors import FileError, ModelError, UsageError
from riskscreen.evaluation import Estimate, Evaluation
from riskscreen.evaluation.fairness import Fairness
from riskscreen.files import fingerprint_file, format_json
from riskscreen.folders import stage_folder
from riskscreen.folders.mark import list_entries
from riskscreen.model.model_folder import (
    EVALUATION_FILE,
    load_model_folder,
    save_model,
)
from riskscreen.model.records import Record, Sha256, VersionDigest, read_json
from riskscreen.release.card import CARD_FILE, render_card
from riskscreen.release.forms import (
    ALL,
    COMPLEMENTS,
    CROSSED,
    DELIVERED,
    FIGURES,
    KNOWN,
    PARTS,
    TEST,
    YEARS,
    CountRow,
    Figure,
    Tables,
    format_counts,
    format_figures,
)
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.training import StoredEvaluation

MADE_BY = "study"
MANIFEST_FILE = "study.json"
MODEL = "model"
COUNTS_FILE, FIGURES_FILE = "counts.csv", "figures.csv"
Role = Annotated[str, StringConstraints(pattern=r"^[^\W\d_][^\W\d_ -]*( [^\W\d_]+)*$")]
"""What somebody is, in letters alone: "data protection officer", never who."""


class ModelException(Record):
    """The model that leaves as an exception, and by whose approval."""

    version: VersionDigest
    approved_by: Role


class StudyManifest(Record):
    """study.json: what leaves, made by what, and by which rule."""

    format: Literal[1] = 1
    target: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
    model_version: VersionDigest
    synthetic: bool | None
    riskscreen: Annotated[str, StringConstraints(pattern=r"^[0-9a-z.+]{1,40}$")]
    smallest_group: Literal[5] = 5
    files: Mapping[str, Sha256]
    model: ModelException | None = None

    def to_text(self) -> str:
        """Return the text of study.json."""
        return format_json(self.model_dump(mode="json"))


def gather_study(trained: Path, out: Path, *, approved_by: str | None = None) -> int:
    """Write what may leave of the folder *trained* to *out*; return how many files.

    *trained* is what ``train``, ``recalibrate`` or ``evaluate`` wrote. Its model leaves
    where the role *approved_by* approves that.
    """
    check_approving_role(approved_by)
    record = _read_evaluation(trained)
    tables = build_tables(record)
    version, synthetic = (
        (record.model_version, record.synthetic)
        if isinstance(record, EvaluationRecord)
        else (record.version, None)
    )
    with stage_folder(out, made_by=MADE_BY, inputs=(trained,), of_people=False) as to:
        (to / COUNTS_FILE).write_text(format_counts(tables.counts), "utf-8")
        (to / FIGURES_FILE).write_text(format_figures(tables.figures), "utf-8")
        (to / CARD_FILE).write_text(render_card(record.target, tables), "utf-8")
        exception = None
        if approved_by is not None:
            # Saved anew, so what lies beside its files stays at home.
            model = load_model_folder(trained / MODEL)
            save_model(model, to / MODEL)
            exception = ModelException(version=model.version, approved_by=approved_by)
        files = [
            to / name for name in sorted(list_entries(to)) if (to / name).is_file()
        ]
        manifest = StudyManifest(
            target=record.target,
            model_version=version,
            synthetic=synthetic,
            riskscreen=riskscreen.__version__,
            files={p.relative_to(to).as_posix(): fingerprint_file(p) for p in files},
            model=exception,
        )
        (to / MANIFEST_FILE).write_text(manifest.to_text(), "utf-8")
    return len(files) + 1


def check_approving_role(role: str | None) -> None:
    """Raise UsageError where *role* is none: who somebody is stays at home."""
    try:
        TypeAdapter(Role | None).validate_python(role)
    except ValidationError:
        raise UsageError(
            "--model-approved-by names a role in words, such as data protection "
            "officer: letters and single spaces alone, and nobody's name."
        ) from None


def _read_evaluation(folder: Path) -> EvaluationRecord | StoredEvaluation:
    for path in (folder / "report" / EVALUATION_FILE, folder / EVALUATION_FILE):
        if path.is_file():
            text = path.read_text("utf-8", errors="replace")
            content = read_json(text, file=EVALUATION_FILE)
            if "model_version" in content:
                return read_record(text)
            try:
                return TypeAdapter(StoredEvaluation).validate_python(content)
            except ValidationError:
                raise ModelError(
                    f"{path}: is no evaluation of this version. Evaluate again with "
                    "riskscreen evaluate."
                ) from None
    raise FileError(
        f"{folder}: holds no {EVALUATION_FILE}. Name the folder that riskscreen train "
        "or riskscreen evaluate wrote."
    )


def build_tables(record: EvaluationRecord | StoredEvaluation) -> Tables:
    """Return the counts and figures of *record* that may leave, rounded."""
    counts = [*_count_groups(record.evaluation, record.fairness)]
    figures = [*_list_figures(record.evaluation, record.fairness)]
    if isinstance(record, EvaluationRecord):
        counts += [*_count_attrition(record), *_count_outcomes(record)]
        for year, estimates in record.by_year.items():
            figures += _list_estimates("year", str(year), estimates, people=YEARS)
    return Tables(tuple(counts), tuple(figures))


def _show(n: int | None) -> Shown:
    return HIDDEN if n is None else round_count(n)


def _count_attrition(record: EvaluationRecord) -> Iterator[CountRow]:
    """Yield who left at each step, and who remained after the last: all delivered."""
    steps = record.attrition
    if not steps:
        return
    yield CountRow(DELIVERED, ALL, ALL, _show(steps[0].n))
    for step in steps[1:]:
        yield CountRow(DELIVERED, "step", step.step, _show(step.left))
    yield CountRow(DELIVERED, "step", "remained", _show(steps[-1].n))


def _count_outcomes(record: EvaluationRecord) -> Iterator[CountRow]:
    """Yield the cases by outcome, and by outcome and where they were then.

    The censored are a step of the attrition; who remained there are the others.
    """
    if record.attrition:
        yield CountRow(KNOWN, ALL, ALL, _show(record.attrition[-1].n))
    for outcome, n in record.outcomes.items():
        if outcome != "censored":
            yield CountRow(KNOWN, "outcome", outcome, _show(n))
    for of in record.end_states:
        group = f"{of.outcome}{CROSSED}{of.state}"
        yield CountRow(KNOWN, f"outcome{CROSSED}state", group, _show(of.n))


def _count_groups(
    evaluation: Evaluation, fairness: Fairness | None
) -> Iterator[CountRow]:
    yield CountRow(TEST, ALL, ALL, _show(evaluation.n))
    for group in fairness.groups if fairness else ():
        if len(group.by) == 1:
            yield CountRow(TEST, group.by[0], group.values[0], _show(group.n))


def _list_figures(
    evaluation: Evaluation, fairness: Fairness | None
) -> Iterator[Figure]:
    estimates = {**evaluation.estimates, **evaluation.capacity.estimates}
    yield from _list_estimates(ALL, ALL, estimates)
    for group in fairness.groups if fairness else ():
        if len(group.by) == 1 and group.n is not None:
            yield from _list_estimates(group.by[0], group.values[0], group.estimates)


def _list_estimates(
    by: str, group: str, estimates: Mapping[str, Estimate], *, people: str = TEST
) -> Iterator[Figure]:
    """Yield the *estimates* that leave, each told by the number it is a share of."""
    for name, of in estimates.items():
        n = _find_denominator(name, of.n, estimates)
        if name not in FIGURES or of.value is None or n < SMALLEST_GROUP:
            continue
        n = round_count(n)
        told = [x for x in (of.value, of.low, of.high) if x is not None]
        rounded = round_for_disclosure(np.array(told), spread=1, n=n).tolist()
        low, high = rounded[1:] or (None, None)
        yield Figure(people, by, group, name, n, rounded[0], low, high)


def _find_denominator(name: str, n: int, estimates: Mapping[str, Estimate]) -> int:
    """Return how many people a figure is a share of: of all *n*, or of some of them."""
    if name not in PARTS:
        return n
    of = estimates.get(PARTS[name])
    if of is None or of.value is None:
        return 0
    return int(n * (1 - of.value if name in COMPLEMENTS else of.value))
