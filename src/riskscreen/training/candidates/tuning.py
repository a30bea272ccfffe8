"""Tune the estimators' hyperparameters on the validation cases.

Where these are few, folds of the training cases have a say as well. The penalty of the
logistic regression is the best of a path; what regularises the trees is searched by
Optuna: seeded, budgeted, and resumable from an SQLite file.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.exc import SQLAlchemyError

from riskscreen.errors import FileError
from riskscreen.features.catalogue import Feature
from riskscreen.files import fingerprint_table
from riskscreen.folders import create_privately
from riskscreen.folders.locking import BusyError, hold_lock
from riskscreen.model.estimators.lightgbm import (
    LightGBMEstimator,
)
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.events import count_rarer
from riskscreen.progress import Advance
from riskscreen.spec import EstimatorSettings
from riskscreen.sqlite_files import look_into
from riskscreen.training.candidates.losses import calibrated_losses, join_weights
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.jobs import map_fits
from riskscreen.training.resampling import Fold, PersonFolds, Positions, cross_fit

Numbers = npt.NDArray[np.float64]
Losses = Callable[[EstimatorSettings], Numbers]

ENOUGH = 300
"""With fewer validation cases of either outcome than this, folds of the training cases
help.

Found on public data (`make examples`): 586 later claims, 150 of them long, could not
tell a penalty from one 300 times as strong, and took the strongest.
"""

TUNING_RATE_FACTOR = 3.0
"""Tuning uses this multiple of the final learning rate; good regularisation transfers
between rates."""

TUNED_SETTINGS: Mapping[str, tuple[float, float]] = {
    "num_leaves": (2, 16),
    "lambda_l2": (1.0, 100.0),
    "feature_fraction": (0.1, 0.8),
    "history_gain_factor": (0.1, 1.0),
}
"""The settings of the trees that tuning may change, each on a logarithmic scale between
these bounds."""

# The sampler draws in the order of these names: another order is another search.
_TRIAL_NAMES = {
    "feature_fraction": "1_feature_fraction",
    "history_gain_factor": "2_history_gain_factor",
    "num_leaves": "3_num_leaves",
    "lambda_l2": "4_lambda_l2",
}

_STARTUP = 4
"""Trials drawn at random before the sampler (TPE: Bergstra et al. 2011, Advances in
Neural Information Processing Systems 24) learns from those behind it."""

_ANOTHER = "Name another file with --search-store."


@dataclass(frozen=True, slots=True)
class TunedTrees:
    """The settings that were found for trees, and how many trees."""

    rounds: int
    settings: EstimatorSettings


def tune_logistic(
    train: LabelledData,
    validation: LabelledData,
    features: tuple[Feature, ...],
    settings: EstimatorSettings,
) -> LogisticEstimator:
    """Return the logistic regression of *train* with the penalty best on *validation*.

    Where validation cases are few, each training case counts once too, predicted by a
    fit without its fold. Of a single penalty nothing is asked.
    """

    def fit_path(data: LabelledData) -> tuple[LogisticEstimator, ...]:
        estimator = LogisticEstimator.from_settings(settings, features)
        return estimator.fit_path(
            data.values, data.long, data.weight, penalties=settings.penalties
        )

    def predict(path: tuple[LogisticEstimator, ...], values: Numbers) -> Numbers:
        return np.array([estimator.decision_function(values) for estimator in path])

    def sum_losses(log_odds: Numbers, data: LabelledData) -> Numbers:
        losses = (calibrated_losses(row, data.long, data.weight) for row in log_odds)
        return np.array([loss.sum() for loss in losses])

    path = fit_path(train)
    if len(path) == 1:
        return path[0]
    loss = sum_losses(predict(path, validation.values), validation)
    if has_few(validation):
        out_of_fold = np.empty((len(path), len(train.long)))
        for refit in cross_fit(
            PersonFolds(seed=settings.seed).split(train.values, groups=train.person),
            lambda fold: fit_path(train.take(fold.train)),
            lambda fitted, test: predict(fitted, train.values[test]),
        ):
            out_of_fold[:, refit.fold.test] = refit.prediction
        loss += sum_losses(out_of_fold, train)
    return path[int(np.argmin(loss))]


def tune_lightgbm(
    train: LabelledData,
    validation: LabelledData,
    features: tuple[Feature, ...],
    settings: EstimatorSettings,
    *,
    store: Path | None = None,
    after_each: Advance,
) -> TunedTrees:
    """Return how many trees of *train* lower the log-loss of *validation*.

    Their settings are searched first. Where validation cases are few, folds of
    the training cases have a say in both: every case is predicted once in each trial,
    and the number of trees is the median of those found. *store* keeps the search;
    *after_each* is called after each trial.
    """
    both = LabelledData(
        np.vstack([train.values, validation.values]),
        np.append(train.long, validation.long),
        pd.concat([train.person, validation.person]),
        join_weights([train, validation]),
    )
    n = len(train.long)
    folds = [Fold(np.arange(n), np.arange(n, len(both.long)))]
    if has_few(validation):
        folds += PersonFolds(seed=settings.seed).split(
            train.values, groups=train.person
        )

    def fit(fold: Fold[Positions], settings: EstimatorSettings) -> LightGBMEstimator:
        grow, stop = both.take(fold.train), both.take(fold.test)
        return LightGBMEstimator.from_settings(settings, features).fit(
            grow.values,
            grow.long,
            grow.weight,
            early_stopping=(stop.values, stop.long, stop.weight),
        )

    def losses(settings: EstimatorSettings) -> Numbers:
        refits = cross_fit(
            folds,
            lambda fold: fit(fold, settings),
            lambda trees, test: trees.predict_once(both.values[test]),
        )
        found = []
        for refit in refits:
            cases = both.take(refit.fold.test)
            found.append(calibrated_losses(refit.prediction, cases.long, cases.weight))
        return np.concatenate(found)

    # Of the cases, and of all that the trees are told about their columns.
    columns = [f"{f.name} {f.kind} {f.family} {f.monotone}" for f in features]
    searched = pd.DataFrame(both.values, columns=columns).assign(long=both.long)
    if both.weight is not None:
        searched = searched.assign(weight=both.weight)
    found = search_hyperparameters(
        losses,
        settings,
        data=fingerprint_table(searched),
        store=store,
        after_each=after_each,
    )
    rounds = median(map_fits(lambda fold: fit(fold, found).rounds_, folds))
    return TunedTrees(round(rounds), found)


def has_few(data: LabelledData) -> bool:
    """Return whether *data* has too few cases of either outcome to tune by alone."""
    return count_rarer(data.long) < ENOUGH


def search_hyperparameters(
    losses: Losses,
    settings: EstimatorSettings,
    *,
    data: str,
    store: Path | None = None,
    after_each: Advance,
) -> EstimatorSettings:
    """Return *settings* with what was found, or as they are where nothing was better.

    *losses* gives the log-loss of each validation case by trees with these settings;
    none of them is a test case. The first of ``tuning_trials`` trials is *settings*.
    The best trial is taken where its mean loss is lower by more than the standard error
    of the difference: the best of a few trials is otherwise mostly luck.

    *store* is an SQLite file that keeps the trials (settings and mean losses, no
    person's values): a search that was cut short goes on from there and ends as if it
    had not been. *data* identifies the cases, so that no other search goes on with it.
    Raises FileError where *store* is to lie in a folder that does not exist or is
    something else's, BusyError where another search is at work with it.
    """
    if not settings.tuning_trials:
        return settings
    quick = settings.model_copy(
        update={"learning_rate": TUNING_RATE_FACTOR * settings.learning_rate}
    )

    @cache  # the best trial's are asked for again at the end
    def try_out(**tuned: float) -> Numbers:
        return losses(quick.model_copy(update=tuned))

    with hold_store(store):
        first = try_out(**{name: getattr(quick, name) for name in TUNED_SETTINGS})
        with _open_study(data, quick, store) as study:
            best = _run_trials(
                study, try_out, quick, first=float(first.mean()), after_each=after_each
            )
        gained = first - try_out(**best)
    standard_error = gained.std(ddof=1) / np.sqrt(len(gained))
    is_better = gained.mean() > standard_error
    return settings.model_copy(update=best) if is_better else settings


@contextmanager
def _open_study(
    data: str, settings: EstimatorSettings, store: Path | None
) -> Iterator[Any]:
    """Open Optuna's study of this data and these settings, with its earlier trials.

    *store* is held alone (hold_store), and closed however the search ends.
    """
    import optuna  # noqa: PLC0415  (only a training searches)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = open_search_store(store) if store else None
    # The budget is no part of the name: a longer search goes on with a shorter one.
    named = settings.model_copy(update={"tuning_trials": 0}).model_dump_json()
    try:
        study = optuna.create_study(
            study_name=hashlib.sha256((data + named).encode()).hexdigest(),
            storage=storage,
            load_if_exists=True,
        )
        # Whoever was at work when the search was cut short never comes to an end.
        for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        yield study
    finally:
        if storage is not None:
            storage.remove_session()
            storage.engine.dispose()


def _run_trials(
    study: Any,
    try_out: Callable[..., Numbers],
    settings: EstimatorSettings,
    *,
    first: float,
    after_each: Advance,
) -> dict[str, Any]:
    """Return the best trial's hyperparameters; the first trial is *settings*.

    *try_out* gives the losses by each of TUNED_SETTINGS under its name.
    The sampler is seeded anew by the number of each trial, and reads the completed ones
    alone, so a search that was cut short draws what it would have drawn.
    """
    import optuna  # noqa: PLC0415

    def completed() -> list[Any]:
        return list(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)))

    space = {
        _TRIAL_NAMES[name]: _to_distribution(*bounds)
        for name, bounds in TUNED_SETTINGS.items()
    }
    if not completed():
        # A setting outside the space stands at the nearest bound.
        nearest = {
            _TRIAL_NAMES[name]: type(low)(min(max(getattr(settings, name), low), high))
            for name, (low, high) in TUNED_SETTINGS.items()
        }
        study.add_trial(
            optuna.trial.create_trial(params=nearest, distributions=space, value=first)
        )
    after_each()
    for number in range(len(completed()), settings.tuning_trials):
        study.sampler = optuna.samplers.TPESampler(
            seed=1000 * settings.seed + number, n_startup_trials=_STARTUP
        )
        trial = study.ask(space)
        tuned = {name: trial.params[_TRIAL_NAMES[name]] for name in TUNED_SETTINGS}
        study.tell(trial, float(try_out(**tuned).mean()))
        after_each()
    within = completed()[: settings.tuning_trials]
    best = min(within, key=lambda trial: trial.value).params
    return {name: best[_TRIAL_NAMES[name]] for name in TUNED_SETTINGS}


def _to_distribution(low: float, high: float) -> Any:
    import optuna  # noqa: PLC0415

    if isinstance(low, int):
        return optuna.distributions.IntDistribution(low, int(high), log=True)
    return optuna.distributions.FloatDistribution(low, high, log=True)


@contextmanager
def hold_store(store: Path | None) -> Iterator[None]:
    """Hold the file *store* alone, where one is named; nothing in it is changed.

    Raises FileError where its folder does not exist or cannot be written, or it holds
    anything but searches, BusyError where another search is at work with it.
    """
    with ExitStack() as stack:
        if store is not None:
            stack.enter_context(_lock(store))
            _require_ours(store)
        yield


def look_at_store(store: Path | None) -> None:
    """Raise now what ``hold_store`` would raise of *store* later."""
    with hold_store(store):
        pass


def open_search_store(store: Path) -> Any:
    """Return *store* as Optuna's storage; the caller closes it.

    Raises FileError where another version of Optuna made it, or it is damaged.
    """
    import optuna  # noqa: PLC0415  (only a training searches)

    try:
        with create_privately(store):
            return optuna.storages.RDBStorage(f"sqlite:///{store}")
    except (RuntimeError, SQLAlchemyError):
        pass
    raise FileError(
        f"{store}: cannot be gone on with: another version of Optuna made it, or it is "
        f"damaged. {_ANOTHER}"
    )


@contextmanager
def _lock(store: Path) -> Iterator[None]:
    place = Path(os.path.realpath(store))
    if not place.parent.is_dir():
        raise FileError(f"{store}: no such folder. Make it, or name another file.")
    with ExitStack() as stack:
        try:
            lock = place.with_name(f".{place.name}.riskscreen-lock")
            stack.enter_context(hold_lock(lock))
        except BusyError:
            raise BusyError(
                f"{store}: another training searches with it. Wait until it has "
                f"finished, and go on from what it found. Or: {_ANOTHER}"
            ) from None
        except OSError:
            raise FileError(
                f"{store}: its folder may not be written. {_ANOTHER}"
            ) from None
        yield


def _require_ours(store: Path) -> None:
    """Raise FileError where *store* holds something else than Optuna's tables."""
    if not store.exists() or (store.is_file() and not store.stat().st_size):
        return
    try:
        with look_into(store) as database:
            query = "select name from sqlite_master where type = 'table'"
            tables = {name for (name,) in database.execute(query)}
    except sqlite3.Error:
        tables = set()
    if not {"studies", "trials", "version_info"} <= tables:
        raise FileError(
            f"{store}: holds something else than a search, and is left as it is. "
            f"{_ANOTHER}"
        )
