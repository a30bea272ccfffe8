"""What a card says of net benefit: against everybody, nobody and today's rules."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from riskscreen.documents.cards.blocks import Block, Paragraph, Table
from riskscreen.documents.cards.figures import figure
from riskscreen.documents.cards.labels import label

Record = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]
_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)


def net_benefit(record: Record) -> tuple[Block, ...]:
    """The model's own net benefit, then how much more it has than each strategy."""
    found = record["evaluation"]
    waiting = [row for rule in record["deferred_rules"] for row in rule["advantage"]]
    own = [row for row in found["net_benefit"] if row["strategy"] == "model"]
    rows = [
        ("the model itself", *_cells(own)),
        *(
            (f"less {label(record, strategy)}", *_cells(of))
            for strategy, of in _by_strategy([*found["advantage"], *waiting])
        ),
    ]
    head = ("hits per 100 cases", *(f"risk {t:.0%}" for t in _THRESHOLDS))
    return (
        Paragraph(
            "Net benefit (Vickers & Elkin 2006, doi 10.1177/0272989X06295361): hits "
            "less needless flags, each needless flag weighed by the risk at which one "
            "would act. At 20 % one hit is worth four needless flags, at 50 % one. "
            "Below the model stands how much more it does than each other way, paired; "
            "an interval above 0 says that the model does more good."
        ),
        Table(head, tuple(rows)),
        *(Paragraph(_waiting_words(record, rule)) for rule in record["deferred_rules"]),
    )


def _by_strategy(rows: Rows) -> Iterator[tuple[str, Rows]]:
    for strategy in dict.fromkeys(str(row["strategy"]) for row in rows):
        yield strategy, [row for row in rows if row["strategy"] == strategy]


def _cells(rows: Rows) -> Iterator[str]:
    for threshold in _THRESHOLDS:
        row = next(r for r in rows if abs(r["threshold"] - threshold) < 1e-9)
        value, low, high = (100 * row[name] for name in ("value", "low", "high"))
        yield f"{value:.1f} ({low:.1f} to {high:.1f})"


def _waiting_words(record: Record, rule: Record) -> str:
    """Whom a rule of so many weeks flags at intake, and whom if one waits."""
    now = figure(rule["at_intake"]["figures"], "flagged")
    n = record["evaluation"]["n"]
    if now.value == 0:
        why = f" ({rule['why'].rstrip('.')})" if rule["why"] else ""
        first = f"at intake it flags none of {n:,} cases{why}"
    elif now.value is None:
        first = "how many it flags at intake cannot be shown"
    else:
        first = f"at intake it flags {now.text()} of {n:,} cases"
    later = {name: figure(rule["waiting"]["figures"], name) for name in _COUNTED}
    if later["flagged"].value is None:
        return f"The rule “{rule['label']}”: {first}."
    weeks = rule["weeks_later"]
    places = figure(record["evaluation"]["capacity"]["figures"], "flagged").value
    beyond = places is not None and later["flagged"].value > places
    too_many = "; that is more than there are places for" if beyond else ""
    when = "" if weeks is None else f"; help comes {weeks:.0f} weeks later"
    return (
        f"The rule “{rule['label']}”: {first}. If one waits until week "
        f"{rule['after_weeks']} and flags everybody still there, it flags "
        f"{later['flagged'].text()}: {later['true_positives'].text()} true "
        f"positives and {later['false_positives'].text()} false positives, "
        f"{later['false_negatives'].text()} false negatives{too_many}{when}. "
        "By then it knows more than the model did at intake."
    )


_COUNTED = ("flagged", "true_positives", "false_positives", "false_negatives")
