"""When a file is too thin, or too unlike the training cases, to show its score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.features.applicability import find_inapplicable
from riskscreen.features.catalogue import Feature
from riskscreen.spec import Abstain

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

THIN, EMPTY_HISTORY, OUTSIDE, UNSEEN = "thin", "no_history", "outside", "unseen"
BETWEEN = "; "


@dataclass(frozen=True, slots=True)
class TrainingProfile:
    """What the training cases looked like; one entry per feature, all of it coarse.

    ``importance`` is an intake feature's share of the mean |contribution|, 0 for one of
    the history, whose share is ``history_importance``. ``ranges`` are the 1st and 99th
    percentile, ``levels`` the places of a category's levels that at least
    SMALLEST_GROUP cases had; None where a feature has no such thing.
    ``empty_history`` is the share of training cases without a week of any benefit.
    ``typical`` is a number's median, and the value that most cases have of the others;
    None where there is none, empty in a model of an earlier release.
    """

    importance: tuple[float, ...]
    ranges: tuple[tuple[float, float] | None, ...]
    levels: tuple[tuple[int, ...] | None, ...]
    history_importance: float = 0.0
    empty_history: float = 1.0
    typical: tuple[float | None, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything as plain lists; what an earlier release lacked is left out."""
        typical = {"typical": list(self.typical)} if self.typical else {}
        return {
            "importance": list(self.importance),
            "ranges": [list(r) if r else None for r in self.ranges],
            "levels": [None if v is None else list(v) for v in self.levels],
            "history_importance": self.history_importance,
            "empty_history": self.empty_history,
            **typical,
        }


def profile_from_json(stored: Mapping[str, Any]) -> TrainingProfile:
    """Return the profile that ``to_json`` wrote."""
    return TrainingProfile(
        importance=tuple(stored["importance"]),
        ranges=tuple((r[0], r[1]) if r else None for r in stored["ranges"]),
        levels=tuple(None if v is None else tuple(v) for v in stored["levels"]),
        history_importance=float(stored["history_importance"]),
        empty_history=float(stored["empty_history"]),
        typical=tuple(stored.get("typical") or ()),
    )


def find_abstentions(
    profile: TrainingProfile,
    features: tuple[Feature, ...],
    values: Numbers,
    rule: Abstain,
) -> npt.NDArray[np.object_]:
    """For each row of feature *values* the rules by which its score is not shown.

    Names such as ``thin`` or ``outside:<feature>``, with "; " between; None where the
    score is shown. ``wording.describe_abstention`` says them in words.
    """
    abstained_by = np.full(len(values), None, dtype=object)
    for name, taken in _rules(profile, features, values, rule):
        for place in np.flatnonzero(taken):
            before = abstained_by[place]
            abstained_by[place] = name if before is None else before + BETWEEN + name
    return abstained_by


def mark_abstained(abstained_by: npt.NDArray[np.object_]) -> Mask:
    """Mark the scores that a rule keeps from being shown."""
    return np.array([rules is not None for rules in abstained_by], dtype=bool)


def has_empty_history(features: tuple[Feature, ...], values: Numbers) -> Mask:
    """Which rows have no week of any benefit in any window; none without a history."""
    weeks = [i for i, f in enumerate(features) if f.family == "weeks"]
    if not weeks:
        return np.zeros(len(values), dtype=bool)
    return np.asarray((np.nan_to_num(values[:, weeks]) == 0).all(axis=1))


def _rules(
    profile: TrainingProfile,
    features: tuple[Feature, ...],
    values: Numbers,
    rule: Abstain,
) -> Iterator[tuple[str, Mask]]:
    """Each rule's name, and the rows it takes."""
    missing = np.isnan(values) & ~find_inapplicable(features, values)
    importance = np.array(profile.importance)
    yield THIN, (missing * importance).sum(axis=1) > rule.missing_share_at_most
    leans = profile.history_importance > rule.history_share_at_most
    if leans and profile.empty_history < rule.empty_history_share_at_least:
        yield EMPTY_HISTORY, has_empty_history(features, values)
    for place in np.flatnonzero(importance >= rule.contribution_share_at_least):
        name, column = features[place].name, values[:, place]
        span, levels = profile.ranges[place], profile.levels[place]
        if levels is not None:
            yield f"{UNSEEN}:{name}", ~np.isnan(column) & ~np.isin(column, levels)
        elif span is not None and span[1] > span[0]:
            room = rule.out_of_range_at_most * (span[1] - span[0])
            far = (column < span[0] - room) | (column > span[1] + room)
            yield f"{OUTSIDE}:{name}", far
