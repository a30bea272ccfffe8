"""Split the labelled cases into training, validation, calibration and test sets."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.spec import SplitSettings as SplitRule

Positions = npt.NDArray[np.int64]

_WINDOWS = 3
_WINDOWED = 0.6
_FEWEST_TAUGHT = 500


@dataclass(frozen=True, slots=True)
class Split:
    """Row positions of the parts of a table of cases whose outcome is known.

    ``training`` holds every case that may teach. ``earlier`` teaches while a model is
    being chosen, ``tuning`` stops it, ``choosing`` chooses between candidates; the last
    two are the newest training cases (``later``). Cases taken in before the first later
    one, whose outcome came after it, are in ``training`` only: the horizon is the gap.
    ``left_out`` is a municipality none of whose cases may teach, open ones included.
    """

    training: Positions
    earlier: Positions
    tuning: Positions
    choosing: Positions
    test: Positions
    first_later: pd.Timestamp | None = None
    first_test: pd.Timestamp | None = None
    repeated: int = 0
    returning: int = 0
    words: tuple[str, ...] = ()
    left_out: str | None = None

    @property
    def later(self) -> Positions:
        """The newest training cases: those that stop, select_model and calibrate."""
        return np.sort(np.concatenate([self.tuning, self.choosing]))


def split_cases(cases: pd.DataFrame, rule: SplitRule, *, seed: int = 0) -> Split:
    """Split *cases*, all with a known outcome, as the specification's *rule* says.

    Takes columns case_id, person_id, start_date, decision_date and known_on (the day
    the outcome could first be known); with ``rule.column == "period"`` case_id and
    period, and person_id where there is one.

    Raises TableError where a part would be empty.
    """
    by_period = rule.column == "period"
    split = _by_period(cases, rule, seed) if by_period else _by_date(cases, rule)
    for part in ("earlier", "tuning", "choosing", "test"):
        if not len(getattr(split, part)):
            raise TableError(_too_few(part, split))
    return split


def is_known_before(cases: pd.DataFrame, first: pd.Timestamp) -> Any:
    """Which cases were taken in, and had their outcome known, before *first*."""
    return ((cases["decision_date"] < first) & (cases["known_on"] < first)).to_numpy()


def past_windows(
    cases: pd.DataFrame, split: Split
) -> tuple[tuple[Positions, Positions], ...]:
    """(taught, judged) positions within ``earlier``: spans of time, each with its past.

    The newest _WINDOWED of the earlier cases, as _WINDOWS spans of as many cases; what
    teaches was taken in, and had its outcome known, before the first case of the span.
    Spans with a past of fewer than _FEWEST_TAUGHT cases are left out; without dates
    there is none.
    """
    if split.first_later is None:
        return ()
    earlier = cases.iloc[split.earlier]
    order = np.argsort(earlier["decision_date"].to_numpy(), kind="stable")
    newest = order[len(order) - round(_WINDOWED * len(order)) :]
    found = []
    for places in np.array_split(newest, _WINDOWS):
        if not len(places):
            continue
        first = earlier["decision_date"].iloc[places].min()
        taught = split.earlier[is_known_before(earlier, first)]
        if len(taught) >= _FEWEST_TAUGHT:
            found.append((taught, np.sort(split.earlier[places])))
    return tuple(found)


def assign_person_folds(persons: pd.Series, *, folds: int, seed: int) -> Positions:
    """A fold number per row; a person is in one fold, whatever the rows' order."""
    names, which = np.unique(persons.astype(str).to_numpy(), return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    return np.asarray(dealt[which], dtype=np.int64)


def _by_date(cases: pd.DataFrame, rule: SplitRule) -> Split:
    t0 = cases["decision_date"]
    start, end = _test_bounds(t0, rule)
    in_test = ((t0 >= start) & (t0 < end)).to_numpy()
    if not in_test.any():
        raise TableError(_too_few("test", None))
    first_test = t0[in_test].min()
    training = np.flatnonzero(is_known_before(cases, min(start, first_test)))
    repeated = in_test & _in_training_too(cases, training, ["person_id", "start_date"])
    test = np.flatnonzero(in_test & ~repeated)
    return _later_by_date(
        cases,
        rule,
        Split(
            training=training,
            earlier=_NONE,
            tuning=_NONE,
            choosing=_NONE,
            test=test,
            first_test=first_test,
            repeated=int(repeated.sum()),
            returning=_returning(cases, training, test),
            words=_repeated_words(int(repeated.sum())),
        ),
    )


def _test_bounds(t0: pd.Series, rule: SplitRule) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First day of the test, and the first day after it."""
    end = t0.max() + pd.Timedelta(days=1)
    if rule.test_until:
        end = pd.Timestamp(rule.test_until)
    if rule.train_until:
        return pd.Timestamp(rule.train_until), end
    return end - pd.Timedelta(weeks=rule.test_weeks), end


def _later_by_date(cases: pd.DataFrame, rule: SplitRule, split: Split) -> Split:
    """*split* with the newest training cases as later ones, halved by time."""
    if len(split.training) == 0:
        return split
    t0 = cases["decision_date"].iloc[split.training]
    first_later = _date_at(t0, 1 - rule.holdout_share)
    later = split.training[(t0 >= first_later).to_numpy()]
    t0_later = cases["decision_date"].iloc[later]
    is_new = (t0_later >= _date_at(t0_later, 0.5)).to_numpy()
    known = is_known_before(cases.iloc[split.training], first_later)
    return replace(
        split,
        earlier=split.training[known],
        tuning=later[~is_new],
        choosing=later[is_new],
        first_later=first_later,
    )


def _date_at(dates: pd.Series, share: float) -> pd.Timestamp:
    """The date that *share* of *dates* lie before."""
    ordered = dates.sort_values()
    return pd.Timestamp(ordered.iloc[min(int(share * len(dates)), len(dates) - 1)])


def _by_period(cases: pd.DataFrame, rule: SplitRule, seed: int) -> Split:
    period = cases["period"].to_numpy()
    persons = cases["person_id" if "person_id" in cases else "case_id"]
    in_training = np.isin(period, rule.train_periods)
    repeated = np.isin(period, rule.test_periods) & _in_training_too(
        cases, np.flatnonzero(in_training), ["case_id"]
    )
    is_later, words = _later_periods(period, persons, in_training, rule, seed)
    is_new = assign_person_folds(persons, folds=2, seed=seed + 1) == 1
    training = np.flatnonzero(in_training)
    test = np.flatnonzero(np.isin(period, rule.test_periods) & ~repeated)
    return Split(
        training=training,
        earlier=np.flatnonzero(in_training & ~is_later),
        tuning=np.flatnonzero(is_later & ~is_new),
        choosing=np.flatnonzero(is_later & is_new),
        test=test,
        repeated=int(repeated.sum()),
        returning=_returning(cases, training, test),
        words=(*words, *_repeated_words(int(repeated.sum()))),
    )


def _later_periods(
    period: npt.NDArray[Any],
    persons: pd.Series,
    in_training: npt.NDArray[np.bool_],
    rule: SplitRule,
    seed: int,
) -> tuple[npt.NDArray[np.bool_], tuple[str, ...]]:
    """The later training cases: the newest whole periods, or a random part."""
    newest_first = sorted(set(period[in_training].tolist()), reverse=True)
    wanted = rule.holdout_share * in_training.sum()
    if len(newest_first) > 1:
        sizes = np.cumsum([(period[in_training] == p).sum() for p in newest_first])
        count = min(int(np.searchsorted(sizes, wanted)) + 1, len(newest_first) - 1)
        words = "Periods carry no dates, so no horizon stands between the parts."
        return in_training & np.isin(period, newest_first[:count]), (words,)
    dealt = assign_person_folds(persons, folds=100, seed=seed)
    words = (
        "There is one training period, so a random part of its persons (seeded) stops, "
        "chooses and calibrates the model; no later time does."
    )
    return in_training & (dealt < round(100 * rule.holdout_share)), (words,)


def _in_training_too(
    cases: pd.DataFrame, training: Positions, names: list[str]
) -> npt.NDArray[np.bool_]:
    """Which rows share *names* (or the case's own id) with a training row."""
    taught = cases.iloc[training]
    same_case = cases["case_id"].isin(taught["case_id"])
    keys = pd.MultiIndex.from_frame(cases[names])
    return np.asarray(same_case) | np.asarray(keys.isin(keys[training]))


def _returning(cases: pd.DataFrame, training: Positions, test: Positions) -> int:
    """How many test cases belong to a person who also has a training case.

    They stay: at T0 the site knew the person's earlier cases, and will again.
    """
    if "person_id" not in cases:
        return 0
    persons = cases["person_id"]
    return int(persons.iloc[test].isin(persons.iloc[training]).sum())


def _repeated_words(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (
        f"{count} test cases are the same case as a training case (same id, or same "
        "person and start date); they were taken out of the test. "
        "Deliver each case once.",
    )


def _too_few(part: str, split: Split | None) -> str:
    known = len(split.training) if split else 0
    return (
        f"No case is left for the part of the split called {part!r} "
        f"({known} cases have an outcome known before the test). "
        "Deliver more years of cases, or change [split] in the specification."
    )


_NONE: Positions = np.array([], dtype=np.int64)
