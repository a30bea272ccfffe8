"""List what columns, values and rules are called on a card, in plain words."""

from riskscreen.spec import Specification

_STRATEGIES = {
    "model": "the model",
    "flag_all": "flagging everybody",
    "flag_none": "flagging nobody",
    "base_rate": "the base rate for everybody",
    "approved": "the approved model",
}


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
