"""Why a request gets no answer: one shape, and a status for each kind of error."""

from dataclasses import dataclass

from riskscreen.errors import (
    FileError,
    NotApprovedError,
    OutOfMemoryError,
    PersonalDataError,
    ScreeningError,
    StoppedError,
    TableError,
    UnknownCodesError,
    UsageError,
)
from riskscreen.model.records import Count, Record
from riskscreen.scoring.answers import SetAside


class SetAsideRow(SetAside):
    """A row that was not used, and of which question of the request, from 1."""

    question: Count


class Problem(Record):
    """Why there is no answer.

    ``error`` is its kind, ``message`` says what and where, never what stood there. Of a
    request none of whose cases could be used, ``set_aside`` has questions, rows and
    rules.
    """

    error: str
    message: str
    set_aside: tuple[SetAsideRow, ...] = ()


@dataclass
class RefusedError(Exception):
    """A request that is refused with *status* before anything is scored."""

    status: int
    error: str
    message: str


STATUSES = {
    401: "no key, or one that is not accepted",
    403: "the key is not for this target",
    404: "no such path",
    405: "another method",
    408: "the body came too slowly",
    413: "too large a body, or too many cases",
    415: "the body is not application/json",
    422: "the body is not as documented, or no case of it could be used",
    500: "a fault of the service",
    503: "stopped, without an approved model, busy, or too slow",
}
"""Every status but 200, with what it says."""

_OF_KINDS: dict[type[ScreeningError], int] = {
    TableError: 422,
    UsageError: 422,
    PersonalDataError: 422,
    UnknownCodesError: 422,
    StoppedError: 503,
    NotApprovedError: 503,
    FileError: 503,
    OutOfMemoryError: 503,
}


def find_status(error: ScreeningError) -> int:
    """Return the status of *error*, or of the kind of error that it is one of."""
    kinds = type(error).__mro__
    return next((_OF_KINDS[kind] for kind in kinds if kind in _OF_KINDS), 500)


def describe_problem(error: ScreeningError) -> Problem:
    """Return what may be said of *error* to whoever asked.

    A message about a file names a path of this machine, so it stays in the log.
    """
    message = str(error)
    if isinstance(error, FileError):
        message = "A file of the service cannot be read or written; see its log."
    return Problem(error=type(error).__name__, message=message)
