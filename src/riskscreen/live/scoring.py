"""From the bytes of a request to its answers: read, allow, and score in a thread."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from riskscreen.errors import FileError, PersonalDataError, TableError
from riskscreen.live.api_keys import StoredKey
from riskscreen.live.problems import RefusedError
from riskscreen.objections import Objections, read_objections
from riskscreen.scoring.answers import Answer
from riskscreen.scoring.approved_model import ApprovedModel
from riskscreen.scoring.one_case import Question, read_questions, score_question
from riskscreen.scoring.rows import let_go
from riskscreen.stop_switch import require_running
from riskscreen.timeline import DENMARK

if TYPE_CHECKING:
    from riskscreen.store.keeping import LiveKeeper

Models = Mapping[str, ApprovedModel]
Asked = tuple[ApprovedModel, Question]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask, and what the service takes on at a time.

    ``seconds`` are those until the body is there, and again until it is scored.
    """

    body_bytes: int = 1 << 20
    cases: int = 100
    seconds: float = 10
    at_work: int = 32
    threads: int = 2


class Worker:
    """Scores in threads of its own, as many at a time as the limits say."""

    def __init__(
        self,
        site: Path,
        limits: Limits,
        clock: Callable[[], datetime],
        keeper: "LiveKeeper | None" = None,
        zone: str = DENMARK,
    ) -> None:
        self._site, self._limits, self._clock = site, limits, clock
        self._keeper, self._zone = keeper, zone
        self._threads = ThreadPoolExecutor(limits.threads, "score")
        self.at_work = 0

    async def score(self, asked: Sequence[Asked]) -> list[Answer]:
        """Return the answer to each question.

        Raises RefusedError where too much is at work already, or it takes too long, and
        what one_case.score_question raises.
        """
        if self.at_work >= self._limits.at_work:
            raise RefusedError(503, "Busy", "Too much is at work. Ask again shortly.")
        ended = Event()
        self.at_work += 1
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._score_each, asked, ended
        )
        work.add_done_callback(self._note_done)
        try:
            # Shielded: what a thread has begun ends there, and counts until it does.
            return await asyncio.wait_for(asyncio.shield(work), self._limits.seconds)
        except TimeoutError:
            raise RefusedError(503, "TooSlow", "Scoring took too long.") from None
        finally:
            ended.set()

    def close(self) -> None:
        """Wait for what is being scored."""
        self._threads.shutdown()

    def _note_done(self, work: "asyncio.Future[list[Answer]]") -> None:
        self.at_work -= 1
        if not work.cancelled():
            work.exception()  # nobody may wait for it any longer

    def _score_each(self, asked: Sequence[Asked], ended: Event) -> list[Answer]:
        # Each as if it came alone: a table is read and judged as a whole (decimals.py,
        # basis.py), so in one of them a question would change another's answer.
        answers = []
        for number, (approved, question) in enumerate(asked, start=1):
            require_running(self._site)
            if ended.is_set():
                break
            model = approved.model
            keep = let_go if self._keeper is None else partial(self._keeper.keep, model)
            with _name_question(number if len(asked) > 1 else None):
                answers.append(
                    score_question(
                        model,
                        question,
                        objections=self._read_objections(approved),
                        clock=self._clock,
                        zone=self._zone,
                        keep=keep,
                    )
                )
        return answers

    def _read_objections(self, approved: ApprovedModel) -> Objections:
        """Read the site's objections; its own fault is not that of whoever asks."""
        try:
            return read_objections(self._site, patterns=approved.model.key_patterns)
        except PersonalDataError as refused:
            raise FileError(str(refused)) from None


@contextmanager
def _name_question(number: int | None) -> Iterator[None]:
    """Say which question of a list is refused, for the list is refused with it."""
    try:
        yield
    except (TableError, PersonalDataError) as refused:
        if number is None:
            raise
        raise type(refused)(f"question {number}: {refused}") from None


def read_asked(
    body: bytes,
    models: Models,
    key: StoredKey,
    *,
    targets: Collection[str],
    most: int,
) -> tuple[list[Asked], bool]:
    """Return each question of *body* with the model that answers it; whether it lists.

    *targets* are those that the service is for, whether or not each has its model now:
    which one a question is for is not told by whose approval stands. Raises TableError
    for a body that is none, RefusedError for too many questions, for a target that
    nobody serves, and for one that *key* is not for.
    """
    many = body.lstrip(b" \t\r\n").startswith(b"[")
    questions = read_questions(body, many=many)
    if not 1 <= len(questions) <= most:
        status = 413 if questions else 422
        raise RefusedError(status, "Cases", f"Send 1 to {most} questions in a request.")
    return [(_find_model(of, models, key, targets), of) for of in questions], many


def _find_model(
    question: Question, models: Models, key: StoredKey, targets: Collection[str]
) -> ApprovedModel:
    target = question.target
    if target is None and len(targets) == 1:
        (target,) = targets
    if target is None:
        names = ", ".join(targets)
        raise RefusedError(422, "Target", f"Name a target; served are: {names}.")
    if target not in key.targets:
        raise RefusedError(
            403, "KeyScope", f"This key is for: {', '.join(key.targets)}."
        )
    if target not in models:
        raise RefusedError(
            503, "NotApprovedError", "No approved model of this target is served."
        )
    return models[target]
