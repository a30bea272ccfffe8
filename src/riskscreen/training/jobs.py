"""How many fits run at the same time: it changes how long they take, nothing else."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

from riskscreen.errors import UsageError
from riskscreen.model.irls import hold_one_thread

Item = TypeVar("Item")
Result = TypeVar("Result")

_JOBS: ContextVar[int] = ContextVar("jobs", default=1)


@contextmanager
def use_jobs(jobs: int) -> Iterator[None]:
    """Let up to *jobs* fits of a training run at the same time, for a while.

    Each fit is one thread's, linear algebra and trees included, so every number has the
    same bits for any *jobs*. Fits are threads of this process: they share the table,
    and NumPy and LightGBM compute without Python's lock. Each that runs needs its own
    working memory. Raises UsageError where *jobs* is below 1.
    """
    if jobs < 1:
        raise UsageError(f"jobs is at least 1, and {jobs} was given.")
    before = _JOBS.set(jobs)
    try:
        # Held here, so that no fit that ends gives another its threads back.
        with hold_one_thread():
            yield
    finally:
        _JOBS.reset(before)


def map_fits(fit: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield *fit* of each of *items* in their order, as many at a time as are let.

    A fit that is made of fits makes them one after the other. Whoever takes no more
    ends what has not begun.
    """
    jobs = _JOBS.get()
    if jobs == 1:
        yield from map(fit, items)
        return
    pool = ThreadPoolExecutor(jobs)
    waiting = deque[Future[Result]]()
    try:
        for item in items:
            waiting.append(pool.submit(copy_context().run, _run_alone, fit, item))
            if len(waiting) == jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _run_alone(fit: Callable[[Item], Result], item: Item) -> Result:
    _JOBS.set(1)
    return fit(item)
