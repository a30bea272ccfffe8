"""How a model is fitted and evaluated: its split, estimators, gates and baselines."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from riskscreen.spec.words import Fault, PlainValue, Share, SpecModel, Words

EstimatorName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class SplitSettings(SpecModel):
    """Which cases are the test set: the newest matured weeks, or fixed bounds.

    With ``column = "period"`` cases have no dates and the listed periods are the split;
    with dates, ``train_until`` and ``test_until`` fix it (half-open), else the newest
    matured ``test_weeks`` are the test.
    """

    column: Literal["decision_date", "period"] = "decision_date"
    """What orders the cases; period where they carry no dates."""
    test_weeks: int = Field(default=52, gt=0)
    """How many of the newest weeks with known outcomes are the test."""
    train_until: date | None = None
    """Training ends before this day, instead of test_weeks before the newest."""
    test_until: date | None = None
    """The test ends before this day."""
    train_periods: tuple[int, ...] = ()
    """The periods that train, where column is period."""
    test_periods: tuple[int, ...] = ()
    """The periods that test, where column is period."""
    holdout_share: Share = 0.3
    """The share of the training cases, the newest, that tune, stop trees early, and set
    the level of the calibration."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield where periods and dates are mixed, or a period is used twice."""
        if (self.column == "period") != bool(self.train_periods and self.test_periods):
            rule = 'column = "period" goes with train_ and test_periods'
            yield ("column",), f"{rule}; add them, or split by decision_date"
        if twice := sorted(set(self.train_periods) & set(self.test_periods)):
            rule = f"a period is in both train_periods and test_periods: {twice}"
            yield ("test_periods",), f"{rule}; take it out of one"


class EstimatorSettings(SpecModel):
    """Which estimators compete, and their hyperparameters for small, drifting data.

    A search of ``tuning_trials`` trials may find other trees than these settings say
    (training/candidates/tuning.py); with 0 they stand.
    """

    candidates: tuple[EstimatorName, ...] = ("logistic", "lightgbm")
    """The estimators that are trained and compared: logistic, lightgbm, or the
    name that another package registers its own by (docs/how-to/estimators.md)."""
    seed: int = 0
    """The seed of whatever is drawn."""
    spline_knots: int = Field(default=4, ge=2)
    """Inner knots of each number's piecewise-linear basis; two where the rarer outcome
    has fewer than 100 cases, one where fewer than 30 (logistic)."""
    penalties: tuple[float, ...] = (1.0, 3.0, 6.0, 12.0, 25.0, 50.0, 100.0, 300.0)
    """The ridge penalties to choose among (logistic)."""
    max_rounds: int = Field(default=1500, gt=0)
    """The most boosting rounds before early stopping (LightGBM)."""
    learning_rate: float = Field(default=0.03, gt=0)
    """The learning rate of the final trees (LightGBM)."""
    num_leaves: int = Field(default=6, ge=2)
    """The most leaves of a tree (LightGBM)."""
    min_data_in_leaf: int = Field(default=40, ge=1)
    """The fewest cases in a leaf (LightGBM)."""
    lambda_l2: float = Field(default=20.0, ge=0)
    """The L2 penalty on leaf values (LightGBM)."""
    bagging_fraction: Share = 0.7
    """The share of cases that each tree is grown on (LightGBM)."""
    feature_fraction: Share = 0.5
    """The share of features that each tree is grown on (LightGBM)."""
    history_gain_factor: Share = 0.4
    """What the gain of a split on a history feature counts for, an intake column's
    being 1 (LightGBM)."""
    tuning_trials: int = Field(default=8, ge=0)
    """Trials of the hyperparameter search; 0 lets the settings stand (LightGBM)."""
    parameters: dict[EstimatorName, dict[str, PlainValue]] = Field(default={})
    """What another package's estimator takes beside the keys above: its constructor's
    parameters, under its name (docs/how-to/estimators.md)."""

    @model_serializer(mode="wrap")
    def _leave_out_what_nobody_states(
        self, serialise: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        """Write no *parameters* where there are none.

        A model's version is of how its specification is written, and those that stand
        were written before there was such a key.
        """
        content: dict[str, Any] = serialise(self)
        return {k: v for k, v in content.items() if k != "parameters" or v}

    def find_faults(self) -> Iterator[Fault]:
        """Yield where no estimator is named, a blend lacks members, or nobody asks."""
        named, members = set(self.candidates), {"logistic", "lightgbm"}
        if not named:
            yield ("candidates",), "no estimator is named; name logistic, lightgbm"
        elif "blend" in named and not members <= named:
            rule = "a blend is of logistic and lightgbm"
            yield ("candidates",), f"{rule}; name both, and it competes beside them"
        for kind in self.parameters:
            if kind in members | {"blend"}:
                rule = "the parameters of this estimator are keys of [estimator]"
                yield ("parameters", kind), f"{rule}; write them there"
            elif kind not in named:
                rule = "no such candidate"
                yield (
                    ("parameters", kind),
                    f"{rule}; name it in candidates, or leave it out",
                )


class Gates(SpecModel):
    """What a model must show before it can be approved.

    The 95 % interval of a figure must lie within its bounds (evaluation/gates.py); each
    bound's reason stands in docs/explanation/decisions/gates.md.
    """

    auc_at_most: Share = 0.85
    """A higher area under the curve is taken for a leak."""
    auc_at_most_reason: str | None = None
    """Why a higher auc_at_most than 0.85 is believed here."""
    column_contribution_share_at_most: float = Field(default=0.6, ge=0, le=0.6)
    """The largest share of the model's signal that one column may carry: of
    (AUC − ½)²; may only be lowered."""
    column_auc_at_most: float = Field(default=0.75, ge=0.5, le=0.75)
    """A column that carries more than that share is taken for a leak where its AUC
    alone is higher; may only be lowered."""
    auc_at_least: float = Field(default=0.55, ge=0.55, le=1)
    """A lower area under the curve is of no use; may only be raised."""
    observed_minus_expected_at_most: float = Field(default=0.04, gt=0, le=0.04)
    """How far the mean risk may lie from the observed share; may only be lowered."""
    calibration_slope_at_least: float = Field(default=0.75, ge=0.75, lt=1)
    """A lower calibration slope: the risks are too extreme; may only be raised."""
    calibration_slope_at_most: float = Field(default=1.30, gt=1, le=1.30)
    """A higher calibration slope: the risks are too timid; may only be lowered."""
    ici_at_most: float = Field(default=0.05, gt=0, le=0.05)
    """The largest integrated calibration index; may only be lowered."""
    log_loss_increase_at_most: float = Field(default=0.002, ge=0, le=0.002)
    """How much higher the log loss may be than that of the model compared with (the
    approved one, a baseline); may only be lowered."""
    brier_increase_at_most: float = Field(default=0.001, ge=0, le=0.001)
    """How much higher the Brier score may be than that of the model compared with; may
    only be lowered."""
    group_calibration_error_at_most: float = Field(default=0.08, gt=0, le=0.08)
    """How far a group's mean risk may lie from its observed share, after shrinkage; may
    only be lowered."""
    shipped_risk_difference_at_most: float = Field(default=0.08, gt=0, le=0.08)
    """How far the risks of the shipped model, which is fitted to the newest outcomes
    too, may lie from the judged one's, in the mean over the newest intake; may only be
    lowered."""
    shipped_proposal_changes_at_most: float = Field(default=0.2, gt=0, le=0.2)
    """The largest share of the newest intake that one of the two proposes and the other
    does not; may only be lowered."""
    smallest_evaluated_group: int = Field(default=100, ge=20)
    """Groups of fewer test cases get no ICI of their own; the gate judges them with the
    others of their column."""
    evaluated_by: tuple[str, ...] = ()
    """Intake columns (or municipality) whose groups are evaluated beside those of the
    audit columns."""

    def find_wider(self, bounds: Mapping[str, float]) -> dict[str, float]:
        """Return, of *bounds*, those that are wider than these, with these in place."""
        own = {name: float(getattr(self, name)) for name in bounds}
        return {
            name: own[name]
            for name, bound in bounds.items()
            # Asked so that what is no number is not narrower either.
            if not (bound <= own[name] if name.endswith("most") else bound >= own[name])
        }

    def find_faults(self) -> Iterator[Fault]:
        """Yield a raised bound without its reason."""
        if self.auc_at_most > 0.85 and not self.auc_at_most_reason:
            rule = "auc_at_most above 0.85 needs auc_at_most_reason"
            yield ("auc_at_most",), f"{rule}; add it"


class Baseline(SpecModel):
    """A simple rule the model must beat: of few features, or of the weeks gone by."""

    label: Words
    """What the card calls the rule."""
    features: tuple[str, ...] = ()
    """The features that the rule is fitted on."""
    after_weeks: int | None = Field(default=None, gt=0)
    """The rule flags whoever is still in that many weeks after the clock's start. At
    an earlier T0 it flags nobody; it can only wait."""
    source: str | None = None
    """The document that the rule is from."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield where the rule is of both kinds, or of none."""
        if bool(self.features) == (self.after_weeks is not None):
            yield (), "name features, or after_weeks, and not both"
