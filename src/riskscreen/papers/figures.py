"""What the run says in the papers: sentences by figure, of aggregates alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from riskscreen.documents.cards.record import EvaluationRecord
from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.follow_up_page import Section
from riskscreen.documents.pages.formats import (
    capitalise,
    format_date,
    join_words,
    lower_first,
)
from riskscreen.documents.pages.information import (
    describe_audited,
    describe_not_used,
    describe_training,
    name_ideas,
)
from riskscreen.documents.pages.letters import describe_confirmed
from riskscreen.documents.texts import DANISH, name_gates
from riskscreen.evaluation import Estimate
from riskscreen.evaluation.fairness import Group
from riskscreen.evaluation.gate_outcomes import list_refusals, list_undecided
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import format_number
from riskscreen.papers.questions import read_papers
from riskscreen.readers.letter_text import read_letter_text
from riskscreen.readers.site import Site
from riskscreen.registry.approvals import Approval
from riskscreen.store.decisions import FollowRate
from riskscreen.texts import load_texts

_LANGUAGE = "da"
_LEVELS = load_texts("riskscreen.replay")[_LANGUAGE]["levels"]
_MOST_REASONS = 3
_STATED_OF_A_LOT = (
    *("legal_basis", "approved_by", "impact_assessment", "information"),
    *("responsible_role", "stopping_rule"),
)


@dataclass(frozen=True)
class PaperModel:
    """A target's model, its evaluation, and who approved it: None where nobody has."""

    model: RiskModel
    record: EvaluationRecord
    approval: Approval | None

    @cached_property
    def builder(self) -> PageBuilder:
        """What words the model for pages."""
        extracted = self.record.extract_date
        day = date.min if extracted == "none" else date.fromisoformat(extracted)
        return PageBuilder(self.model, DANISH, day, ())


@dataclass(frozen=True, slots=True)
class Run:
    """All that the papers are made from.

    ``monitoring`` is what a monitoring tells leaders, a section a target, and ``rates``
    how often each team follows a proposal; both are empty where nobody can tell.
    """

    site: Site
    models: tuple[PaperModel, ...]
    monitoring: tuple[Section, ...] = ()
    rates: tuple[FollowRate, ...] = ()


def gather_lines(run: Run) -> dict[str, tuple[str, ...]]:
    """Return the lines from the run by their name: figures, and what always holds."""
    papers = read_papers()
    builders = [one.builder for one in run.models]
    of_all = {
        "site": _describe_site(run.site),
        "used": [DANISH["information"]["used"].format(words=name_ideas(builders))],
        "audited": filter(None, [describe_audited(builders)]),
        "not_used": [describe_not_used(builders[0])],
        "signatures": [_describe_signatures(run.site)],
        "sign_in": [_say("sign_in" if run.site.stated.pages else "sign_in_none")],
        "max_age": [_describe_max_age(run.site)],
        "letters": [_describe_letters(run.site)],
        "information_text": _describe_information(run.site),
        "experiment": _describe_experiment(run),
        "monitoring": _describe_monitoring(run.monitoring),
        "follow_rates": _describe_rates(run),
    }
    lines = {name: (text,) for name, text in papers.statements.items()}
    lines |= {name: tuple(found) for name, found in of_all.items()}
    return lines | {
        name: tuple(_name_targets(run.models, describe))
        for name, describe in _OF_A_MODEL.items()
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
        yield _say("of", titles=capitalise(titles_said), line=line)


def _say(name: str, /, **values: str) -> str:
    return read_papers().figures[name].format(**values)


def _format(value: float, decimals: int = 0) -> str:
    return format_number(value, _LANGUAGE, decimals=decimals, keep_zeros=True)


def _format_day(day: str | None) -> str:
    if day is None:
        return str(read_papers().words["unknown"])
    return format_date(date.fromisoformat(day), DANISH)


def _format_estimate(estimate: Estimate, *, times: float = 1, decimals: int = 0) -> str:
    """Return an estimate with its interval; hidden, and unknown, in a word."""
    if estimate.value is None:
        hidden = estimate.note.startswith("hidden")
        return str(read_papers().words["hidden" if hidden else "unknown"])
    value = _format(times * estimate.value, decimals)
    if estimate.low is None or estimate.high is None:
        return value
    low, high = (_format(times * x, decimals) for x in (estimate.low, estimate.high))
    return f"{value} ({low}-{high})"


def _describe_site(site: Site) -> Iterator[str]:
    yield _say("site", name=site.name, day=format_date(site.extract_date, DANISH))
    if site.synthetic:
        yield _say("synthetic")


def _describe_signatures(site: Site) -> str:
    keys = site.stated.trust.approval_keys
    return _say("signatures", n=str(len(keys))) if keys else _say("signatures_none")


def _describe_max_age(site: Site) -> str:
    days = site.stated.max_age_days
    return _say("max_age_none") if days is None else _say("max_age", days=str(days))


def _describe_letters(site: Site) -> str:
    confirmed = describe_confirmed(read_letter_text(site, _LANGUAGE).rights, DANISH)
    if not confirmed:
        return _say("rights_none")
    return _say("rights_confirmed", confirmed=lower_first(confirmed))


def _describe_information(site: Site) -> Iterator[str]:
    """Yield the site's own text to those who trained the models, if it is confirmed."""
    text = read_letter_text(site, _LANGUAGE).information
    if text is None:
        yield _say("information_none")
        return
    confirmed = describe_confirmed(text, DANISH)
    yield _say("information_confirmed", confirmed=lower_first(confirmed))
    yield from text.paragraphs


def _describe_experiment(run: Run) -> Iterator[str]:
    """Yield what the site states of extra places by lot; nothing where it has none."""
    plan = run.site.stated.experiment
    if plan is None:
        return
    titles = {one.model.spec.name: lower_first(one.builder.title) for one in run.models}
    words = {name: " ".join(getattr(plan, name).split()) for name in _STATED_OF_A_LOT}
    yield _say(
        "experiment",
        title=titles.get(plan.target, plan.target),
        n=format_number(plan.extra_per_week, _LANGUAGE),
        first=format_date(plan.start_date, DANISH),
        last=format_date(plan.end_date, DANISH),
    )
    for name, said in words.items():
        yield _say(f"experiment_{name}", said=said)


def _describe_monitoring(sections: Sequence[Section]) -> Iterator[str]:
    """Yield what was expected beside what was observed, a row a horizon."""
    for section in sections:
        for table in section.tables:
            yield f"{table.title}. {table.note}"
            for when, *cells in table.rows:
                named = zip(table.columns[1:], cells, strict=True)
                figures = [
                    f"{lower_first(of)} {c.text}" for of, c in named if c.text != "–"
                ]
                yield f"{when.text}: {', '.join(figures)}."
    if not sections:
        yield _say("monitoring_none")


def _describe_rates(run: Run) -> Iterator[str]:
    titles = {one.model.spec.name: one.builder.title for one in run.models}
    rates = [rate for rate in run.rates if rate.target in titles]
    for rate in rates:
        words = {
            "title": titles[rate.target],
            "team": f"{rate.municipality}/{rate.team}",
        }
        if rate.low is None:
            yield _say("follow_rate_few", **words)
        else:
            yield _say("follow_rate", low=str(rate.low), high=str(rate.high), **words)
    if not rates:
        yield _say("follow_rate_none")


def _describe_version(one: PaperModel) -> Iterator[str]:
    record = one.record
    yield _say("version", version=record.model_version, kind=record.chosen)


def _describe_approval(one: PaperModel) -> Iterator[str]:
    version, approval = one.record.model_version, one.approval
    if approval is None:
        yield _say("not_approved", version=version)
        return
    yield _say(
        "pilot" if approval.pilot else "approved",
        version=version,
        day=_format_day(approval.approved_on),
        by=approval.approved_by,
    )


def _describe_purpose(one: PaperModel) -> Iterator[str]:
    yield _say("purpose", question=one.model.spec.question.da)


def _describe_population(one: PaperModel) -> Iterator[str]:
    yield _say("population", who=one.model.spec.population.who.da)


def _describe_outcome(one: PaperModel) -> Iterator[str]:
    yield _say("outcome", long=one.model.spec.outcome.long_words.da)


def _describe_training_cases(one: PaperModel) -> Iterator[str]:
    of = describe_training(one.builder)
    n = of.cases or read_papers().words["unknown"]
    words = {"whose": lower_first(of.whose), "n": n}
    if of.span:
        yield _say("training_cases", span=of.span, **words)
    else:
        yield _say("training_cases_undated", **words)


def _describe_quality(one: PaperModel) -> Iterator[str]:
    estimates = one.record.evaluation.estimates
    yield _say(
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
        yield _say("capacity_none")
        return
    counts = {
        "flagged": "flagged",
        "found": "true_positives",
        "needless": "false_positives",
        "missed": "false_negatives",
    }
    yield _say(
        "capacity",
        n=_format(one.record.evaluation.n),
        **{
            word: _format_estimate(capacity.estimates[name])
            for word, name in counts.items()
        },
    )


def _describe_groups(one: PaperModel) -> Iterator[str]:
    """Yield the errors of each group of one column; hidden ones say so."""
    fairness = one.record.fairness
    if fairness is None:
        yield _say("group_none")
        return
    audit = one.model.spec.audit
    for group in fairness.groups:
        if len(group.by) == 1 and group.by[0] in audit:
            yield _describe_group(one, group)


def _describe_group(one: PaperModel, group: Group) -> str:
    value, words = str(group.values[0]), read_papers().words
    n = None if group.n is None else words["cases"].format(n=_format(group.n))
    named = {
        "label": one.model.spec.audit[group.by[0]].label.da,
        "group": lower_first(_LEVELS.get(value, value)),
        "n": n or words["hidden"],
    }
    rate, missed = (
        group.estimates.get(name) for name in ("selection_rate", "false_negative_rate")
    )
    if rate is None or rate.value is None:
        return _say("group_hidden", **named)
    said = _say("group_missed_hidden")
    if missed is not None and missed.value is not None:
        said = _say("group_missed", rate=f"{_format_estimate(missed, times=100)} %")
    rate_said = f"{_format_estimate(rate, times=100)} %"
    return _say("group", rate=rate_said, missed=said, **named)


def _describe_gates(one: PaperModel) -> Iterator[str]:
    gates = one.record.gates
    refused, undecided = list_refusals(gates), list_undecided(gates)
    total = str(len(gates))
    if refused:
        names = name_gates((gate.name for gate in refused), DANISH)
        yield _say("gates_refused", names=names)
    elif undecided:
        names = name_gates((gate.name for gate in undecided), DANISH)
        passed = str(len(gates) - len(undecided))
        yield _say("gates_open", n=passed, total=total, names=names)
    else:
        yield _say("gates_all", total=total)


def _describe_reasons(one: PaperModel) -> Iterator[str]:
    record = one.record
    reasons = record.importance.reasons[:_MOST_REASONS]
    named = [
        f"»{record.reason_labels[of.name].da}« ({_format(100 * of.share)} %)"
        for of in reasons
    ]
    yield _say("reasons", words=join_words(named, read_papers().words["and"]))


def _describe_uncertainty(one: PaperModel) -> Iterator[str]:
    if (width := one.record.uncertainty.width) is not None:
        yield _say("uncertainty", width=_format(100 * width[1]))


def _describe_unobserved(one: PaperModel) -> Iterator[str]:
    for words in one.model.spec.unobserved:
        yield _say("unobserved", words=lower_first(words.da))


def _describe_label_noise(one: PaperModel) -> Iterator[str]:
    noise = [row for row in one.record.label_noise if row.shift_weeks > 0]
    if (
        noise
        and (last := max(noise, key=lambda row: row.shift_weeks)).share is not None
    ):
        share = f"{_format(100 * last.share, 1)} %"
        yield _say("label_noise", weeks=str(last.shift_weeks), share=share)


def _describe_shipped(one: PaperModel) -> Iterator[str]:
    shipped = one.record.shipped
    if shipped is not None and shipped.risk is not None:
        yield _say("shipped", risk=_format(100 * shipped.risk, 1))


def _describe_places(one: PaperModel) -> Iterator[str]:
    policy = one.record.policy
    if policy.places_per_week is None or policy.expected is None:
        yield _say("places_none")
        return
    yield _say(
        "places",
        places=format_number(policy.places_per_week, _LANGUAGE),
        expected=_format(policy.expected, 1),
    )


def _describe_columns(one: PaperModel) -> Iterator[str]:
    spec = one.model.spec
    n = str(len(spec.features()))
    if spec.history is None:
        yield _say("columns", n=n)
    else:
        weeks = str(spec.history.register_lag_weeks)
        yield _say("columns_history", n=n, weeks=weeks)


def _describe_files(one: PaperModel) -> Iterator[str]:
    digests = one.record.fingerprints.items()
    words = ", ".join(f"{name} {digest[:12]}" for name, digest in digests)
    yield _say("files", words=words)


def _describe_libraries(one: PaperModel) -> Iterator[str]:
    words = ", ".join(f"{name} {of}" for name, of in one.record.libraries.items())
    yield _say("libraries", words=capitalise(words))


def _describe_label_age(one: PaperModel) -> Iterator[str]:
    if newest := one.model.notes.get("newest_label"):
        months = str(one.model.spec.delivery.max_label_age_months)
        yield _say("label_age", day=_format_day(newest), months=months)


_OF_A_MODEL: dict[str, Callable[[PaperModel], Iterator[str]]] = {
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
