"""Split the cases of a training into its subsets, by time or by period."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.spec import SplitSettings
from riskscreen.training.resampling import (
    Fold,
    PersonFolds,
    Positions,
    RollingOrigin,
    TimeBlocks,
    assign_person_folds,
)

_NONE: Positions = np.array([], dtype=np.int64)
BLOCKS = 5
"""How many blocks the training cases are cross-fitted by."""

LEAST_LEFT = 0.5
"""The horizon is purged where at least this share of the other cases is left in every
fit: a slope found by fits of fewer would be another model's."""

_PILOT = (
    "The cases span too few horizons for one to stand between training and test: the "
    "newest third tests, and some outcomes of the training came after its first day. "
    "This can be a pilot, and no more, until there are more years of cases."
)


@dataclass(frozen=True, slots=True)
class Split:
    """Which cases train, tune, calibrate and test a model: positions in ``cases``.

    - ``train``: every case with an outcome known before the first test case; the final
      model is fitted on all of them
    - ``calibration``: the newest of these; they tune, stop trees early, and set the
      level of the calibration
    - ``test``: the newest cases, which nothing else sees
    - ``recent``: every case decided since the first calibration case and before the
      test, those without an outcome too; empty where cases have no dates

    ``tuning_train`` follows from these: it trains while a model is tuned. All of
    ``train`` chooses between candidates and gives the calibration slope
    (``split_blocks``).
    """

    cases: pd.DataFrame = field(repr=False)
    train: Positions
    calibration: Positions
    test: Positions
    recent: Positions = field(default_factory=lambda: _NONE)
    first_calibration: pd.Timestamp | None = None
    first_test: pd.Timestamp | None = None
    repeated: int = 0
    returning: int = 0
    words: tuple[str, ...] = ()
    pilot: str | None = None
    """Why what is trained can be no more than a pilot, where it cannot."""

    @property
    def tuning_train(self) -> Positions:
        """Training cases whose outcome was known before the first calibration case.

        Cases decided before that day, whose outcome came after it, are in ``train``
        only: the horizon is the gap. There is none without dates, nor where it would
        leave few of the earlier cases: hyperparameters found on those are another
        model's. Where it leaves nobody the cases make no more than a pilot.
        """
        earlier = np.setdiff1d(self.train, self.calibration)
        if self.first_calibration is None:
            return earlier
        cases = self.cases.iloc[self.train]
        known = self.train[is_known_before(cases, self.first_calibration)]
        is_few = 0 < len(known) < LEAST_LEFT * len(earlier)
        return earlier if is_few else known

    @property
    def sizes(self) -> dict[str, int]:
        """How many cases each subset holds."""
        return {
            "train": len(self.train),
            "tuning_train": len(self.tuning_train),
            "calibration": len(self.calibration),
            "test": len(self.test),
            "repeated_in_test": self.repeated,
            "test_cases_of_known_persons": self.returning,
        }

    @property
    def test_window(self) -> tuple[str, str]:
        """The first and the last day of the test (ISO), or its first and last period.

        By them two tests of one site are known to share cases.
        """
        column = "decision_date" if self.first_test is not None else "period"
        values = self.cases[column].iloc[self.test]
        first, last = values.min(), values.max()
        if self.first_test is not None:
            return f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
        return f"period {int(first):06d}", f"period {int(last):06d}"

    def split_past(self) -> tuple[Fold[Positions], ...]:
        """Return rolling-origin folds of the tuning cases; none without dates."""
        if self.first_calibration is None:
            return ()
        places = self.tuning_train
        cases = self.cases.iloc[places]
        folds = RollingOrigin(cases["decision_date"], cases["known_on"]).split()
        return tuple(Fold(places[fold.train], places[fold.test]) for fold in folds)

    def split_blocks(self, *, seed: int = 0) -> "Blocks":
        """Return the blocks of the training cases, each with what trains without it.

        Blocks of intake time, persons whole, purged of the horizon at either side
        (TimeBlocks); not purged where data are so short that little would be left, and
        folds of persons where there are no dates.
        """
        cases = self.cases.iloc[self.train]
        persons = cases["person_id" if "person_id" in cases else "case_id"]
        random = tuple(PersonFolds(BLOCKS, seed=seed).split(cases, groups=persons))
        if "decision_date" not in cases:
            return Blocks(random, by="folds of persons")
        days = cases["decision_date"], cases["known_on"]
        if self.first_calibration is not None:  # no pilot: outcomes have their day
            purged = tuple(
                TimeBlocks(*days, n_splits=BLOCKS).split(cases, groups=persons)
            )
            if all(
                len(fold.train) >= LEAST_LEFT * (len(cases) - len(fold.test))
                for fold in purged
            ):
                return Blocks(
                    purged, by="blocks of time, a horizon purged at either side"
                )
        whole = TimeBlocks(*days, n_splits=BLOCKS, purge=False)
        blocks = tuple(whole.split(cases, groups=persons))
        if all(len(fold.train) for fold in blocks):
            return Blocks(blocks, by="blocks of time, too short to purge a horizon")
        return Blocks(random, by="folds of persons")

    def leave_out(self, group: Positions) -> "Split":
        """Return this split trained without *group*, and tested on it alone."""
        return replace(
            self,
            train=np.setdiff1d(self.train, group),
            calibration=np.setdiff1d(self.calibration, group),
            test=np.intersect1d(self.test, group),
            recent=np.setdiff1d(self.recent, group),
        )

    @property
    def can_train(self) -> bool:
        """Whether there are cases to tune and to calibrate by."""
        return replace(self, test=self.train).empty_subset is None

    @property
    def empty_subset(self) -> str | None:
        """The first subset that has no case, if any: nothing can be trained then.

        Training cases of which a block would be empty are none.
        """
        for name in ("test", "tuning_train", "calibration"):
            if not len(getattr(self, name)):
                return name
        return "train" if len(self.train) < BLOCKS else None


@dataclass(frozen=True, slots=True)
class Blocks:
    """Folds of the training cases, as positions among them; each case tests once.

    ``by`` says in words what makes a fold.
    """

    folds: tuple[Fold[Positions], ...]
    by: str

    @property
    def block(self) -> Positions:
        """The number of the fold that tests each case."""
        numbers = np.empty(sum(len(fold.test) for fold in self.folds), dtype=np.int64)
        for number, fold in enumerate(self.folds):
            numbers[fold.test] = number
        return numbers


def split_cases(cases: pd.DataFrame, rule: SplitSettings, *, seed: int = 0) -> Split:
    """Split *cases* as the specification's *rule* says.

    Takes columns case_id, person_id, start_date, decision_date, known_on (the day
    the outcome could first be known) and long (1, 0, or NaN where there is no outcome;
    without the column all have one); with ``rule.column == "period"`` case_id, period
    and long, and person_id where there is one.

    Data too short for the horizon to stand between the parts are split without that
    gap, and the split says that it is a *pilot*. Raises TableError where a subset would
    be empty all the same.
    """
    is_labelled = cases["long"].notna() if "long" in cases else cases["case_id"].notna()
    labelled = np.flatnonzero(is_labelled)
    by_period = rule.column == "period"
    split = (
        _split_by_period(cases, labelled, rule, seed)
        if by_period
        else _split_by_date(cases, labelled, rule)
    )
    if (name := split.empty_subset) is None:
        return split
    if len(labelled) and _may_be_pilot(rule):
        pilot = _split_pilot(cases, labelled, rule)
        if pilot.empty_subset is None:
            return pilot
    raise TableError(_too_few(name, len(split.train)))


def is_known_before(cases: pd.DataFrame, day: pd.Timestamp) -> npt.NDArray[np.bool_]:
    """Return which cases were decided, and had their outcome known, before *day*."""
    before = (cases["decision_date"] < day) & (cases["known_on"] < day)
    return before.to_numpy(dtype=np.bool_)


def _split_by_date(
    cases: pd.DataFrame, labelled: Positions, rule: SplitSettings
) -> Split:
    decided = cases["decision_date"]
    t0 = decided.iloc[labelled]
    start, end = _find_test_bounds(t0, rule)
    in_test = ((t0 >= start) & (t0 < end)).to_numpy()
    if not in_test.any():
        return Split(cases, _NONE, _NONE, _NONE)
    first_test = t0[in_test].min()
    before = is_known_before(cases.iloc[labelled], min(start, first_test))
    train, test = labelled[before], labelled[in_test]
    return _split_training(cases, train, test, rule)


def _split_training(
    cases: pd.DataFrame, train: Positions, test: Positions, rule: SplitSettings
) -> Split:
    """Split cases that train from those that test, and set the newest training apart.

    A test case that is a training case too is taken out of the test, and counted.
    """
    decided = cases["decision_date"]
    first_test = decided.iloc[test].min()
    repeated = find_repeated(cases, train, test, ["person_id", "start_date"])
    test = np.setdiff1d(test, repeated)
    if not len(train):
        return Split(cases, _NONE, _NONE, test)
    first_calibration = find_date(decided.iloc[train], 1 - rule.holdout_share)
    calibration = train[(decided.iloc[train] >= first_calibration).to_numpy()]
    recent = decided.between(first_calibration, first_test, inclusive="left")
    return Split(
        cases=cases,
        train=train,
        calibration=calibration,
        test=test,
        recent=np.flatnonzero(recent),
        first_calibration=first_calibration,
        first_test=first_test,
        repeated=len(repeated),
        returning=_count_returning(cases, train, test),
        words=_describe_repeated(len(repeated)),
    )


def _may_be_pilot(rule: SplitSettings) -> bool:
    """Tell whether nobody stated which days train and test."""
    return rule.column != "period" and not (rule.train_until or rule.test_until)


def _split_pilot(
    cases: pd.DataFrame, labelled: Positions, rule: SplitSettings
) -> Split:
    """Split by time with no horizon between the parts, for data of few horizons.

    The newest third tests, and all before it train, though some of their outcomes were
    known only when the test had begun: what is found so is no proof.
    """
    t0 = cases["decision_date"].iloc[labelled]
    before = (t0 < find_date(t0, 2 / 3)).to_numpy()
    split = _split_training(cases, labelled[before], labelled[~before], rule)
    return replace(
        split,
        recent=_NONE,
        first_calibration=None,
        first_test=None,
        words=(_PILOT, *split.words),
        pilot=_PILOT,
    )


def _find_test_bounds(
    t0: "pd.Series[Any]", rule: SplitSettings
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first day of the test, and the first day after it."""
    end = t0.max() + pd.Timedelta(days=1)
    if rule.test_until:
        end = pd.Timestamp(rule.test_until)
    if rule.train_until:
        return pd.Timestamp(rule.train_until), end
    return end - pd.Timedelta(weeks=rule.test_weeks), end


def find_date(dates: "pd.Series[Any]", share: float) -> pd.Timestamp:
    """Return the date that *share* of *dates* lie before."""
    ordered = dates.sort_values()
    return pd.Timestamp(ordered.iloc[min(int(share * len(dates)), len(dates) - 1)])


def _split_by_period(
    cases: pd.DataFrame, labelled: Positions, rule: SplitSettings, seed: int
) -> Split:
    known = cases.iloc[labelled]
    period = known["period"].to_numpy()
    persons = known["person_id"]
    in_training = np.isin(period, rule.train_periods)
    is_newest, words = _find_newest_periods(period, persons, in_training, rule, seed)
    train = labelled[in_training]
    test = labelled[np.isin(period, rule.test_periods)]
    repeated = find_repeated(cases, train, test, ["case_id"])
    test = np.setdiff1d(test, repeated)
    return Split(
        cases=cases,
        train=train,
        calibration=labelled[is_newest],
        test=test,
        repeated=len(repeated),
        returning=_count_returning(cases, train, test),
        words=(*words, *_describe_repeated(len(repeated))),
    )


def _find_newest_periods(
    period: npt.NDArray[Any],
    persons: pd.Series,
    in_training: npt.NDArray[np.bool_],
    rule: SplitSettings,
    seed: int,
) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """Return the calibration cases: the newest whole periods, or a random part."""
    newest_first = sorted(set(period[in_training].tolist()), reverse=True)
    wanted = rule.holdout_share * in_training.sum()
    if len(newest_first) > 1:
        sizes = np.cumsum([(period[in_training] == p).sum() for p in newest_first])
        count = min(int(np.searchsorted(sizes, wanted)) + 1, len(newest_first) - 1)
        words = "Periods carry no dates, so no horizon stands between the parts."
        return in_training & np.isin(period, newest_first[:count]), (words,)
    assigned = assign_person_folds(persons, folds=100, seed=seed)
    words = (
        "There is one training period, so a random part of its persons (seeded) tunes "
        "the model and sets its level; no later time does."
    )
    return in_training & (assigned < round(100 * rule.holdout_share)), (words,)


def find_repeated(
    cases: pd.DataFrame, train: Positions, test: Positions, names: list[str]
) -> Positions:
    """Return the test cases with a training case's id, or its *names*."""
    tested, trained = cases.iloc[test], cases.iloc[train]
    same_case = tested["case_id"].isin(trained["case_id"]).to_numpy()
    keys = pd.MultiIndex.from_frame(tested[names])
    same_key = keys.isin(pd.MultiIndex.from_frame(trained[names]))
    return test[same_case | same_key]


def _count_returning(cases: pd.DataFrame, train: Positions, test: Positions) -> int:
    """Return how many test cases belong to a person who also has a training case.

    They stay: at T0 the site knew the person's earlier cases, and will again.
    """
    persons = cases["person_id"]
    return int(persons.iloc[test].isin(persons.iloc[train]).sum())


def _describe_repeated(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (
        f"{count} test cases are the same case as a training case (same id, or same "
        "person and start date); they were taken out of the test. "
        "Deliver each case once.",
    )


def _too_few(subset: str, labelled: int) -> str:
    return (
        f"No case is left for the subset {subset!r} of the split "
        f"({labelled} cases have an outcome known before the test). "
        "Deliver more years of cases, or change [split] in the specification."
    )
