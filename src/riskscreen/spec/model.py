"""How a model is fitted and judged: its split, estimators, gates and baselines."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from riskscreen.spec.words import Part, Share, Words


class Split(Part):
    """Which cases judge the model: the newest matured weeks, or fixed bounds.

    With ``column = "period"`` cases have no dates and the listed periods are the split;
    with dates, ``train_until`` and ``test_until`` fix it (half-open), else the newest
    matured ``test_weeks`` are the test.
    """

    column: Literal["decision_date", "period"] = "decision_date"
    test_weeks: int = Field(default=52, gt=0)
    train_until: date | None = None
    test_until: date | None = None
    train_periods: tuple[int, ...] = ()
    test_periods: tuple[int, ...] = ()
    later_share: Share = 0.3

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.column == "period") != bool(self.train_periods and self.test_periods):
            raise ValueError('column = "period" goes with train_ and test_periods')
        if set(self.train_periods) & set(self.test_periods):
            raise ValueError("a period is in both train_periods and test_periods")
        return self


class Estimator(Part):
    """Which estimators compete, and how they are held back on small, drifting data.

    ``history_gain`` is what the gain of a split on a history feature counts for, an
    intake column's being 1. A search of ``search_trials`` trials may find other trees
    than these settings say (training/search.py); with 0 they stand.
    """

    candidates: tuple[Literal["logistic", "lightgbm"], ...] = ("logistic", "lightgbm")
    seed: int = 0
    spline_knots: int = Field(default=4, ge=2)
    penalties: tuple[float, ...] = (1.0, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 300.0)
    max_rounds: int = Field(default=1500, gt=0)
    learning_rate: float = Field(default=0.03, gt=0)
    max_leaves: int = Field(default=6, ge=2)
    min_rows_in_leaf: int = Field(default=40, ge=1)
    ridge: float = Field(default=20.0, ge=0)
    row_share: Share = 0.7
    column_share: Share = 0.5
    history_gain: Share = 0.4
    search_trials: int = Field(default=8, ge=0)


class Gates(Part):
    """What a model must show before it can be approved.

    ``judged_by`` names intake columns (or municipality) whose groups are judged beside
    those of the audit columns.
    """

    auc_at_most: Share = 0.85
    auc_at_most_reason: str | None = None
    one_column_share_at_most: Share = 0.6
    auc_at_least: Share = 0.55
    calibration_slope_interval_contains: float = 1.0
    worse_log_loss_at_most: float = Field(default=0.002, ge=0)
    worse_brier_at_most: float = Field(default=0.001, ge=0)
    group_calibration_error_at_most: float = Field(default=0.10, gt=0)
    smallest_judged_group: int = Field(default=100, ge=20)
    judged_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _raised_with_a_reason(self) -> Self:
        if self.auc_at_most > 0.85 and not self.auc_at_most_reason:
            raise ValueError("auc_at_most above 0.85 needs auc_at_most_reason")
        return self


class Baseline(Part):
    """A simple rule the model must beat: of few features, or of the weeks gone by.

    ``after_weeks``: the rule flags whoever is still in that many weeks after the
    clock's start. At an earlier T0 it flags nobody; it can only wait.
    """

    label: Words
    features: tuple[str, ...] = ()
    after_weeks: int | None = Field(default=None, gt=0)
    source: str | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if bool(self.features) == (self.after_weeks is not None):
            raise ValueError("name features, or after_weeks, and not both")
        return self
