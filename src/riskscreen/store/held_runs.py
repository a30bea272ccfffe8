"""Runs of one night, which count together when it stands, and are taken back if not.

A night that is refused was shown to nobody. Were its scores left, they would be what is
said of its cases until the next night: to the outbox, and to who decides on a case.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType

from sqlalchemy import Select, delete, exists, select, update

from riskscreen.errors import ScreeningError
from riskscreen.model.risk_model import RiskModel
from riskscreen.scoring.rows import Keep
from riskscreen.store.chain import REMOVED, Ledger, to_ranges
from riskscreen.store.erasure import remove_contents
from riskscreen.store.keeping import INTAKE, RunKeeper, split_parameters
from riskscreen.store.opening import Store
from riskscreen.store.schema import PAGES, RUNS, SCORES, VIEWS
from riskscreen.store.views import StoreMemory

_SAME = ("target", "model_sha256", "purpose")
"""What two runs have in common that keep a score once (keeping.py)."""


@dataclass
class HeldRuns:
    """Keeps runs, and the pages made of them, that stay only if all went well.

    Runs count from ``finish`` on. After it, too, an error within the block takes all of
    them back; without one those go that were cut short. A run that was killed stays for
    the next to go on from, and goes with that one where it is taken back.
    """

    store: Store
    at: datetime
    _begun: list[RunKeeper] = field(default_factory=list)
    _whole: list[RunKeeper] = field(default_factory=list)
    _memories: list[StoreMemory] = field(default_factory=list)
    _counts: bool = False

    @contextmanager
    def keep(
        self, model: RiskModel, data_date: date, *, purpose: str = INTAKE
    ) -> Iterator[Keep]:
        """Yield what keeps the parts of a run of *model*."""
        keeper = RunKeeper.begin(
            self.store, model, at=self.at, data_date=data_date, purpose=purpose
        )
        self._begun.append(keeper)
        yield keeper.add
        self._whole.append(keeper)

    def remember(self) -> StoreMemory:
        """Return what keeps the pages of the runs."""
        memory = StoreMemory(self.store, self.at)
        self._memories.append(memory)
        return memory

    def finish(self) -> None:
        """Let every run that came to its end count, and the report made of them."""
        for keeper in self._whole:
            keeper.finish()
        for memory in self._memories:
            memory.tell_whole()
        self._counts = True

    def __enter__(self) -> "HeldRuns":
        """Hold the runs of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take back everything after an error, else what did not finish."""
        stands = self._counts and error is None
        stay = self._whole if stands else []
        runs = [keeper.run_id for keeper in self._begun if keeper not in stay]
        memories = [] if stands else self._memories
        pages = [number for memory in memories for number in memory.page_ids]
        if runs or pages:
            # Where the store is what failed, its error is the one to be told.
            with suppress(ScreeningError) if error else nullcontext():
                self._withdraw(runs, pages)

    def _withdraw(self, runs: list[int], pages: list[int]) -> None:
        """Remove the scores that *runs* alone made or met, and *pages*."""
        with self.store.write() as connection:
            ledger = Ledger.take(connection)
            ours = RUNS.c.run_id.in_(runs)
            connection.execute(update(RUNS).where(ours).values(finished_at=None))
            of_ours = SCORES.c.first_run.in_(runs)
            killed = SCORES.c.first_run.in_(_select_killed())
            chosen = select(SCORES.c.score_id).where(
                SCORES.c.last_run.in_(runs), of_ours | killed
            )
            numbers = list(connection.execute(chosen).scalars())
            for some in split_parameters(pages):
                on_them = select(VIEWS.c.view_id).where(VIEWS.c.page_id.in_(some))
                numbers += connection.execute(on_them).scalars()
            numbers.sort()
            remove_contents(connection, numbers, at=self.at)
            for some in split_parameters(pages):
                connection.execute(delete(PAGES).where(PAGES.c.page_id.in_(some)))
            told = {"runs": runs, REMOVED: to_ranges(numbers)}
            ledger.tell("withdrawal", self.at, details=told)
            ledger.write()


def _select_killed() -> Select[int]:
    """Select the runs of a delivery that never finished, and were not completed since.

    A later whole run of the same model may have met their scores: then they count.
    """
    since = RUNS.alias()
    completed = exists().where(
        since.c.run_id > RUNS.c.run_id,
        since.c.finished_at.is_not(None),
        *(since.c[name] == RUNS.c[name] for name in _SAME),
    )
    # A service's run has no date of data, and never ends.
    return select(RUNS.c.run_id).where(
        RUNS.c.finished_at.is_(None), RUNS.c.data_date.is_not(None), ~completed
    )
