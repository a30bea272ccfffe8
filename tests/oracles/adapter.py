"""Every call from agree.py into riskscreen: when a name changes, this file follows it.

Plain arrays and numbers in, plain arrays and numbers out. Where nothing public does the
one step that has an outside number, a private function is called, and marked.
"""

from datetime import date

import numpy as np
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation import (
    Bootstrap,
    EvaluationCases,
    ProposedCases,
    calibration_metrics,
    compute_cox_snell_r2,
    compute_sample_size,
    estimate_metrics,
    metrics,
)
from riskscreen.evaluation.fairness import Groupings, evaluate_fairness
from riskscreen.evaluation.net_benefit import estimate_net_benefit
from riskscreen.evaluation.sample_size import compute_largest_r2
from riskscreen.features.catalogue import Feature
from riskscreen.history.index import index_spells
from riskscreen.model import irls
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.estimators import logistic
from riskscreen.model.horizons.aalen_johansen import estimate_aalen_johansen
from riskscreen.model.reasons import compute_risk_points
from riskscreen.outcomes import kernel
from riskscreen.readers.dream import open_ends, read_long_weeks, read_wide_weeks
from riskscreen.spec import Gates, Words
from riskscreen.timeline import (
    add_months,
    format_week_label,
    parse_week_label,
    to_monday,
)
from riskscreen.treeshap import UnsupportedTreesError, explain, read_tree_model

Refused = UnsupportedTreesError  # a sound model that the kernel does not explain


# --- SHAP ---------------------------------------------------------------------------
def shap(text, X):
    """(contributions, base) of a LightGBM model text."""
    model = read_tree_model(text)
    return tuple(explain(model, np.asarray(X, float)))


def points(contributions, base):
    """Shares of the way from base risk to risk."""
    return compute_risk_points(contributions, base_log_odds=base)


# --- figures of risks ---------------------------------------------------------------
_METRICS = {
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "brier": metrics.brier,
    "scaled_brier": metrics.scaled_brier,
    "log_loss": metrics.log_loss,
    "intercept": calibration_metrics.calibration_intercept,
    "slope": calibration_metrics.calibration_slope,
}


def figure(name, y, risk, weights=None):
    """One metric of risks against outcomes, cases weighted by whole numbers or not."""
    y, risk = np.asarray(y, float), np.asarray(risk, float)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    return float(_METRICS[name](y, risk, w[None])[0])


def interval(name, y, risk, replicates=1000):
    """(value, low, high) of a metric as cards print it."""
    names = {"slope": "calibration_slope", "intercept": "calibration_intercept"}
    cases = EvaluationCases.from_columns(y)
    estimates = estimate_metrics(
        cases, risk, bootstrap=Bootstrap(replicates=replicates)
    )
    estimate = estimates[names.get(name, name)]
    return estimate.value, estimate.low, estimate.high


def calibration_errors(y, risk):
    """ICI, E50, E90, Emax."""
    counts = Bootstrap(replicates=2).draw_counts(len(y))
    curve = calibration_metrics.fit_calibration_curve(
        np.asarray(y, float), risk, counts
    )
    return [curve.errors[name].value for name in ("ici", "e50", "e90", "emax")]


def bins(y, risk):
    """(share, mean risk) of each reliability bin."""
    made = calibration_metrics.build_reliability_bins(
        np.asarray(y, float), np.asarray(risk, float)
    )
    return np.array([(b.share, b.mean_risk) for b in made])


def wilson(k, n):
    return calibration_metrics.wilson(k, n)


def net_benefit(y, risk, thresholds, rules=None):
    """strategy -> net benefit at each of *thresholds*; "all", "none", "model", rules.

    Each case stands there five times: the figures are the same, and none is suppressed.
    """
    many = SMALLEST_GROUP
    cases = EvaluationCases.from_columns(np.repeat(np.asarray(y), many))
    counts = Bootstrap(replicates=2).draw_counts(cases.n)
    rows = estimate_net_benefit(
        cases,
        np.repeat(np.asarray(risk, float), many),
        counts,
        rules={name: np.repeat(rule, many) for name, rule in (rules or {}).items()},
        thresholds=thresholds,
    )
    words = {"flag_all": "all", "flag_none": "none"}
    by_strategy = {}
    for row in rows:
        name = words.get(row.strategy, row.strategy)
        by_strategy.setdefault(name, []).append(row.value)
    return {name: np.array(values) for name, values in by_strategy.items()}


def sample_size(n, *, parameters, base_rate, r2):
    """(for shrinkage, for optimism, for overall risk, needed, expected shrinkage)."""
    s = compute_sample_size(n, parameters=parameters, base_rate=base_rate, r2=r2)
    return (
        s.for_shrinkage,
        s.for_optimism,
        s.for_overall_risk,
        s.needed,
        s.expected_shrinkage,
    )


def largest_r2(base_rate):
    return compute_largest_r2(base_rate)


def cox_snell(log_loss, base_rate):
    return compute_cox_snell_r2(log_loss, base_rate=base_rate)


# --- fits ---------------------------------------------------------------------------
def platt(log_odds, targets):
    """(slope, intercept) of the affine calibration."""
    line = fit_calibration(np.asarray(log_odds, float), targets)
    return line.slope, line.intercept


def maximum_likelihood(design, y, weights=None, offset=None):
    """Logistic coefficients of the design's columns, for one weighting."""
    w = np.ones((1, len(y))) if weights is None else np.asarray(weights, float)[None]
    y = np.asarray(y, float)
    return irls.fit_logistic_replicates(design, y, w, offset=offset)[0]


def penalised(X, y, penalty, bounds=None):
    """Coefficients, the intercept last, of the ridge fit with bounds (private step)."""
    wide = X.shape[1] + 1
    free = [(None, None)] * wide if bounds is None else bounds
    outcomes = (np.asarray(y, float), None)
    return logistic._minimum(X, outcomes, penalty, np.zeros(wide), free)


def fitted(values, y, *, kind="number", penalty=1.0):
    """The product's logistic estimator of *values* (cases, features)."""
    features = tuple(
        Feature(
            name=name, kind=kind, label=Words(da=name, en=name), idea="i", reason=name
        )
        for name in (f"x{i}" for i in range(values.shape[1]))
    )
    estimator = logistic.LogisticEstimator(penalty=penalty, features=features)
    estimator.fit(values, y)
    return {
        "log_odds": estimator.decision_function(values),
        "columns": len(estimator.coefficients_),
        "coefficients": estimator.coefficients_,
        "base": estimator.base,
        "covariance": estimator.estimate_covariance(values),
    }


def occupation(states, grid):
    """Shares (in, out, left) at each week of *grid*; states 0 in 1 out 2 left 3 unsaid.

    Everybody enters with the clock.
    """
    n = len(states)
    curves = estimate_aalen_johansen(
        states.astype(np.int8), np.zeros(n, np.int64), grid, fewest=1
    )
    return curves.inside / n, curves.outside / n, curves.left / n


# --- groups -------------------------------------------------------------------------
_SHARES = {
    "selected_share": "selection_rate",
    "missed_share": "false_negative_rate",
    "needless_share": "false_positive_rate",
}


def by_group(y, risk, groups, share):
    """(flags, rows): each case's flag, and per listed group what may be read of it."""
    cases, risk = EvaluationCases.from_columns(y), np.asarray(risk, float)
    places = round(share * cases.n)
    flags = np.zeros(cases.n)
    flags[np.lexsort((cases.order, -risk))[:places]] = 1
    fairness = evaluate_fairness(
        cases,
        risk,
        Groupings(groups),
        proposed=ProposedCases.from_flags(flags),
        gates=Gates(smallest_evaluated_group=10**9),
        bootstrap=Bootstrap(replicates=2),
    )
    rows = [
        {"by": group.by, "values": group.values, "n": group.n}
        | {name: group.estimates[ours].value for name, ours in _SHARES.items()}
        for group in fairness.groups
    ]
    return flags, rows


# --- time ---------------------------------------------------------------------------
def label_of(day):
    return format_week_label(day)


def monday_of(label):
    """The Monday of a DREAM week; ValueError where there is no such week."""
    return parse_week_label(label)


def monday_before(day):
    return to_monday(day)


def spells_of_wide(table):
    """[(person, code, start, end or None)] of rows in DREAM's wide form.

    What a register's last week leaves open has no end.
    """
    weeks = read_wide_weeks(table)
    return _rows(open_ends(weeks.spells, weeks.last))


def spells_of_long(table):
    """The same of rows in the long form."""
    weeks = read_long_weeks(table)
    return _rows(open_ends(weeks.spells, weeks.last))


def _rows(spells):
    return [
        (
            r.person_id,
            r.code,
            r.start_date.date(),
            None if pd.isna(r.end_date) else r.end_date.date(),
        )
        for r in spells.itertuples()
    ]


def months_later(day, months):
    return add_months(day, months)


def still_in(on_benefit, week, bridge=4):
    """Whether a case that began in week 0 is still in at *week*.

    *on_benefit* says for each week whether it has a benefit.
    """
    first = (date(2015, 1, 5) - date(1970, 1, 1)).days
    edges = np.flatnonzero(np.diff(np.r_[0, np.asarray(on_benefit, int), 0]))
    begin, end = edges[::2], edges[1::2]
    none = np.zeros(len(begin), np.int64)
    history = index_spells(
        pd.Index(["p"]),
        ("g",),
        person=none,
        group=none,
        start=first + 7 * begin,
        end=first + 7 * end,
        registered=None,
        verified=none == 0,
    )
    clock = np.array([first])
    followed = kernel.follow_up(
        kernel.Rule(np.array([kernel.LONG]), week, 0, bridge, ends=False),
        history,
        kernel.CaseStarts(np.array([0]), clock, clock, clock),
        kernel.Extract(10**6, 10**6),
    )
    return bool(followed.outcome[0] == kernel.IS_LONG)
