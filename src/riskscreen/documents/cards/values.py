"""The values that a card's templates ask for."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from riskscreen.documents.cards.record import EvaluationRecord
from riskscreen.evaluation import Estimate
from riskscreen.evaluation.fairness import Group, compute_excess
from riskscreen.evaluation.importance import Contribution
from riskscreen.spec import Specification, Words
from riskscreen.texts import Language, join_words

LAID_OUT = (
    "rolling_origin",
    "leave_one_municipality_out",
    "explanation_stability",
    "sample_size",
    "learning_curve",
    "ablation",
)
"""The studies that the card lays out itself; of any other it prints the lines."""
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""The risks at which one would act, of the table of net benefit."""
SHAP_VALUES = {
    "logistic": "interventional: a feature against the training cases, whatever the "
    "others are",
    "lightgbm": "path-dependent: a feature against the training cases that share its "
    "branch of a tree",
    "blend": "the weighted sum of two kinds: interventional in the logistic member, a "
    "feature against all training cases, and path-dependent in the trees, against "
    "those that share its branch; where features go together the two divide the "
    "credit differently",
}
"""Which SHAP values an estimator's contributions are (Lundberg et al. 2020, "From
local explanations to global understanding", tells the two apart). Those of an additive
model, centred on its training cases, are the interventional ones."""
BOUND_SOURCES = {
    "observed_minus_expected": "a convention: less than the difference between two "
    "bands of a page",
    "calibration_slope": "a convention about 1, which is right (Van Calster et al. "
    "2016, doi 10.1016/j.jclinepi.2015.12.005)",
    "ici": "a convention; the index: Austin & Steyerberg 2019, doi 10.1002/sim.8281",
    "auc_at_least": "a convention: below it a list is hardly better than "
    "one in any order",
    "auc_at_most": "a convention: more is not believed of what is known at intake",
    "column_contribution_share_at_most": "a convention: a leak has share and strength",
    "group_calibration_error": "twice the bound for everybody; shrinkage: "
    "DerSimonian & Laird 1986, doi 10.1016/0197-2456(86)90046-2",
    "shipped_risk_difference": "twice the bound on observed minus expected",
    "shipped_proposal_changes": "two orders that correlate by .8 differ in a fifth of "
    "the proposals where half are proposed, and in fewer elsewhere (Sheppard 1899)",
    "baselines_compared": "without one no figure can be called good",
    "time_between": "the horizon is the gap",
}
"""Where each gate's bound is from; at length in docs/explanation/decisions/gates.md."""
_ONE_WAY = 0.5
_NOT_WORSE_SOURCE = "a convention: what is clearly worse is refused"


def find_bound_source(gate: str) -> str:
    """Return where the bound of *gate* is from."""
    return BOUND_SOURCES.get(gate, _NOT_WORSE_SOURCE)


def describe_shap_values(kind: str) -> str:
    """Return which SHAP values the contributions of an estimator of *kind* are."""
    return SHAP_VALUES.get(kind, "as the estimator's own contributions define them")


def format_rate(estimate: Estimate) -> str:
    """Return a share in percent with its interval; a hidden one says so in a word."""
    return _format_hundredths(estimate, ".0f")


def format_rate_difference(estimate: Estimate) -> str:
    """Return a difference of shares in percentage points, signed, with its interval."""
    return _format_hundredths(estimate, "+.1f")


def format_count_or_hidden(n: int | None, hidden: str = "fewer than 5") -> str:
    """Return a count as people read it; one that was hidden says so."""
    return hidden if n is None else f"{n:,}"


def format_share_if_known(share: float | None) -> str:
    """Return a share in percent with one decimal."""
    return "not available" if share is None else f"{share:.1%}"


def format_rate_da(share: float) -> str:
    """Return a share in percent as Danish writes it."""
    return f"{100 * share:.1f} %".replace(".", ",")


def format_sizes(record: EvaluationRecord) -> str:
    """Return how many cases are trained and tested on; a recalibration has its own."""
    cases = record.cases
    if record.recalibration:
        return f"{cases['calibration']:,} calibration, {cases['test']:,} test"
    return f"{cases['train']:,} training, {cases['test']:,} test"


def list_net_benefit(record: EvaluationRecord) -> list[tuple[str, list[str]]]:
    """Return each strategy's net benefit at THRESHOLDS, per 100 cases.

    The model's own comes first, then how much more it has than each other strategy.
    """
    evaluation, rules = record.evaluation, record.deferred_rules
    own = [row for row in evaluation.net_benefit if row.strategy == "model"]
    deferred = [row for rule in rules for row in rule.net_benefit_difference]
    table: dict[str, dict[float, str]] = {}
    for row in (*own, *evaluation.net_benefit_difference, *deferred):
        cell = "hidden"
        if row.value is not None and row.low is not None and row.high is not None:
            value, low, high = (100 * x for x in (row.value, row.low, row.high))
            cell = f"{value:.1f} ({low:.1f} to {high:.1f})"
        table.setdefault(row.strategy, {})[round(row.threshold, 2)] = cell
    return [(name, [cells[t] for t in THRESHOLDS]) for name, cells in table.items()]


def find_best_rule(
    spec: Specification, record: EvaluationRecord
) -> dict[str, Any] | None:
    """Return the simple rule with most true positives at capacity, if one has any."""
    found = {
        name: rule.estimates["true_positives"].value or 0.0
        for name, rule in record.evaluation.rules_at_capacity.items()
        if name in spec.baselines or name in spec.columns
    }
    best = max(found, key=lambda name: found[name], default=None)
    if best is None or not found[best]:
        return None
    rule = spec.baselines.get(best) or spec.columns[best]
    return {"label": rule.label, "found": found[best]}


def find_signal(spec: Specification, record: EvaluationRecord) -> dict[str, Any] | None:
    """Return beside what the model's risks lie closer to what happened; None of few.

    Closer is the model where the whole interval of its Brier score less the other's
    lies below 0: than the base rate (``beyond_base_rate``), and where it is, than each
    simple rule and human forecast (``closer``, else ``not_shown``). ``not_delivered``
    are forecasts that the specification knows and the site does not deliver.
    """
    highs = {n: of.differences["brier"].high for n, of in record.comparisons.items()}
    if highs.get("base_rate") is None:
        return None
    closer = {name for name, high in highs.items() if high is not None and high < 0}
    beyond = "base_rate" in closer
    human = {n: of.label for n, of in spec.columns.items() if of.role == "benchmark"}
    labels = {name: rule.label for name, rule in spec.baselines.items()} | human
    tried = [name for name in labels if beyond and name in highs]
    return {
        "beyond_base_rate": beyond,
        "closer": [labels[name] for name in tried if name in closer],
        "not_shown": [labels[name] for name in tried if name not in closer],
        "not_delivered": [of for name, of in human.items() if name not in highs],
    }


def list_names(labels: Iterable[Words], language: Language) -> str:
    """Return *labels* as a sentence names them, each in its language's quotes."""
    quotes, conjunction = {"en": ("“”", "and"), "da": ("»«", "og")}[language]
    named = [quotes[0] + of.in_language(language) + quotes[1] for of in labels]
    return join_words(named, conjunction)


def find_missed_range(record: EvaluationRecord) -> tuple[float, float] | None:
    """Return the lowest and the highest false-negative rate of single groups."""
    rates = [
        group.estimates["false_negative_rate"].value
        for group in (record.fairness.groups if record.fairness else ())
        if len(group.by) == 1 and group.is_large
    ]
    known = [rate for rate in rates if rate is not None]
    return (min(known), max(known)) if known else None


def select_furthest(groups: Iterable[Group], name: str) -> list[Group]:
    """Return the large groups whose interval excludes 0, the furthest from it first."""
    gated = [group for group in groups if group.is_large]
    far = [(compute_excess(group.estimates[name], 0.0), group) for group in gated]
    far.sort(key=lambda pair: -pair[0])
    return [group for distance, group in far if distance > 0]


def format_middle(one: Contribution) -> str:
    """Return between which contributions, in log-odds, the middle eight tenths lie.

    They are ends of bins, so that nobody's own is told.
    """
    if not one.bins:
        return "hidden"
    sizes = np.cumsum([b.n for b in one.bins]) / sum(b.n for b in one.bins)
    low = one.bins[int(np.searchsorted(sizes, 0.1))].low
    high = one.bins[int(np.searchsorted(sizes, 0.9))].high
    return f"{low:+.2f} to {high:+.2f}"


def describe_pull(one: Contribution) -> str:
    """Return which way high values pull, in a word or two.

    By the correlation over persons of a bin's middle with the mean rank of its values,
    which is the bins' alone; below half of the full strength it is both ways.
    """
    known = [(b.low + b.high, b.value, b.n) for b in one.bins if b.value is not None]
    if not known:
        return "no order"
    if len(known) < 2:
        return "hardly pull"
    middle, value, n = (np.array(column) for column in zip(*known, strict=True))
    covariance = np.cov(middle, value, fweights=n)
    spread = np.sqrt(covariance[0, 0] * covariance[1, 1])
    correlation = covariance[0, 1] / spread if spread > 0 else 0.0
    if abs(correlation) < _ONE_WAY:
        return "both ways"
    return "raise it" if correlation > 0 else "lower it"


def _format_hundredths(estimate: Estimate, form: str) -> str:
    if estimate.note.startswith("hidden"):
        return "hidden"
    ends = (estimate.value, estimate.low, estimate.high)
    if None in ends:
        return "not available"
    # Adding 0.0 makes a zero of a minus zero.
    value, low, high = (
        format(round(100 * x, 1) + 0.0, form) for x in ends if x is not None
    )
    return f"{value} ({low} to {high})"
