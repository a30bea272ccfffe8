"""The values that a card's templates ask for, and the names of columns and groups."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskscreen.evaluation import Estimate
from riskscreen.spec import Specification

Record = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)
"""The risks at which one would act, of the table of net benefit."""
_STRATEGIES = {
    "model": "the model",
    "flag_all": "flagging everybody",
    "flag_none": "flagging nobody",
    "base_rate": "the base rate for everybody",
    "approved": "the approved model",
}
_ACTIVE = re.compile(r"[\\`*\[\]<>&|]|(?<![^\W_])_|_(?![^\W_])|^(?:#|[-+](?=\s))")


def escape_markdown(value: object) -> str:
    """Return *value* on one line, as text that Markdown neither formats nor runs.

    What is HTML already, as markupsafe says it, stays.

    >>> escape_markdown("a|b <script> *x* not_worse_than -2")
    'a\\\\|b \\\\<script\\\\> \\\\*x\\\\* not_worse_than -2'
    """
    if hasattr(value, "__html__"):
        return str(value)
    return _ACTIVE.sub(r"\\\g<0>", re.sub(r"\s*\n\s*", " ", str(value)))


def find_estimate(rows: Iterable[Mapping[str, Any]], name: str) -> Estimate:
    """Return the estimate of that name among the rows of a record."""
    return next(Estimate(**row) for row in rows if row["name"] == name)


def format_estimate(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    """Return an estimate with its interval."""
    return find_estimate(rows, name).text()


def format_rate(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    """Return a share in percent with its interval; a hidden one says so in a word."""
    return _format_hundredths(find_estimate(rows, name), ".0f")


def format_rate_difference(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    """Return a difference of shares in percentage points, signed, with its interval."""
    return _format_hundredths(find_estimate(rows, name), "+.1f")


def format_count_or_hidden(n: int | None, hidden: str = "fewer than 5") -> str:
    """Return a count as people read it; one that was hidden says so."""
    return hidden if n is None else f"{n:,}"


def format_share(share: float | None) -> str:
    """Return a share in percent with one decimal."""
    return "not available" if share is None else f"{share:.1%}"


def format_rate_da(share: float) -> str:
    """Return a share in percent as Danish writes it."""
    return f"{100 * share:.1f} %".replace(".", ",")


def format_sizes(record: Record) -> str:
    """Return how many cases are trained and tested on; a recalibration has its own."""
    cases = record["cases"]
    if record.get("recalibration"):
        return f"{cases['calibration']:,} calibration, {cases['test']:,} test"
    return f"{cases['train']:,} training, {cases['test']:,} test"


def list_net_benefit(record: Record) -> list[tuple[str, list[str]]]:
    """Return each strategy's net benefit at THRESHOLDS, per 100 cases.

    The model's own comes first, then how much more it has than each other strategy.
    """
    evaluation = record["evaluation"]
    deferred = [row for rule in record["deferred_rules"] for row in rule["advantage"]]
    own = [row for row in evaluation["net_benefit"] if row["strategy"] == "model"]
    rows = [*own, *evaluation["advantage"], *deferred]
    table: dict[str, list[str]] = {}
    for strategy in dict.fromkeys(row["strategy"] for row in rows):
        for threshold in THRESHOLDS:
            value, low, high = next(
                tuple(100 * row[name] for name in ("value", "low", "high"))
                for row in rows
                if row["strategy"] == strategy
                and abs(row["threshold"] - threshold) < 1e-9
            )
            cell = f"{value:.1f} ({low:.1f} to {high:.1f})"
            table.setdefault(strategy, []).append(cell)
    return list(table.items())


def find_best_rule(spec: Specification, record: Record) -> dict[str, Any] | None:
    """Return the simple rule with most true positives at capacity, if one has any."""
    found = {
        name: find_estimate(rule["figures"], "true_positives").value or 0.0
        for name, rule in record["evaluation"]["rules_at_capacity"].items()
        if name in spec.baselines or name in spec.columns
    }
    best = max(found, key=lambda name: found[name], default=None)
    if best is None or not found[best]:
        return None
    rule = spec.baselines.get(best) or spec.columns[best]
    return {"label": rule.label, "found": found[best]}


def find_missed_range(record: Record) -> tuple[float, float] | None:
    """Return the lowest and the highest false-negative rate of single groups."""
    rates = [
        find_estimate(group["figures"], "false_negative_rate").value
        for group in (record["fairness"] or {"groups": ()})["groups"]
        if len(group["by"]) == 1 and group["judged"]
    ]
    known = [rate for rate in rates if rate is not None]
    return (min(known), max(known)) if known else None


def select_furthest(groups: Rows, name: str) -> list[Mapping[str, Any]]:
    """Return the large groups whose interval excludes 0, the furthest from it first."""
    far = []
    for group in groups:
        error = find_estimate(group["figures"], name)
        if group["judged"] and error.low is not None and error.high is not None:
            far.append((max(error.low, -error.high), group))
    far.sort(key=lambda pair: -pair[0])
    return [group for distance, group in far if distance > 0]


def list_labels(spec: Specification) -> dict[str, str]:
    """Return the English words for every column, grouping and rule, by name."""
    labels = {name: column.label.en for name, column in spec.columns.items()}
    for name, column in spec.audit.items():
        labels[name] = column.label.en
        for merged, groups in column.merged.items():
            labels[merged] = f"{column.label.en}, in {len(groups)} groups"
    for name, rule in spec.baselines.items():
        labels[name] = rule.label.en
        labels[f"{name}_at_intake"] = f"{rule.label.en}, at intake"
        labels[f"{name}_waiting"] = f"{rule.label.en}, deferred until then"
    return _STRATEGIES | labels


def list_value_labels(spec: Specification) -> dict[str, dict[str, str]]:
    """Return the English words for the values of each category, by column."""
    return {
        name: {value: words.en for value, words in column.value_labels.items()}
        for name, column in spec.columns.items()
        if column.value_labels
    }


def describe_group(record: Record, group: Mapping[str, Any]) -> str:
    """Return the values of one group in words, e.g. of a pair of columns."""
    named = zip(group["by"], group["values"], strict=True)
    return " × ".join(record["values"].get(by, {}).get(v, v) for by, v in named)


def find_label(record: Record, name: str) -> str:
    """Return the label of *name* in the record, or else the name with spaces."""
    return str(record["labels"].get(name, name.replace("_", " ")))


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
