"""Explain a score: contributions that add up, shares of the risk, and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import ModelError
from riskscreen.features.applicability import credit_deciders, find_inapplicable
from riskscreen.features.catalogue import Feature
from riskscreen.features.reason_catalogue import Reason
from riskscreen.logistic_function import expit
from riskscreen.model.reason_members import read_members, write_members
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.wording import FeatureWording
from riskscreen.spec import Specification
from riskscreen.text_arrays import build_texts

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

__all__ = [
    "ReasonTable",
    "build_reasons",
    "check_contributions",
    "compute_risk_points",
]

TOLERANCE = 1e-6
"""How far base + contributions may lie from the shown log-odds."""


class Explained(Protocol):
    """What a model says about a table of cases."""

    @property
    def log_odds(self) -> Floats:
        """The calibrated log-odds of every case."""

    @property
    def contributions(self) -> Floats:
        """Cases × features, in calibrated log-odds."""


class Explainable(Protocol):
    """What the reasons need to know of a model."""

    @property
    def spec(self) -> Specification:
        """The specification it was fitted to."""

    @property
    def features(self) -> Sequence[Feature]:
        """Its features, in the order of its columns."""

    @property
    def reasons(self) -> Sequence[Reason]:
        """Its reasons: the specification's, those that go together as one."""

    @property
    def wordings(self) -> Mapping[str, FeatureWording]:
        """The words for its features, by language."""

    @property
    def base_log_odds(self) -> float:
        """The log-odds it starts from, a constant of the model version."""


@dataclass(frozen=True, slots=True)
class ReasonTable:
    """Every reason of every case, as arrays of cases × reasons.

    ``log_odds`` sums per case to its log-odds less the base; ``points`` sums to its
    risk less the base risk. ``shown`` is the feature that speaks for the reason: of its
    features the one that pulls hardest in the reason's own direction; ``value`` is
    what the case has there, and ``unreadable`` whether something stands there that
    cannot be read. ``inapplicable`` are the reasons that are not about the case: their
    contribution is 0. ``members`` has, by the place of each reason that several go
    together in, what each case has in them (reason_members.py): of each the feature
    that speaks for it.
    """

    wordings: Mapping[str, FeatureWording]
    features: tuple[Feature, ...]
    reasons: tuple[Reason, ...]
    case_ids: npt.NDArray[np.object_]
    log_odds: Floats
    points: Floats
    shown: Integers
    value: Floats
    unreadable: Truths
    inapplicable: Truths
    members: Mapping[int, npt.NDArray[np.object_]]

    def long(self) -> pd.DataFrame:
        """One row per case and reason, case by case, in the order of the reasons.

        Names are categories, so a million cases stay small.
        """
        n, each = self.log_odds.shape
        position = np.tile(np.arange(each), n)
        return pd.DataFrame(
            {
                "case_id": build_texts(self.case_ids).take(np.arange(n).repeat(each)),
                "reason": _named([r.name for r in self.reasons], position),
                "idea": _named([r.idea for r in self.reasons], position),
                "changeable": np.tile([r.changeable for r in self.reasons], n),
                "log_odds": self.log_odds.ravel(),
                "points": self.points.ravel(),
                "direction": _named(
                    ["down", "none", "up"],
                    np.sign(self.log_odds).astype(np.int64).ravel() + 1,
                ),
                "feature": _named([f.name for f in self.features], self.shown.ravel()),
                "value": self.value.ravel(),
                "missing": self.missing.ravel(),
                "named": self.named.ravel(),
                "unreadable": self.unreadable.ravel(),
                "inapplicable": self.inapplicable.ravel(),
                "members": self._list_members(),
            }
        )

    @property
    def missing(self) -> Truths:
        """Which reasons nothing is said of; what cannot be read stands there."""
        missing: Truths = np.isnan(self.value) & ~self.inapplicable & ~self.unreadable
        return missing

    @property
    def named(self) -> Truths:
        """Which reasons may stand alone, in the direction that they pull.

        What the intake does not say, or cannot be read of it, is none, nor is what
        raises and may not be named a barrier, nor what is left of a risk that is
        corrected.
        """
        of_file = np.array([f.family == "intake" for f in self.features])
        silent = np.isnan(self.value) & of_file[self.shown]
        left = np.array([f.family == "step_1" for f in self.features])[self.shown]
        barrier = np.array([reason.barrier for reason in self.reasons])
        named: Truths = ~silent & ~left & (barrier | (self.log_odds <= 0))
        return named

    def _list_members(self) -> Any:
        """Return the members of every case and reason; empty where it is one alone."""
        n = len(self.case_ids)
        which = np.zeros(self.log_odds.shape, dtype=np.int64)
        for place, position in enumerate(self.members):
            which[:, position] = 1 + place * n + np.arange(n)
        texts = np.concatenate([np.array([""], dtype=object), *self.members.values()])
        return build_texts(texts).take(which.ravel())

    def top_words(
        self, direction: str, *, most: int = 3, language: str = "da"
    ) -> list[npt.NDArray[np.object_]]:
        """Return the words of the *most* strongest reasons "up" or "down", in order.

        One array per place; None where a case has fewer reasons in that direction that
        may be named.
        """
        pull = self.log_odds if direction == "up" else -self.log_odds
        pull = np.where(self.named, pull, 0.0)
        order = np.argsort(-pull, axis=1, kind="stable")[:, :most]
        pulls = np.take_along_axis(pull, order, axis=1) > 0
        shown = np.take_along_axis(self.shown, order, axis=1)
        value = np.take_along_axis(self.value, order, axis=1)
        words = np.full(shown.shape, None, dtype=object)
        wording = self.wordings[language]
        for feature in np.unique(shown[pulls]):
            here = pulls & (shown == feature)
            values, which = np.unique(value[here], return_inverse=True)
            name = self.features[feature].name
            said = np.array(
                [wording.describe(name, float(v)) for v in values], dtype=object
            )
            words[here] = said[which]
        for position, text in self.members.items():
            here = pulls & (order == position)
            label = self.reasons[position].label.in_language(language)
            texts, which = np.unique(text[here.any(axis=1)], return_inverse=True)
            words[here] = np.array(
                [wording.describe_members(label, read_members(t)) for t in texts],
                dtype=object,
            )[which]
        return list(words.T)


def build_reasons(
    model: Explainable,
    features: pd.DataFrame,
    scored: Explained,
    *,
    unreadable: Truths | None = None,
) -> ReasonTable:
    """Return the reasons of every row of *features*, whose index holds the case ids.

    *unreadable* (cases × features) marks facts that stand there and cannot be read.

    A reason's contribution is the sum of its features' contributions (SHAP values on
    the calibrated log-odds), and all reasons are there, so nothing is left over. Raises
    ModelError where base and contributions miss the log-odds by more than TOLERANCE.
    """
    _check_sums(model, scored)
    groups = tuple(model.reasons)
    # The positions of each reason's features; each belongs to one reason.
    at = {feature.name: i for i, feature in enumerate(model.features)}
    named = [name for group in groups for name in group.features]
    if sorted(named) != sorted(at):
        raise ModelError(
            "The model's features are not those of its specification's reasons. "
            "Train anew with this version."
        )
    columns = [np.array([at[n] for n in group.features], np.intp) for group in groups]
    values = features.to_numpy(np.float64)
    absent = find_inapplicable(model.features, values)
    credited = credit_deciders(model.features, scored.contributions, absent)
    ordered = credited[:, np.concatenate(columns)]
    starts = np.cumsum([0, *(len(c) for c in columns[:-1])])
    log_odds = np.add.reduceat(ordered, starts, axis=1)
    shown = _most_telling(credited, columns, log_odds)
    cannot = np.zeros(values.shape, dtype=bool) if unreadable is None else unreadable
    cannot = cannot & ~absent
    return ReasonTable(
        wordings=model.wordings,
        features=tuple(model.features),
        reasons=groups,
        case_ids=features.index.to_numpy(dtype=object),
        log_odds=log_odds,
        points=compute_risk_points(log_odds, base_log_odds=model.base_log_odds),
        shown=shown,
        value=np.take_along_axis(values, shown, axis=1),
        unreadable=np.take_along_axis(cannot, shown, axis=1),
        inapplicable=np.column_stack([absent[:, of].all(axis=1) for of in columns]),
        members={
            position: _describe_parts(
                reason, model.features, credited, values, (cannot, absent)
            )
            for position, reason in enumerate(groups)
            if len(reason.parts) > 1
        },
    )


def compute_risk_points(log_odds: Floats, *, base_log_odds: float) -> Floats:
    """Each contribution's share of the way from the base risk to the risk, as a risk.

    With S the sum of a case's contributions φ, risk p and base risk p₀, the share is
    φ·(p − p₀)/S: the Aumann-Shapley split along the straight line in log-odds. A case's
    shares sum to p − p₀ and keep the signs of φ. For S → 0 the factor goes to
    p₀(1 − p₀); with (p − p₀)/S = p(1 − p₀)·(1 − exp(−S))/S for S ≥ 0, and the mirror
    image below, nothing cancels and nothing overflows. Source: Aumann and Shapley,
    Values of Non-Atomic Games (1974).
    """
    total = log_odds.sum(axis=1)
    high = base_log_odds + np.maximum(total, 0)
    low = base_log_odds + np.minimum(total, 0)
    distance = np.abs(total)
    rise = np.divide(
        -np.expm1(-distance), distance, out=np.ones_like(distance), where=distance > 0
    )
    factor: Floats = expit(high) * expit(-low) * rise
    return log_odds * factor[:, None]


def check_contributions(model: RiskModel, features: pd.DataFrame) -> None:
    """Raise ModelError where a second way to the contributions finds others.

    The second way is slow and plain: SHAP values from their definition, or coefficients
    times columns. The log-odds must be the estimator's as well. Meant for some dozens
    of rows, when a model is loaded; TOLERANCE is on the calibrated log-odds.
    """
    # By the way that scoring goes: with the columns that the uncertainty shares.
    matrix = model.build_design_matrix(features)
    scored = model.score(features, matrix=matrix)
    values = np.ascontiguousarray(features.to_numpy(np.float64))
    reference = model.estimator.reference_contributions(values)
    uncalibrated = model.estimator.decision_function(values)
    slope = model.calibration.slope_between(model.estimator.base, uncalibrated)
    own, log_odds = slope[:, None] * reference, model.calibration.apply(uncalibrated)
    for what, found, expected in (
        ("contributions", scored.contributions, own),
        ("log-odds", scored.log_odds, log_odds),
    ):
        if not (np.abs(found - expected) <= TOLERANCE).all():
            raise ModelError(
                f"{model.spec.name}: the {what} are not the estimator's own to within "
                f"{TOLERANCE:g}. Do not use these reasons; train or fetch anew."
            )


def check_on_synthetic_cases(model: RiskModel, *, cases: int = 30) -> None:
    """``check_contributions`` on *cases* drawn within the ranges of the training.

    Needs nobody's row, so a run can check its model before it has read one.
    """
    for stage in (model, *model.stages.values()):
        draw = np.random.default_rng(0)
        drawn = {f.name: _drawn(draw, f, stage, cases) for f in stage.features}
        check_contributions(stage, pd.DataFrame(drawn))


def _drawn(
    draw: np.random.Generator, feature: Feature, model: RiskModel, cases: int
) -> npt.NDArray[np.float64]:
    """Values of one feature; a tenth of them missing."""
    low, high = model.notes.get("ranges", {}).get(feature.name) or (0.0, 1.0)
    if feature.kind == "number":
        values = draw.uniform(low, high, cases)
    else:
        values = draw.integers(0, max(2, len(feature.levels)), cases).astype(float)
    return np.where(draw.random(cases) < 0.1, np.nan, values)


def _check_sums(model: Explainable, scored: Explained) -> None:
    """Raise ModelError where base and contributions do not give the log-odds."""
    found = model.base_log_odds + scored.contributions.sum(axis=1)
    off = ~(np.abs(found - scored.log_odds) <= TOLERANCE)
    if off.any():
        raise ModelError(
            f"{model.spec.name}: base and contributions miss the log-odds in "
            f"{int(off.sum())} of {len(off)} cases. The stored model is not whole; "
            "fetch it again or train anew."
        )


def _most_telling(
    contributions: Floats, columns: Sequence[npt.NDArray[np.intp]], log_odds: Floats
) -> Integers:
    """Per case and reason, the feature that pulls hardest in the reason's direction."""
    shown = np.empty(log_odds.shape, np.int64)
    for position, of in enumerate(columns):
        if len(of) == 1:
            shown[:, position] = of[0]
            continue
        pull = contributions[:, of] * np.sign(log_odds[:, [position]])
        shown[:, position] = of[pull.argmax(axis=1)]
    return shown


def _describe_parts(
    reason: Reason,
    features: Sequence[Feature],
    contributions: Floats,
    values: Floats,
    marks: tuple[Truths, Truths],
) -> npt.NDArray[np.object_]:
    """Return what each case has in every part of *reason*, as one text each.

    *marks* say which facts cannot be read, and which are not about the case.

    Of a part of several features the one speaks that pulls hardest in the direction of
    the whole reason.
    """
    at = {feature.name: i for i, feature in enumerate(features)}
    columns = [np.array([at[n] for n in part], np.intp) for part in reason.parts]
    whole = contributions[:, np.concatenate(columns)].sum(axis=1)
    names = np.array([feature.name for feature in features], dtype=object)
    shown = _most_telling(
        contributions, columns, np.repeat(whole[:, None], len(columns), axis=1)
    )
    return write_members(
        [names[place] for place in shown.T],
        list(np.take_along_axis(values, shown, axis=1).T),
        *(list(np.take_along_axis(mark, shown, axis=1).T) for mark in marks),
    )


def _named(names: Sequence[str], positions: Integers) -> "pd.Categorical[str]":
    """Return the names at *positions* as categories; equal names share one."""
    where, kind = _number_names(tuple(names))
    return pd.Categorical.from_codes(where[positions], dtype=kind, validate=False)


# Each scored part asks for the same few names: those of a model.
@lru_cache(maxsize=100)
def _number_names(
    names: tuple[str, ...],
) -> tuple[npt.NDArray[np.int16], "pd.CategoricalDtype[Any]"]:
    """Return which category each of *names* is, and the type that has them."""
    kept = list(dict.fromkeys(names))
    where = np.array([kept.index(name) for name in names], np.int16)
    return where, pd.CategoricalDtype(pd.Index(kept))
