"""A fitted model with the specification it was fitted to: scores only what fits it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature, drop_directions, list_features
from riskscreen.features.reason_catalogue import Reason, list_reasons
from riskscreen.guarding import require_installed
from riskscreen.model.abstention import (
    TrainingProfile,
    find_abstentions,
    mark_abstained,
)
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators import RiskEstimator
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.model.horizons import Horizons, OutcomeShares
from riskscreen.model.incidence import Calibration
from riskscreen.model.landmark_model import LandmarkModel
from riskscreen.model.scored import Scored, ScoreUncertainty
from riskscreen.model.uncertainty import Uncertainty
from riskscreen.model.wording import FeatureWording
from riskscreen.policy import Policy
from riskscreen.population.at_landmark import specify_step_1
from riskscreen.spec import Specification
from riskscreen.texts import LANGUAGES

if TYPE_CHECKING:
    from riskscreen.model.classifier import RiskClassifier

Numbers = npt.NDArray[np.float64]

UNCERTAINTY = "uncertainty.json"
LANDMARKS = "landmarks.json"
VERSION_LENGTH = 12


@dataclass(frozen=True)
class RiskModel:
    """Specification, estimator, calibration and policy, fitted together.

    ``policy`` says who is proposed; the bands of risk follow from it. ``horizons`` are
    the other horizons, anchored to the risk; None where the outcome is delivered ready.
    ``notes`` are aggregates of the training data: plain JSON values, no row's. ``keys``
    are the patterns that whole identifiers kept where the model was trained, by column:
    for doors at which no site states its own.
    ``uncertainty`` and ``training_profile`` say how sure a score is, and when it is not
    shown. ``reason_groups`` are reasons of the specification that go together so
    closely in the training table that they are one (reason_groups.py).
    ``dropped_directions`` are the features whose direction the training cases speak
    against: it was imposed on no fit (training/candidates/directions.py).
    ``landmarks`` are the models of whoever is still in at a later week. ``pilot``
    says that it was approved as a pilot, ``verdicts`` what each gate said then: both
    stand in the approval and not in the model's files.
    """

    spec: Specification
    estimator: RiskEstimator
    calibration: Calibration
    policy: Policy
    code_table_csv: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    horizons: Horizons | None = None
    uncertainty: Uncertainty | None = None
    training_profile: TrainingProfile | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    reason_groups: tuple[tuple[str, ...], ...] = ()
    dropped_directions: tuple[str, ...] = ()
    landmarks: "tuple[LandmarkModel[RiskModel], ...]" = ()
    pilot: bool = False
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key_patterns(self) -> dict[str, re.Pattern[str]]:
        """``keys``, ready to match."""
        return {name: re.compile(text) for name, text in self.keys.items()}

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The features, in the order of the columns of ``score``.

        Those of ``dropped_directions`` have no direction.
        """
        return drop_directions(list_features(self.spec), self.dropped_directions)

    @cached_property
    def _columns(self) -> "pd.Index[str]":
        return pd.Index([f.name for f in self.features])

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons: those that go together in the training table are one."""
        return list_reasons(self.spec, self.reason_groups)

    @cached_property
    def wordings(self) -> Mapping[str, FeatureWording]:
        """The words for the features, by language."""
        return {
            language: FeatureWording(self.spec, self.features, language)
            for language in LANGUAGES
        }

    @cached_property
    def stages(self) -> "Mapping[int, RiskModel]":
        """The model of each landmark as a part of this one, by its week."""
        return {of.landmark.week: self._open_stage(of) for of in self.landmarks}

    def _open_stage(self, of: "LandmarkModel[RiskModel]") -> "RiskModel":
        """Return the model of a landmark as a part of this one, the stored model.

        It has this target's name, version and approval, and its thresholds, where both
        ask of as many weeks; else nobody is proposed by it.
        """
        if of.own is not None:
            spec = of.own.spec.model_copy(update={"name": self.spec.name})
            stage = replace(of.own, spec=spec)
        else:
            assert of.step_1 is not None  # one of the two is there
            stage = replace(
                self,
                spec=specify_step_1(self.spec, of.landmark),
                calibration=self.calibration.followed_by(of.step_1),
                horizons=None,
                landmarks=(),
            )
        policy = Policy(stage.base_risk)
        if of.landmark.more_weeks == self.spec.outcome.horizon_weeks:
            policy = self.policy.lift(stage.base_risk)
        stage = replace(stage, policy=policy, pilot=self.pilot or of.pilot)
        # It is no model of its own to a reader: what is approved is the whole.
        vars(stage)["digest"] = self.digest
        return stage

    def find_stage(self, week: float | None) -> "RiskModel":
        """Return the model of the landmark in *week*; this one where there is none."""
        if week is None or np.isnan(week):
            return self
        return self.stages[int(week)]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 over the model's files, in hex digits."""
        return combine_digests(digest_files(self.to_files()))

    def put_under(self, *, pilot: bool, verdicts: Mapping[str, str]) -> Self:
        """Return the model under an approval that says *pilot* and *verdicts*."""
        approved = replace(self, pilot=pilot, verdicts=verdicts)
        # Neither stands in the model's files, so their digest is known already.
        vars(approved)["digest"] = self.digest
        return approved

    @property
    def version(self) -> str:
        """The first 12 hex digits of the digest."""
        return self.digest[:VERSION_LENGTH]

    @cached_property
    def base_log_odds(self) -> float:
        """The calibrated log-odds that reasons start from: constant in a version."""
        return float(self.calibration.apply(np.array(self.estimator.base)))

    @property
    def base_risk(self) -> float:
        """The risk at ``base_log_odds``."""
        return float(to_risk(np.array(self.base_log_odds)))

    def build_design_matrix(self, features: pd.DataFrame) -> DesignMatrix | None:
        """Build once what ``score`` and ``estimate_uncertainty`` share of *features*.

        None where the model has no uncertainty, and so nothing to share. It takes
        8 bytes a case and column of the design: hold it for a part, not for a table.
        Raises ModelError where the columns are not the model's, in its order.
        """
        values = self._values(features)
        return self.uncertainty.build_matrix(values) if self.uncertainty else None

    def score(
        self, features: pd.DataFrame, *, matrix: DesignMatrix | None = None
    ) -> Scored:
        """Risk and contributions of each row of *features*.

        *matrix* is ``build_design_matrix`` of the same rows, where somebody asks for
        their uncertainty as well. Raises ModelError where the columns are not the
        model's, in its order.
        """
        shared = self.estimator.compute_contributions(self._values(features), matrix)
        uncalibrated = self.estimator.base + shared.sum(axis=1)
        slope = self.calibration.slope_between(self.estimator.base, uncalibrated)
        contributions = slope[:, None] * shared
        log_odds = self.base_log_odds + contributions.sum(axis=1)
        return Scored(to_risk(log_odds), log_odds, contributions, uncalibrated)

    def compute_shares(
        self,
        features: pd.DataFrame,
        scored: Scored,
        elapsed: npt.NDArray[np.int64],
        *,
        matrix: DesignMatrix | None = None,
    ) -> dict[int, OutcomeShares]:
        """Return the three shares of each case at each horizon, by its weeks.

        *scored* are the scores of these *features*, *elapsed* the weeks from the clock
        to T0, *matrix* is as in ``score``. None at all where the model has no horizons.
        """
        if self.horizons is None:
            return {}
        parts = self.horizons.compute_parts(self._values(features), matrix)
        return self.horizons.shares(scored.log_odds, elapsed, parts)

    def compute_still_in_risk(
        self,
        scored: Scored,
        elapsed: npt.NDArray[np.int64],
        still_in: npt.NDArray[np.int64],
    ) -> Numbers:
        """Return P(long) of each case given that it is in in the week *still_in*.

        It is as Horizons.risk_still_in says, which is a level and no order; NaN where
        the model has no horizons, or to be in is not to be long (``ended_within``).
        """
        if self.horizons is None or not self.spec.outcome.asks_who_is_in:
            return np.full(len(elapsed), np.nan)
        return self.horizons.risk_still_in(scored.log_odds, elapsed, still_in)

    def estimate_uncertainty(
        self,
        features: pd.DataFrame,
        scored: Scored,
        *,
        thresholds: Numbers | None = None,
        matrix: DesignMatrix | None = None,
    ) -> ScoreUncertainty:
        """How sure *scored* is, the scores of these *features*.

        *thresholds* are those of the cases' units; without one nothing is proposed, and
        how many models agree is NaN. *matrix* is as in ``score``.
        """
        none, abstained_by = np.full(len(features), np.nan), self._abstain(features)
        if self.uncertainty is None:
            return ScoreUncertainty(none, none, none, 0, abstained_by)
        uncertainty = self.uncertainty.estimate(
            scored.uncalibrated,
            matrix or self.uncertainty.build_matrix(self._values(features)),
            self.calibration,
            thresholds=none if thresholds is None else thresholds,
        )
        models = self.uncertainty.models
        agree = uncertainty.agree if models else none
        return ScoreUncertainty(
            uncertainty.low, uncertainty.high, agree, models, abstained_by
        )

    def find_abstained(self, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return the cases whose score is not shown, and so never proposed."""
        return mark_abstained(self._abstain(features))

    def _abstain(self, features: pd.DataFrame) -> npt.NDArray[np.object_]:
        """Return by which rules each score is not shown; None where it is."""
        if self.training_profile is None:
            return np.full(len(features), None, dtype=object)
        return find_abstentions(
            self.training_profile,
            self.features,
            self._values(features),
            self.spec.abstain,
        )

    def band(
        self, risk: Numbers, proposed: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.str_]:
        """Return the band of each case: first (proposed), raised or usual."""
        high = np.where(risk > self.policy.base_risk, "raised", "usual")
        return np.where(proposed, "first", high)

    def as_classifier(self) -> "RiskClassifier":
        """Return the calibrated model as a fitted scikit-learn classifier."""
        require_installed("sklearn")
        # For notebooks alone: no score waits for scikit-learn.
        from riskscreen.model.classifier import RiskClassifier  # noqa: PLC0415

        return RiskClassifier(self)

    def explain(self, features: pd.DataFrame) -> Any:
        """Return the contributions to the calibrated log-odds as a shap.Explanation.

        ``values`` are (cases, features), ``base_values`` the base log-odds; every plot
        of shap reads it. The arithmetic is ``score``'s. Raises NotInstalledError where
        shap is not installed.
        """
        require_installed("shap")
        import shap  # noqa: PLC0415  (for notebooks alone; it takes seconds)

        scored = self.score(features)
        return shap.Explanation(
            values=scored.contributions,
            base_values=np.full(len(features), self.base_log_odds),
            data=features.to_numpy(dtype=np.float64),
            feature_names=[f.name for f in self.features],
        )

    def to_files(self) -> dict[str, str]:
        """Return the text of every file of its folder but the manifest, by name."""
        stored = self.to_json()
        files = {
            # Not sorted: the order of the columns is that of the model.
            "specification.json": self.spec.model_dump_json(by_alias=True, indent=1)
            + "\n",
            "model.json": _json(stored["model"]),
            "code_groups.csv": self.code_table_csv,
        }
        if text := self.estimator.to_text():
            files["model.txt"] = text
        # Some tens of thousands of numbers: one line, not one line each.
        if stored["uncertainty"]:
            files[UNCERTAINTY] = (
                json.dumps(stored["uncertainty"], sort_keys=True) + "\n"
            )
        if self.landmarks:
            landmarks = [of.to_json() for of in self.landmarks]
            files[LANDMARKS] = json.dumps(landmarks, sort_keys=True) + "\n"
        return files

    def to_json(self) -> dict[str, Any]:
        """Return what the model and its uncertainty are, each as JSON holds it."""
        stored = {
            "features": [f.name for f in self.features],
            "estimator": self.estimator.to_json(),
            "calibration": asdict(self.calibration),
            "policy": self.policy.to_json(),
            "notes": dict(self.notes),
            "horizons": self.horizons.to_json() if self.horizons else None,
            "reason_groups": [list(group) for group in self.reason_groups],
            "dropped_directions": list(self.dropped_directions),
        }
        if self.keys:
            stored["keys"] = dict(self.keys)
        parts = {
            "uncertainty": self.uncertainty,
            "training_profile": self.training_profile,
        }
        doubt = {name: part.to_json() for name, part in parts.items() if part}
        return {"model": stored, "uncertainty": doubt or None}

    def _values(self, features: pd.DataFrame) -> Numbers:
        """*features* as float64, its columns checked by name and order."""
        if not features.columns.equals(self._columns):
            expected, found = self._columns.tolist(), list(map(str, features.columns))
            raise ModelError(describe_wrong_columns(self.spec.name, expected, found))
        return np.ascontiguousarray(features.to_numpy(dtype=np.float64))


def digest_files(files: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256 of the text of each of *files*, by name, in hex digits."""
    return {name: _digest(text) for name, text in files.items()}


def combine_digests(digests: Mapping[str, str]) -> str:
    """Return the one digest of a model whose files have these *digests*."""
    return _digest("".join(f"{name} {digests[name]}\n" for name in sorted(digests)))


def describe_wrong_columns(name: str, expected: list[str], found: list[str]) -> str:
    """Say which of the *expected* columns the *found* ones are not, and the remedy."""
    missing = [c for c in expected if c not in found]
    extra = sum(c not in expected for c in found)
    what = f"missing {missing[:5]}, and {extra} that are not the model's"
    if not missing and not extra:
        what = "the same columns in another order"
    return (
        f"{name}: the features are not those the model was fitted on ({what}). "
        "Build them with build_features from the model's own specification."
    )


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
