"""How sure a score is: its interval, and how many equally good models agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.design import Design, DesignMatrix
from riskscreen.model.incidence import Calibration

Numbers = npt.NDArray[np.float64]

LEVEL = 0.90
"""How many of a hundred true risks should lie within their interval, in the mean."""
_WITHIN = 1.6448536269514722
"""The normal quantile of LEVEL, two-sided."""

RESIDUAL_VARIANCE = 0.03
"""The variance, in log-odds squared, of what no case so far can show: where the level
will stand when a score is used, and shapes that no candidate has.

Assumed, with made-up data in view, whose true risk is known (python -m
benchmarks.intervals): no outcome, a yes or a no, shows a single true risk.
"""

_DECIMALS = 4
"""Bounds are told no finer than they are known; so a case alone has those it has
among others."""


@dataclass(frozen=True, slots=True)
class ParameterUncertainty:
    """What the training cases leave open of a linear fit: its log-odds' deviations.

    ``directions`` (how many, columns + 1; the last is the intercept's) times a case's
    columns are its deviations in log-odds; their squares add up to the variance. It is
    the curvature of the likelihood at the fit, with a prior of its own and not the
    penalty that predicts best (training/model_parts/uncertainty.py): the posterior
    of a penalised fit, whose intervals cover well in the mean over cases (Nychka 1988,
    J Am Stat Assoc 83: 1134-1143).
    """

    design: Design
    directions: Numbers

    def variance(self, columns: Numbers) -> Numbers:
        """Return the variance of each row of *columns* (``columns_of``)."""
        return np.asarray(((columns @ self.directions.T) ** 2).sum(axis=1))

    def columns_of(self, values: Numbers) -> Numbers:
        """Return the design's columns of *values*, and a one for the intercept."""
        return self.design.build_matrix(values).with_intercept


@dataclass(frozen=True, slots=True)
class CalibrationResidual:
    """How later outcomes bend away from the calibration, by uncalibrated log-odds.

    ``by`` is the bend in log-odds at each of ``at`` (straight lines between, flat
    beyond), ``covariance`` how far it may be off. ``model_disagreement`` is how far
    the other candidates lie from the chosen one there, squared: what one kind of model
    cannot show. Two candidates as good, each off by itself, lie apart by the sum of
    what both are off, so half of it counts.
    """

    at: Numbers
    by: Numbers
    covariance: Numbers
    model_disagreement: Numbers

    def basis(self, log_odds: Numbers) -> Numbers:
        """Return the share of each knot in each of *log_odds*, (cases, knots)."""
        rows = np.eye(len(self.at))
        return np.column_stack([np.interp(log_odds, self.at, row) for row in rows])

    def shift(self, log_odds: Numbers) -> Numbers:
        """Return the residual at each of *log_odds*."""
        return np.asarray(np.interp(log_odds, self.at, self.by))

    def variance(self, log_odds: Numbers) -> Numbers:
        """Return the variance of the residual and between estimators."""
        basis = self.basis(log_odds)
        own = (basis @ self.covariance * basis).sum(axis=1)
        return np.asarray(
            own + np.interp(log_odds, self.at, self.model_disagreement) / 2
        )


@dataclass(frozen=True, slots=True)
class EquallyGoodModels:
    """Models that judge later cases as well as the chosen one, and their thresholds.

    ``deviations`` (models, columns + 1) times a case's columns are added to the chosen
    model's uncalibrated log-odds; ``offsets`` are how far above the chosen model's
    threshold each has its own, at which it fills the same share of places.
    """

    deviations: Numbers
    offsets: Numbers

    def agree(
        self,
        log_odds: Numbers,
        columns: Numbers,
        calibration: Calibration,
        *,
        thresholds: Numbers,
    ) -> Numbers:
        """How many of them would propose each case; NaN where it has no threshold.

        *thresholds* are the chosen model's, in calibrated log-odds.
        """
        theirs = log_odds[:, None] + columns @ self.deviations.T
        # As coarse as what is told: the last bit of a sum decides no proposal.
        above = calibration.apply(theirs - self.offsets) - thresholds[:, None]
        proposed = (np.round(above, 9) >= 0).sum(axis=1)
        return np.where(np.isnan(thresholds), np.nan, proposed)


@dataclass(frozen=True, slots=True)
class RiskInterval:
    """For each case the interval of its risk, and how many peers propose it."""

    low: Numbers
    high: Numbers
    agree: Numbers


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Everything that the interval of a score is made of; aggregates alone."""

    parameter: ParameterUncertainty
    residual: CalibrationResidual
    equally_good: EquallyGoodModels

    def estimate(
        self,
        log_odds: Numbers,
        matrix: DesignMatrix,
        calibration: Calibration,
        *,
        thresholds: Numbers,
    ) -> RiskInterval:
        """Estimate the interval of the cases of *matrix*, built by ``build_matrix``.

        *log_odds* are the chosen model's, uncalibrated; *thresholds* the risks from
        which on each case would be proposed, NaN where there are no places. The
        interval lies around what later outcomes say of this log-odds, and always holds
        the shown risk.
        """
        with np.errstate(divide="ignore"):
            proposed_from = np.log(thresholds) - np.log1p(-thresholds)
        columns = matrix.with_intercept
        shown = calibration.apply(log_odds)
        own = self.parameter.variance(columns)
        # Not times the calibration's slope: where fits know little it is small, and
        # the risk is known no better for it.
        variance = own + self.residual.variance(log_odds) + RESIDUAL_VARIANCE
        middle = shown + self.residual.shift(log_odds)
        # A sum's last bits depend on the cases beside it; what is told must not.
        reach, middle = np.round(_WITHIN * np.sqrt(variance), 9), np.round(middle, 9)
        low, high = np.minimum(middle - reach, shown), np.maximum(middle + reach, shown)
        return RiskInterval(
            low=np.floor(to_risk(low) * 10**_DECIMALS) / 10**_DECIMALS,
            high=np.ceil(to_risk(high) * 10**_DECIMALS) / 10**_DECIMALS,
            agree=self.equally_good.agree(
                log_odds, columns, calibration, thresholds=proposed_from
            ),
        )

    def build_matrix(self, values: Numbers) -> DesignMatrix:
        """Build the columns that ``estimate`` needs of cases with these *values*."""
        return self.parameter.design.build_matrix(values)

    @property
    def models(self) -> int:
        """How many peers there are."""
        return len(self.equally_good.offsets)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain lists."""
        return {
            "design": self.parameter.design.to_json(),
            "directions": self.parameter.directions.tolist(),
            "residual_knots": self.residual.at.tolist(),
            "residual_shift": self.residual.by.tolist(),
            "residual_covariance": self.residual.covariance.tolist(),
            "model_disagreement": self.residual.model_disagreement.tolist(),
            "deviations": self.equally_good.deviations.tolist(),
            "offsets": self.equally_good.offsets.tolist(),
        }


def uncertainty_from_json(stored: Mapping[str, Any]) -> Uncertainty:
    """Return the uncertainty that ``to_json`` wrote."""
    design = Design.from_json(stored["design"])
    columns = len(design.feature) + 1

    def table(name: str, width: int) -> Numbers:
        return np.array(stored[name], dtype=np.float64).reshape(-1, width)

    knots = np.array(stored["residual_knots"], dtype=np.float64)
    return Uncertainty(
        parameter=ParameterUncertainty(design, table("directions", columns)),
        residual=CalibrationResidual(
            at=knots,
            by=np.array(stored["residual_shift"], dtype=np.float64),
            covariance=table("residual_covariance", len(knots)),
            model_disagreement=np.array(stored["model_disagreement"], dtype=np.float64),
        ),
        equally_good=EquallyGoodModels(
            table("deviations", columns),
            np.array(stored["offsets"], dtype=np.float64),
        ),
    )
