"""A small search for how trees are held back: seeded, budgeted, and resumable."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.progress import Advance
from riskscreen.spec import EstimatorSettings as Settings
from riskscreen.training.search_store import hold_store, open_store

Numbers = npt.NDArray[np.float64]
Losses = Callable[[Settings], Numbers]

TUNING_RATE_FACTOR = 3.0
"""Trials learn this many times as fast as the final trees: what holds trees back well
at one rate does so at another."""

_SPACE: dict[str, tuple[float, float]] = {
    "num_leaves": (2, 16),
    "lambda_l2": (1.0, 100.0),
    "feature_fraction": (0.1, 0.8),
    "history_gain_factor": (0.1, 1.0),
}
"""What is tuned, each on a logarithmic scale between these bounds."""

TUNED_SETTINGS = tuple(_SPACE)
"""The settings that a search may change."""

_STARTUP = 4
"""Trials drawn at random before the sampler (TPE: Bergstra et al. 2011, Advances in
Neural Information Processing Systems 24) learns from those behind it."""


def tune(
    losses: Losses,
    settings: Settings,
    *,
    lesson: str,
    store: Path | None = None,
    after_each: Advance,
) -> Settings:
    """*settings* with what a search found, or as they are where nothing was better.

    *losses* gives the log-loss of each judging case by trees so held back; none of them
    is a test case. The first of ``tuning_trials`` trials is *settings*. The best trial
    is taken where its mean loss is lower by more than the standard error of the
    difference: the best of a few trials is otherwise mostly luck.

    *store* is an SQLite file that keeps the trials (settings and mean losses, nobody's
    own): a search that was cut short goes on from there and ends as if it had not been.
    *lesson* names what was learnt from, so that no other search goes on with it.
    Raises FileError where *store* is to lie in a folder that does not exist or is
    something else's, BusyError where another search is at work with it.
    """
    if not settings.tuning_trials:
        return settings
    with hold_store(store):
        return _searched(
            losses, settings, lesson=lesson, store=store, after_each=after_each
        )


def _searched(
    losses: Losses,
    settings: Settings,
    *,
    lesson: str,
    store: Path | None,
    after_each: Advance,
) -> Settings:
    quick = settings.model_copy(
        update={"learning_rate": TUNING_RATE_FACTOR * settings.learning_rate}
    )
    first = losses(quick)
    loss = float(first.mean())
    with _study(lesson, quick, store) as study:
        best = _best(study, losses, quick, first=loss, after_each=after_each)
    found = {name: best[name] for name in _SPACE}
    gained = first - losses(quick.model_copy(update=found))
    beyond_chance = gained.mean() > gained.std(ddof=1) / np.sqrt(len(gained))
    return settings.model_copy(update=found) if beyond_chance else settings


@contextmanager
def _study(lesson: str, settings: Settings, store: Path | None) -> Iterator[Any]:
    """The study of this lesson and these settings, with the trials behind it.

    *store* is held alone (hold_store), and closed however the search ends.
    """
    import optuna  # noqa: PLC0415  (only a training searches)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = open_store(store) if store else None
    # The budget is no part of the name: a longer search goes on with a shorter one.
    named = settings.model_copy(update={"tuning_trials": 0}).model_dump_json()
    try:
        study = optuna.create_study(
            study_name=hashlib.sha256((lesson + named).encode()).hexdigest(),
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


def _best(
    study: Any, losses: Losses, settings: Settings, *, first: float, after_each: Advance
) -> dict[str, Any]:
    """What the best trial of the budget was held back by, the first being *settings*.

    The sampler is seeded anew by the number of each trial, and reads the completed ones
    alone, so a search that was cut short draws what it would have drawn.
    """
    import optuna  # noqa: PLC0415

    space = {name: _distribution(name) for name in _SPACE}
    if not _completed(study):
        _add_first(study, settings, first)
    after_each()
    for number in range(len(_completed(study)), settings.tuning_trials):
        study.sampler = optuna.samplers.TPESampler(
            seed=1000 * settings.seed + number, n_startup_trials=_STARTUP
        )
        trial = study.ask(space)
        held = settings.model_copy(update=trial.params)
        study.tell(trial, float(losses(held).mean()))
        after_each()
    within = _completed(study)[: settings.tuning_trials]
    return dict(min(within, key=lambda trial: trial.value).params)


def _completed(study: Any) -> list[Any]:
    """Trials that came to an end, in their order."""
    import optuna  # noqa: PLC0415

    return list(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)))


def _add_first(study: Any, settings: Settings, loss: float) -> None:
    """The first trial; a setting outside the space stands at the nearest bound."""
    import optuna  # noqa: PLC0415

    def within(name: str) -> float:
        low, high = _SPACE[name]
        return type(low)(min(max(getattr(settings, name), low), high))

    study.add_trial(
        optuna.trial.create_trial(
            params={name: within(name) for name in _SPACE},
            distributions={name: _distribution(name) for name in _SPACE},
            value=loss,
        )
    )


def _distribution(name: str) -> Any:
    import optuna  # noqa: PLC0415

    low, high = _SPACE[name]
    if isinstance(low, int):
        return optuna.distributions.IntDistribution(low, int(high), log=True)
    return optuna.distributions.FloatDistribution(low, high, log=True)
