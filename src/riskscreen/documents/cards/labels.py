"""What columns, rules and groups are called on a card, in plain words."""

from collections.abc import Mapping
from typing import Any

from riskscreen.spec import Specification

_STRATEGIES = {
    "model": "the model",
    "flag_all": "flagging everybody",
    "flag_none": "flagging nobody",
    "base_rate": "the base rate for everybody",
    "approved": "the approved model",
}
_WAITING = "_waiting"
_AT_INTAKE = "_at_intake"


def labels_of(spec: Specification) -> dict[str, str]:
    """The English words for every column, grouping and rule of *spec*, by name."""
    found = {name: column.label.en for name, column in spec.columns.items()}
    for name, column in spec.audit.items():
        found[name] = column.label.en
        for merged, groups in column.merged.items():
            found[merged] = f"{column.label.en}, in {len(groups)} groups"
    for name, rule in spec.baselines.items():
        found[name] = rule.label.en
        found[name + _AT_INTAKE] = f"{rule.label.en}, at intake"
        found[name + _WAITING] = f"{rule.label.en}, waiting until then"
    return _STRATEGIES | found


def values_of(spec: Specification) -> dict[str, dict[str, str]]:
    """The English words for the values of each category of *spec*, by column."""
    return {
        name: {value: words.en for value, words in column.value_labels.items()}
        for name, column in spec.columns.items()
        if column.value_labels
    }


def group_label(record: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """The values of one group in words, e.g. of a pair of columns."""
    named = zip(group["by"], group["values"], strict=True)
    return " × ".join(record["values"].get(by, {}).get(v, v) for by, v in named)


def label(record: Mapping[str, Any], name: str) -> str:
    """The words for *name*, or the name itself with spaces."""
    return str(record["labels"].get(name, name.replace("_", " ")))
