"""What the run says of a target's model in the papers: of aggregates alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

from riskscreen.documents.cards.record import EvaluationRecord
from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import (
    capitalise,
    format_date,
    format_figure,
    lower_first,
)
from riskscreen.documents.pages.information import describe_training
from riskscreen.documents.texts import DANISH, name_gates
from riskscreen.evaluation import Estimate
from riskscreen.evaluation.fairness import Group
from riskscreen.evaluation.gate_outcomes import list_refusals, list_undecided
from riskscreen.model.risk_model import RiskModel
from riskscreen.papers.questions import read_papers, say_line
from riskscreen.registry.approvals import Approval
from riskscreen.texts import join_words

_MOST_REASONS = 3
_COUNTED = {
    "flagged": "flagged",
    "found": "true_positives",
    "needless": "false_positives",
    "missed": "false_negatives",
}
_format = partial(format_figure, texts=DANISH, keep_zeros=True)


@dataclass(frozen=True)
class PaperModel:
    """A target's model, its evaluation, and who approved it: None where nobody has."""

    model: RiskModel
    record: EvaluationRecord
    approval: Approval | None

    @cached_property
    def builder(self) -> PageBuilder:
        """What words the model for pages; of no day, for no case is asked of."""
        return PageBuilder(self.model, DANISH, date.min, ())


def map_titles(models: Sequence[PaperModel]) -> dict[str, str]:
    """Return the titles of *models*, by target."""
    return {one.model.spec.name: one.builder.title for one in models}


def describe_models(models: Sequence[PaperModel]) -> dict[str, tuple[str, ...]]:
    """Return the lines of *models* by their name, each with the targets it is of."""
    return {
        name: tuple(_name_targets(models, describe))
        for name, describe in _DESCRIBED.items()
    }


def _name_targets(
    models: Sequence[PaperModel], describe: Callable[[PaperModel], Iterator[str]]
) -> Iterator[str]:
    """Yield the lines of *models*, each with the targets that it is of: alike once."""
    words = read_papers().words
    titles: dict[str, list[str]] = {}
    for one in models:
        for line in describe(one):
            titles.setdefault(line, []).append(one.builder.title)
    for line, named in titles.items():
        titles_said = join_words([lower_first(of) for of in named], words["and"])
        yield say_line("of", titles=capitalise(titles_said), line=line)


def _format_day(day: str) -> str:
    return format_date(date.fromisoformat(day), DANISH)


def _format_estimate(estimate: Estimate, *, times: float = 1, decimals: int = 0) -> str:
    """Return an estimate with its interval; hidden, and unknown, in a word."""
    if estimate.value is None:
        hidden = estimate.note.startswith("hidden")
        return str(read_papers().words["hidden" if hidden else "unknown"])
    value = _format(times * estimate.value, decimals=decimals)
    if estimate.low is None or estimate.high is None:
        return value
    ends = (estimate.low, estimate.high)
    low, high = (_format(times * end, decimals=decimals) for end in ends)
    return f"{value} ({low}-{high})"


def _format_rate(group: Group, name: str) -> str:
    """Return a rate of *group* with its interval; empty where it is hidden."""
    rate = group.estimates.get(name)
    if rate is None or rate.value is None:
        return ""
    return f"{_format_estimate(rate, times=100)} %"


def _describe_version(one: PaperModel) -> Iterator[str]:
    record = one.record
    yield say_line("version", version=record.model_version, kind=record.chosen)


def _describe_approval(one: PaperModel) -> Iterator[str]:
    version, approval = one.record.model_version, one.approval
    if approval is None:
        yield say_line("not_approved", version=version)
        return
    yield say_line(
        "pilot" if approval.pilot else "approved",
        version=version,
        day=_format_day(approval.approved_on),
        by=approval.approved_by,
    )


def _describe_purpose(one: PaperModel) -> Iterator[str]:
    yield one.model.spec.question.da


def _describe_population(one: PaperModel) -> Iterator[str]:
    yield say_line("population", who=one.model.spec.population.who.da)


def _describe_outcome(one: PaperModel) -> Iterator[str]:
    yield say_line("outcome", long=one.model.spec.outcome.long_words.da)


def _describe_training_cases(one: PaperModel) -> Iterator[str]:
    of = describe_training(one.builder)
    n = of.cases or read_papers().words["unknown"]
    words = {"whose": lower_first(of.whose), "n": n}
    if of.span:
        yield say_line("training_cases", span=of.span, **words)
    else:
        yield say_line("training_cases_undated", **words)


def _describe_quality(one: PaperModel) -> Iterator[str]:
    estimates = one.record.evaluation.estimates
    yield say_line(
        "quality",
        auc=_format_estimate(estimates["auc"], times=100),
        mean=_format_estimate(estimates["mean_risk"], times=100, decimals=1),
        base=_format_estimate(estimates["base_rate"], times=100, decimals=1),
        slope=_format_estimate(estimates["calibration_slope"], decimals=2),
        n=_format(one.record.evaluation.n),
    )


def _describe_capacity(one: PaperModel) -> Iterator[str]:
    capacity = one.record.evaluation.capacity
    if capacity.vacuous or one.record.policy.threshold is None:
        yield say_line("capacity_none")
        return
    counts = {
        word: _format_estimate(capacity.estimates[name])
        for word, name in _COUNTED.items()
    }
    yield say_line("capacity", n=_format(one.record.evaluation.n), **counts)


def _describe_groups(one: PaperModel) -> Iterator[str]:
    """Yield the errors of each group of one column; hidden ones say so."""
    fairness = one.record.fairness
    if fairness is None:
        yield say_line("group_none")
        return
    audit = one.model.spec.audit
    for group in fairness.groups:
        if len(group.by) == 1 and group.by[0] in audit:
            yield _describe_group(one, group)


def _describe_group(one: PaperModel, group: Group) -> str:
    value, words = str(group.values[0]), read_papers().words
    hidden, n = group.n is None, _format(group.n or 0)
    named = {
        "label": one.model.spec.audit[group.by[0]].label.da,
        "group": lower_first(DANISH["levels"].get(value, value)),
        "n": words["hidden"] if hidden else words["cases"].format(n=n),
    }
    if not (rate := _format_rate(group, "selection_rate")):
        return say_line("group_hidden", **named)
    missed = _format_rate(group, "false_negative_rate")
    said = say_line("group_missed" if missed else "group_missed_hidden", rate=missed)
    return say_line("group", rate=rate, missed=said, **named)


def _describe_gates(one: PaperModel) -> Iterator[str]:
    gates = one.record.gates
    refused, undecided = list_refusals(gates), list_undecided(gates)
    total = str(len(gates))
    if refused:
        names = name_gates((gate.name for gate in refused), DANISH)
        yield say_line("gates_refused", names=names)
    elif undecided:
        names = name_gates((gate.name for gate in undecided), DANISH)
        passed = str(len(gates) - len(undecided))
        yield say_line("gates_open", n=passed, total=total, names=names)
    else:
        yield say_line("gates_all", total=total)


def _describe_reasons(one: PaperModel) -> Iterator[str]:
    record = one.record
    reasons = record.importance.reasons[:_MOST_REASONS]
    named = [
        f"»{record.reason_labels[of.name].da}« ({_format(100 * of.share)} %)"
        for of in reasons
    ]
    yield say_line("reasons", words=join_words(named, read_papers().words["and"]))


def _describe_uncertainty(one: PaperModel) -> Iterator[str]:
    if (width := one.record.uncertainty.width) is not None:
        yield say_line("uncertainty", width=_format(100 * width[1]))


def _describe_unobserved(one: PaperModel) -> Iterator[str]:
    for words in one.model.spec.unobserved:
        yield say_line("unobserved", words=lower_first(words.da))


def _describe_label_noise(one: PaperModel) -> Iterator[str]:
    later = [row for row in one.record.label_noise if row.shift_weeks > 0]
    last = max(later, key=lambda row: row.shift_weeks, default=None)
    if last is not None and last.share is not None:
        share = f"{_format(100 * last.share, decimals=1)} %"
        yield say_line("label_noise", weeks=str(last.shift_weeks), share=share)


def _describe_shipped(one: PaperModel) -> Iterator[str]:
    shipped = one.record.shipped
    if shipped is not None and shipped.risk is not None:
        yield say_line("shipped", risk=_format(100 * shipped.risk, decimals=1))


def _describe_places(one: PaperModel) -> Iterator[str]:
    policy = one.record.policy
    if policy.places_per_week is None or policy.expected is None:
        yield say_line("places_none")
        return
    yield say_line(
        "places",
        places=format_figure(policy.places_per_week, DANISH, decimals=1),
        expected=_format(policy.expected, decimals=1),
    )


def _describe_columns(one: PaperModel) -> Iterator[str]:
    spec = one.model.spec
    n = str(len(spec.features()))
    if spec.history is None:
        yield say_line("columns", n=n)
    else:
        weeks = str(spec.history.register_lag_weeks)
        yield say_line("columns_history", n=n, weeks=weeks)


def _describe_files(one: PaperModel) -> Iterator[str]:
    digests = one.record.fingerprints.items()
    words = ", ".join(f"{name} {digest[:12]}" for name, digest in digests)
    yield say_line("files", words=words)


def _describe_libraries(one: PaperModel) -> Iterator[str]:
    words = ", ".join(f"{name} {of}" for name, of in one.record.libraries.items())
    yield f"{capitalise(words)}."


def _describe_label_age(one: PaperModel) -> Iterator[str]:
    if newest := one.model.notes.get("newest_label"):
        months = str(one.model.spec.delivery.max_label_age_months)
        yield say_line("label_age", day=_format_day(newest), months=months)


_DESCRIBED: Mapping[str, Callable[[PaperModel], Iterator[str]]] = {
    "version": _describe_version,
    "approval": _describe_approval,
    "purpose": _describe_purpose,
    "population": _describe_population,
    "outcome": _describe_outcome,
    "training_cases": _describe_training_cases,
    "quality": _describe_quality,
    "capacity": _describe_capacity,
    "groups": _describe_groups,
    "gates": _describe_gates,
    "reasons": _describe_reasons,
    "uncertainty": _describe_uncertainty,
    "unobserved": _describe_unobserved,
    "label_noise": _describe_label_noise,
    "shipped": _describe_shipped,
    "places": _describe_places,
    "columns": _describe_columns,
    "files": _describe_files,
    "libraries": _describe_libraries,
    "label_age": _describe_label_age,
}
