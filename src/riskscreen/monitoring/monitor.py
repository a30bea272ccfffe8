"""Monitor a model on a site's newest delivery: every figure, gathered once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import is_small
from riskscreen.guarding import guarded
from riskscreen.history.unverified import find_unknown_codes
from riskscreen.model.calibration import to_risk
from riskscreen.model.label_age import judge_label_age
from riskscreen.model.risk_model import RiskModel
from riskscreen.monitoring.bounds import (
    CALIBRATION,
    CODES,
    COLUMNS,
    DELIVERY,
    INTERIM,
    MAX_AGE_DAYS,
    split_level,
    split_reference_level,
)
from riskscreen.monitoring.columns import (
    WatchedColumn,
    cut_column,
    cut_features,
    gather_members,
    list_code_columns,
    list_mask_events,
    measure_psi,
)
from riskscreen.monitoring.e_process import (
    LARGE_STEPS,
    SMALL_STEPS,
    Events,
    FigureEvidence,
    weigh_absence,
    weigh_evidence,
    weigh_member,
)
from riskscreen.monitoring.expected import ExpectedQuarter, expect_by_quarter
from riskscreen.monitoring.life import REFERENCE_WEEKS, Life, Places, find_life
from riskscreen.monitoring.month_counts import count_by_month
from riskscreen.monitoring.outcomes import (
    Interim,
    InterimHorizon,
    Matured,
    estimate_interim,
    evaluate_matured,
    follow_interim,
    list_calibration_members,
    list_interim_members,
    list_totals,
)
from riskscreen.monitoring.recommendation import (
    MonitoringFindings,
    Recommendation,
    recommend,
)
from riskscreen.monitoring.two_samples import TwoSamples, compare_samples
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.readers.site import Site
from riskscreen.rules.reforms import Reform
from riskscreen.spec import Words
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.training import Dataset, prepare
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen.training.shipping_landmarks import list_reached, score_reached
from riskscreen.training.studies.proposals import measure_weeks

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

RISK, ABSTAINED, UNKNOWN = "risk", "abstained", "unknown codes"
"""What is watched beside the columns: the score, who gets none, and unknown codes."""
NEWEST_MONTHS = 3
"""PSI and the two-sample test look at the newest quarter of the life."""
_WEEKS_IN_MONTH = 52.18 / 12
_TOO_MANY_TO_MISS = 7.0


@dataclass(frozen=True, slots=True)
class ShareNow:
    """A share among the newest cases and in the reference; None of few people."""

    now: float | None
    before: float | None


@dataclass(frozen=True)
class Monitoring:
    """What there is to tell of a model and the delivery since it was trained.

    ``evidence`` is by figure, ``psi`` and ``missing`` by column, ``codes`` by history
    group, all of the newest quarter against the reference. ``cases_by_month`` has None
    for a hidden month, ``newest_case_weeks`` is how many whole weeks old the newest is.
    ``proposals`` are the proposals a week, beside the places.
    """

    target: str
    version: str
    site: str
    synthetic: bool
    on: date
    extract_date: date
    newest_case_weeks: int
    life: Life
    rows_set_aside: int
    attrition: pd.DataFrame
    cases_by_month: Mapping[str, int | None]
    abstained: ShareNow
    psi: Mapping[str, float | None]
    missing: Mapping[str, ShareNow]
    codes: Mapping[str, ShareNow]
    two_samples: TwoSamples | None
    proposals: tuple[float | None, float] | None
    evidence: Mapping[str, FigureEvidence]
    matured: Matured
    interim: tuple[InterimHorizon, ...]
    expected: tuple[ExpectedQuarter, ...]
    reforms: tuple[Reform, ...]
    recommendation: Recommendation
    labels: Mapping[str, tuple[str, str]]

    def describe(self) -> list[str]:
        """Describe the recommendation and its alarms in lines for a terminal."""
        first, last = self.life.months[0], self.life.months[-1]
        lines = [
            f"{self.target}, version {self.version}: {first} to {last}",
            f"Recommended: {self.recommendation.action}",
        ]
        for reason in self.recommendation.reasons:
            about = f" ({', '.join(reason.names)})" if reason.names else ""
            since = f", since {reason.since}" if reason.since else ""
            lines.append(f"  {reason.ground.replace('_', ' ')}{about}{since}")
        return lines


@guarded
def monitor_model(
    model: RiskModel,
    site: Site,
    *,
    on: date,
    accept_unknown_codes: bool = False,
    reporter: Reporter | None = None,
) -> Monitoring:
    """Monitor *model* on what *site* delivers, as of the day *on*.

    Raises what a training raises where a file cannot be used, and TableError where no
    month has passed since the model was trained.
    """
    reporter = reporter or SilentReporter()
    dataset = prepare(
        model.spec, site, accept_unknown_codes=accept_unknown_codes, reporter=reporter
    )
    life = find_life(model, dataset)
    months = len(life.months)
    reporter.say(f"{model.spec.name}: monitoring {months} months of its life")
    max_age = site.stated.max_age_days or MAX_AGE_DAYS
    age = (on - site.extract_date).days
    return measure_monitoring(
        model,
        dataset,
        life,
        on=on,
        site=site.name,
        stale=age > max_age,
    )


def measure_monitoring(
    model: RiskModel,
    dataset: Dataset,
    life: Life,
    *,
    on: date,
    site: str,
    stale: bool = False,
) -> Monitoring:
    """Measure every figure of *model* on a delivery read for it."""
    assert dataset.extract_date is not None  # find_life asks for it
    watched = watch(model, dataset, life)
    risk, abstained = watched.risk, watched.abstained
    columns, codes = watched.columns, watched.codes
    values = dataset.features.to_numpy(dtype=np.float64)
    evidence = weigh_figures(model, dataset, life, watched)
    matured = evaluate_matured(model, dataset, life, risk)
    newest = np.flatnonzero(life.month >= len(life.months) - NEWEST_MONTHS)
    cases = dataset.cases.iloc[life.cases]
    # New cases and those that reach a landmark share the places.
    reached = list_reached(model, dataset, score_reached(model, dataset))
    weeks = (
        measure_weeks(model.policy, model, dataset, cases, at_landmarks=[*reached])
        if len(cases)
        else ()
    )
    open_still = life.cases[np.isnan(dataset.table["long"].to_numpy()[life.cases])]
    age = judge_label_age(model, on=dataset.extract_date)
    profile = model.training_profile
    importance = dict(
        zip([f.name for f in model.features], profile.importance, strict=True)
        if profile
        else ()
    )
    findings = MonitoringFindings(
        evidence=evidence,
        importance=importance,
        matured=matured.estimates,
        stale=stale,
        no_cases_since=_find_silence(life),
        labels_outdated=age is not None and age.outdated,
    )
    attrition = dataset.attrition
    aside = attrition.loc[attrition["step"].eq("set aside"), "left"]
    return Monitoring(
        target=model.spec.name,
        version=model.version,
        site=site,
        synthetic=dataset.synthetic,
        on=on,
        extract_date=dataset.extract_date,
        newest_case_weeks=_count_weeks_since(dataset, dataset.extract_date),
        life=life,
        rows_set_aside=int(aside.sum()),
        attrition=attrition,
        cases_by_month=count_by_month(
            life, list_totals(dataset, life, watched.interim, matured.quarters)
        ),
        abstained=_share(abstained, newest, life.reference),
        psi=measure_psi(columns, newest, life.reference),
        missing={
            feature.name: share
            for feature, missing in zip(model.features, np.isnan(values).T, strict=True)
            if feature.name in {c.name for c in columns}
            and (share := _share(missing, newest, life.reference)).now != share.before
        },
        codes={n: _share(mask, newest, life.reference) for n, mask in codes.items()},
        two_samples=_compare(model, values, newest, life.reference),
        proposals=(weeks[-1].proposals, weeks[-1].places) if weeks else None,
        evidence=evidence,
        matured=matured,
        interim=estimate_interim(watched.interim, dataset, life),
        expected=expect_by_quarter(risk[open_still], life.name_quarters(open_still)),
        reforms=dataset.reforms,
        recommendation=recommend(
            findings,
            model.spec.gates,
            listened_to=model.spec.abstain.contribution_share_at_least,
        ),
        labels=_list_labels(model),
    )


@dataclass(frozen=True)
class Watched:
    """What is watched of every case delivered: its score, its cells, its early states.

    ``codes`` say of each benefit who had it shortly before intake.
    """

    risk: Numbers
    abstained: Mask
    columns: tuple[WatchedColumn, ...]
    codes: Mapping[str, Mask]
    interim: Interim


def watch(model: RiskModel, dataset: Dataset, life: Life) -> Watched:
    """Score every case of *dataset*, and cut and follow what is watched of it."""
    values = dataset.features.to_numpy(dtype=np.float64)
    log_odds = predict_log_odds(model, dataset.features)
    risk = to_risk(log_odds)
    codes = dict(list_code_columns(model.features, values))
    if dataset.history is not None:
        codes[UNKNOWN] = find_unknown_codes(model.spec, dataset.cases, dataset.history)
    return Watched(
        risk=risk,
        abstained=model.find_abstained(dataset.features),
        columns=(
            *cut_features(model.features, values, life.reference),
            cut_column(RISK, risk, life.reference),
        ),
        codes=codes,
        interim=follow_interim(model, dataset, log_odds),
    )


def weigh_figures(
    model: RiskModel, dataset: Dataset, life: Life, watched: Watched
) -> dict[str, FigureEvidence]:
    """Weigh the evidence on every figure, each at its share of the level."""
    return {
        **weigh_outcomes(model, dataset, life, watched),
        **weigh_intake(life, watched),
    }


def weigh_outcomes(
    model: RiskModel, dataset: Dataset, life: Life, watched: Watched
) -> dict[str, FigureEvidence]:
    """Weigh what became of the cases beside what the model said of them."""
    outcomes, halves = list_calibration_members(
        watched.risk, dataset, life, base_risk=model.policy.base_risk
    )
    early = list_interim_members(watched.interim, life)
    return {
        CALIBRATION: _weigh(life, CALIBRATION, outcomes, halves),
        INTERIM: _weigh(life, INTERIM, early),
    }


def weigh_intake(life: Life, watched: Watched) -> dict[str, FigureEvidence]:
    """Weigh what comes in beside what the reference has."""
    cells, votes = gather_members(watched.columns, life)
    one, of_codes = map(split_reference_level, (1, len(watched.codes)))
    codes = {
        name: _weigh_code(mask, life, level=of_codes)
        for name, mask in watched.codes.items()
    }
    abstained = {ABSTAINED: list_mask_events(watched.abstained, life, level=one)}
    return {
        COLUMNS: _weigh(life, COLUMNS, cells, votes),
        CODES: weigh_evidence(life.months, codes, level=split_level(CODES)),
        DELIVERY: _weigh(life, DELIVERY, abstained),
    }


def _weigh(
    life: Life,
    figure: str,
    members: Mapping[str, Sequence[Events | None]],
    weights: Mapping[str, float] | None = None,
) -> FigureEvidence:
    steps = SMALL_STEPS if figure in (CALIBRATION, INTERIM) else LARGE_STEPS
    wealth = {name: weigh_member(of, steps) for name, of in members.items()}
    return weigh_evidence(
        life.months, wealth, level=split_level(figure), weights=weights
    )


def _weigh_code(mask: Mask, life: Life, *, level: float) -> Numbers:
    """Weigh that a benefit's share has moved, and as much that nobody has it more."""
    events = list_mask_events(mask, life, level=level)
    gone = weigh_absence(
        np.array([of.positives.sum() for of in events]),
        np.array([of.n.sum() for of in events]),
        before=float(mask[life.reference].sum()),
        n=float(len(life.reference)),
    )
    both: Numbers = np.logaddexp(weigh_member(events), gone) - np.log(2)
    return both


def _list_labels(model: RiskModel) -> dict[str, tuple[str, str]]:
    """List the words of the target, its columns, history groups and audit columns."""
    spec = model.spec
    named: dict[str, Words] = {spec.name: spec.title}
    named |= {feature.name: feature.label for feature in model.features}
    if spec.history:
        named |= {name: of.label for name, of in spec.history.groups.items()}
    named |= {name: of.label for name, of in spec.audit.items()}
    named |= spec.population.list_words()
    return {name: (words.da, words.en) for name, words in named.items()}


def _find_silence(life: Life) -> str | None:
    """Return the month from which on no case came in, though many were due.

    So many that none at all would come about one time in a thousand (Poisson).
    """
    counts = np.bincount(life.month[life.month >= 0], minlength=len(life.months))
    came = np.flatnonzero(counts)
    after = int(came[-1]) + 1 if len(came) else 0
    so_far = len(life.reference) + counts.sum()
    rate = so_far / (REFERENCE_WEEKS / _WEEKS_IN_MONTH + after)
    due = rate * (len(life.months) - after)
    return life.months[after] if due >= _TOO_MANY_TO_MISS else None


def _count_weeks_since(dataset: Dataset, extract: date) -> int:
    """Count the whole weeks from the newest case to the extract."""
    newest: date = dataset.cases["decision_date"].max().date()
    return max((extract - newest).days, 0) // DAYS_IN_WEEK


def _share(mask: Mask, newest: Places, reference: Places) -> ShareNow:
    """Return the share of *mask* in both, to whole percent."""
    shares = []
    for cases in (newest, reference):
        count = int(mask[cases].sum())
        few = is_small([count, len(cases) - count]).any() or not len(cases)
        shares.append(None if few else round(count / len(cases), 2))
    return ShareNow(*shares)


def _compare(
    model: RiskModel, values: Numbers, newest: Places, reference: Places
) -> TwoSamples | None:
    both = np.concatenate([reference, newest])
    is_new = np.arange(len(both)) >= len(reference)
    return compare_samples(values[both], is_new, model.features)
