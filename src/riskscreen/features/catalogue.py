"""Every feature of a specification in model order, with its words."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from riskscreen.errors import SpecError
from riskscreen.features.table_catalogue import (
    OPPOSITE,
    list_table_features,
    name_reason,
)
from riskscreen.rules.conditions import Condition
from riskscreen.rules.states import OTHER_SUPPORT
from riskscreen.spec import (
    Column,
    DatedTable,
    History,
    Monotone,
    Specification,
    Words,
)
from riskscreen.spec.columns import STEP_1_RISK
from riskscreen.spec.derived import derive_once
from riskscreen.texts import load_texts

NO_STATE = "none"
"""The level of state_at_decision where no group of the specification is current."""
RESERVED = (NO_STATE, "state", "shifts", "self_support")
YEAR = 52
TEXTS = load_texts("riskscreen.features")

Kind = Literal["number", "flag", "category"]
_KINDS: dict[str, Kind] = {
    "number": "number",
    "integer": "number",
    "flag": "flag",
    "category": "category",
    "date": "flag",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the feature table.

    ``monotone`` says which way a higher value moves the risk, where the specification
    knows; ``levels`` are a category's, and its values are their places 0, 1, ...
    ``group`` and ``window`` say which history group and how many weeks it looks at.
    ``informative_missing`` says that a missing value may move the risk by itself, as of
    the history, where it means that there was no such week; else it counts as the mean.
    ``family`` is "step_1" of the risk that a landmark's model corrects.
    ``applies_when`` says whom it is about (applicability.py), ``barrier`` whether a
    page may name it as one.
    """

    name: str
    kind: Kind
    label: Words
    idea: str
    reason: str
    changeable: bool = False
    monotone: Monotone | None = None
    unit: str | None = None
    levels: tuple[str, ...] = ()
    family: str = "intake"
    group: str | None = None
    window: int | None = None
    informative_missing: bool = True
    applies_when: Condition | None = None
    barrier: bool = True


@derive_once
def list_features(spec: Specification) -> tuple[Feature, ...]:
    """List every feature of *spec*, in the order of the model's columns.

    First the intake columns in the order of the file, then each further table, then
    each history group, then the features of the history as a whole. Raises SpecError
    where windows repeat or are none, or where an intake column, a table or a history
    group has the name of something else.
    """
    found = [describe_intake(name, column) for name, column in spec.features().items()]
    found += [f for table in spec.tables for f in _list_table(table)]
    if spec.history:
        _check_windows(spec, spec.history.windows)
        found += _list_history(
            spec.history, course_ends_weeks=spec.outcome.bridge_weeks
        )
    _check_names(spec, found)
    return tuple(found)


def drop_directions(
    features: tuple[Feature, ...], dropped: Collection[str]
) -> tuple[Feature, ...]:
    """Return *features*, those named by *dropped* without a direction."""
    return tuple(
        replace(feature, monotone=None) if feature.name in dropped else feature
        for feature in features
    )


def select_shift_windows(history: History) -> tuple[int, ...]:
    """Return the windows for counting shifts: a year if declared, and the longest.

    Shifts are rare, so shorter windows would only repeat each other.
    """
    longest = max(history.windows)
    return tuple(w for w in history.windows if w in (YEAR, longest))


def list_state_levels(history: History) -> tuple[str, ...]:
    """List the levels of state_at_decision: groups that can be current, none last.

    A code group in several history groups counts for the first that is declared, so a
    group made only of others' code groups (all support in one) is never current. Nor is
    it by OTHER_SUPPORT beside them: a training may never have seen that state.
    """
    taken: set[str] = set()
    levels = []
    for name, group in history.groups.items():
        own = set(group.code_groups) - taken - {OTHER_SUPPORT}
        if own or group.code_groups == (OTHER_SUPPORT,):
            levels.append(name)
        taken.update(group.code_groups)
    return (*levels, NO_STATE)


def describe_intake(name: str, column: Column) -> Feature:
    """Return an intake column as a feature; one that is none need not have an idea."""
    return Feature(
        name=name,
        kind=_KINDS[column.type],
        label=column.label,
        idea=column.idea or "",
        reason=name,
        changeable=column.changeable,
        monotone=column.monotone,
        unit=column.unit,
        levels=column.values,
        family="step_1" if name == STEP_1_RISK else "intake",
        informative_missing=column.informative_missing,
        applies_when=column.applies_when.condition if column.applies_when else None,
        barrier=column.barrier,
    )


def _list_table(table: DatedTable) -> Iterator[Feature]:
    for of in list_table_features(table):
        yield Feature(
            name=of.name,
            kind="number",
            label=of.label,
            idea=table.idea,
            reason=name_reason(table),
            monotone=of.monotone,
            unit=of.unit,
            family="table",
            group=of.group,
            window=of.window,
        )


def _list_history(history: History, *, course_ends_weeks: int) -> Iterator[Feature]:
    for group in history.groups:
        yield from _list_group_weeks(history, group)
        yield from _list_group_spells(history, group)
    yield from _list_state(history)
    yield from _list_shifts(history)
    yield from _list_self_support(history, course_ends_weeks=course_ends_weeks)


def _list_group_weeks(history: History, group: str) -> Iterator[Feature]:
    of = history.groups[group]
    for window in history.windows:
        yield Feature(
            name=f"{group}_weeks_{window}",
            kind="number",
            label=_label("weeks", window=window, group=of.label),
            idea=history.idea,
            reason=f"history_{group}",
            monotone=of.monotone,
            unit="weeks",
            family="weeks",
            group=group,
            window=window,
        )


def _list_group_spells(history: History, group: str) -> Iterator[Feature]:
    of = history.groups[group]
    window = max(history.windows)
    rows: tuple[tuple[str, str, Monotone | None], ...] = (
        ("spells", "count", of.monotone),
        ("weeks_since_last", "weeks", OPPOSITE[of.monotone]),
        ("longest", "weeks", of.monotone),
    )
    for family, unit, monotone in rows:
        yield Feature(
            name=f"{group}_{family}",
            kind="number",
            label=_label(family, window=window, group=of.label),
            idea=history.idea,
            reason=f"history_{group}",
            monotone=monotone,
            unit=unit,
            family=family,
            group=group,
            window=window,
        )


def _list_state(history: History) -> Iterator[Feature]:
    yield Feature(
        name="state_at_decision",
        kind="category",
        label=_label("state"),
        idea=history.idea,
        reason="history_state",
        levels=list_state_levels(history),
        family="state",
    )
    yield Feature(
        name="state_weeks",
        kind="number",
        label=_label("state_weeks"),
        idea=history.idea,
        reason="history_state",
        unit="weeks",
        family="state",
        window=max(history.windows),
    )


def _list_shifts(history: History) -> Iterator[Feature]:
    for window in select_shift_windows(history):
        yield Feature(
            name=f"shifts_{window}",
            kind="number",
            label=_label("shifts", window=window),
            idea=history.idea,
            reason="history_shifts",
            unit="count",
            family="shifts",
            window=window,
        )


def _list_self_support(
    history: History, *, course_ends_weeks: int
) -> Iterator[Feature]:
    for window in history.windows:
        yield Feature(
            name=f"self_support_share_{window}",
            kind="number",
            label=_label("self_support_share", window=window),
            idea=history.idea,
            reason="history_self_support",
            unit="share",
            family="self_support",
            window=window,
        )
    window = max(history.windows)
    yield Feature(
        name="ever_self_support",
        kind="flag",
        label=_label("ever_self_support", window=window, weeks=course_ends_weeks),
        idea=history.idea,
        reason="history_self_support",
        family="self_support",
        window=window,
    )


def _label(
    name: str, *, window: int = 0, weeks: int = 0, group: Words | None = None
) -> Words:
    """Return the text of that name in each language, its blanks filled in."""
    labels = {}
    for language, texts in TEXTS.items():
        t = texts["labels"]
        labels[language] = t[name].format(
            group=group.in_language(language) if group else "",
            last=t["last_week" if window == 1 else "last_weeks"].format(window=window),
            window=window,
            weeks=weeks,
        )
    return Words(**labels)


def list_history_reasons(history: History) -> dict[str, Words]:
    """List the reasons of a history, each with what it is called."""
    groups = {f"history_{name}": g.label for name, g in history.groups.items()}
    return groups | {
        "history_state": _label("state"),
        "history_shifts": _label("reason_shifts"),
        "history_self_support": _label("reason_self_support"),
    }


def _check_windows(spec: Specification, windows: tuple[int, ...]) -> None:
    if not windows or min(windows) < 1 or len(set(windows)) < len(windows):
        raise SpecError(
            f"{spec.name}: history.windows: list one or more numbers of weeks, each "
            "above 0 and each once."
        )


def _check_names(spec: Specification, features: list[Feature]) -> None:
    """Raise SpecError where two features, reasons or levels would share a name."""
    names = Counter(f.name for f in features)
    if twice := sorted(name for name, n in names.items() if n > 1):
        raise SpecError(
            f"{spec.name}: columns {twice} have the name of a feature of the history "
            "or of a table. Rename the column, the group under [history.groups] or the "
            "table."
        )
    reasons = {name_reason(table) for table in spec.tables}
    reasons |= set(list_history_reasons(spec.history)) if spec.history else set()
    if both := sorted(reasons & spec.features().keys()):
        raise SpecError(f"{spec.name}: columns {both} are named as a reason; rename.")
    groups = spec.history.groups.keys() if spec.history else set()
    if taken := sorted(groups & set(RESERVED)):
        raise SpecError(
            f"{spec.name}: history.groups {taken}: a feature of the whole history "
            "has that name; rename the group."
        )
