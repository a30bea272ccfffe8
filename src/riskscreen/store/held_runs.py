"""Runs of one night, which count together when it stands, and are taken back if not.

A night that is refused was shown to nobody. Were its scores left, they would be what is
said of its cases until the next night: to the outbox, and to who decides on a case.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType

from sqlalchemy import select

from riskscreen.errors import ScreeningError
from riskscreen.model.risk_model import RiskModel
from riskscreen.scoring.rows import Keep
from riskscreen.store.chain import REMOVED, Ledger, to_ranges
from riskscreen.store.erasure import remove_contents
from riskscreen.store.keeping import RunKeeper
from riskscreen.store.opening import Store
from riskscreen.store.schema import SCORES


@dataclass
class HeldRuns:
    """Keeps runs whose scores stay only if ``finish`` is reached within the block.

    A run that was cut short by an error is taken back also then; one that was killed
    stays, and the next run goes on from it.
    """

    store: Store
    at: datetime
    _begun: list[RunKeeper] = field(default_factory=list)
    _whole: list[RunKeeper] = field(default_factory=list)

    @contextmanager
    def keep(self, model: RiskModel, data_date: date) -> Iterator[Keep]:
        """Yield what keeps the parts of a run of *model*."""
        keeper = RunKeeper.begin(self.store, model, at=self.at, data_date=data_date)
        self._begun.append(keeper)
        yield keeper.add
        self._whole.append(keeper)

    def finish(self) -> None:
        """Let every run that came to its end count, as the newest of its target."""
        for keeper in self._whole:
            keeper.finish()
            self._begun.remove(keeper)

    def __enter__(self) -> "HeldRuns":
        """Hold the runs of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take back what did not finish."""
        if self._begun:
            # Where the store is what failed, its error is the one to be told.
            with suppress(ScreeningError) if error else nullcontext():
                self._withdraw([keeper.run_id for keeper in self._begun])

    def _withdraw(self, runs: list[int]) -> None:
        """Remove the scores that *runs* alone made or met."""
        with self.store.write() as connection:
            ledger = Ledger.take(connection)
            chosen = select(SCORES.c.score_id).where(
                SCORES.c.first_run.in_(runs), SCORES.c.last_run.in_(runs)
            )
            numbers = sorted(connection.execute(chosen).scalars())
            remove_contents(connection, numbers, at=self.at)
            told = {"runs": runs, REMOVED: to_ranges(numbers)}
            ledger.tell("withdrawal", self.at, details=told)
            ledger.write()
