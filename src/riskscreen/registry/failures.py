"""What went wrong at MLflow, as a sentence with its remedy: one boundary for all calls.

MLflow's own messages quote addresses with passwords, statements and whole answers.
They are read here, and never shown.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow.exceptions import MlflowException
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from riskscreen.errors import RegistryError
from riskscreen.guarding import walk_chain

FAILURES = (
    MlflowException,
    SQLAlchemyError,
    RequestException,
    sqlite3.Error,
    OSError,
)
"""All that a call of MLflow raises when it fails."""

_STATUS = re.compile(
    r"error code (\d{3})\b|too many (\d{3}) error responses|"
    r"\b(\d{3}) (?:Client|Server) Error"
)
_STATUS_OF = {
    "UNAUTHENTICATED": 401,
    "CUSTOMER_UNAUTHORIZED": 401,
    "PERMISSION_DENIED": 403,
    "ENDPOINT_NOT_FOUND": 404,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "TEMPORARILY_UNAVAILABLE": 503,
}


@dataclass(frozen=True, slots=True)
class _Failure:
    """What MLflow or a library says in such a case, and what we say."""

    sign: str
    words: str

    def is_in(self, text: str) -> bool:
        return re.search(self.sign, text, re.IGNORECASE) is not None


_LOCKED = _Failure(
    r"database is locked|database table is locked|deadlock detected|lock timeout",
    "{where} is locked by another program. Wait until it has finished, or stop it, and "
    "try again.",
)

_OUTRUN = _Failure(
    r"IntegrityError|UNIQUE constraint failed|duplicate key value|could not serialize",
    "Another program wrote the same to {where} at the same time. Try again.",
)

_BY_TEXT = (
    _LOCKED,
    _OUTRUN,
    _Failure(
        r"out-of-date database schema",
        "{where} was made by another version of MLflow than is installed here. Back "
        "it up, and run: mlflow db upgrade {where}",
    ),
    _Failure(
        r"can't locate revision",
        "{where} was made by a newer MLflow than is installed here. Install that "
        "version of MLflow.",
    ),
    _Failure(
        r"not in a valid JSON format|Expecting value",
        "{where} answers with a web page, not as MLflow does: it may be a login page, "
        "a proxy or another program. Check the address, and log in where it asks to.",
    ),
    _Failure(
        r"CERTIFICATE_VERIFY_FAILED|SSLError|certificate",
        "{where} shows a certificate that is not trusted here. Ask whoever runs the "
        "server for its certificate authority; name its file in REQUESTS_CA_BUNDLE.",
    ),
    _Failure(
        r"Name or service not known|NameResolutionError|getaddrinfo|nodename nor",
        "{where}: no machine of this name is known. Check the address in "
        "--tracking-uri or MLFLOW_TRACKING_URI.",
    ),
    _Failure(
        r"Connection refused|actively refused",
        "Nothing listens at {where}. Start the MLflow server, or check the address and "
        "port in --tracking-uri or MLFLOW_TRACKING_URI.",
    ),
    _Failure(
        r"timed? ?out|Timeout",
        "{where} did not answer in time. Check that the server runs and that no "
        "firewall is between, and try again.",
    ),
    _Failure(
        r"Invalid url|No connection adapters|Could not parse SQLAlchemy URL|"
        r"unsupported URI|Model registry functionality is unavailable",
        "{where} is no address of MLflow. Give sqlite:///FILE or http(s)://HOST.",
    ),
    _Failure(
        r"readonly database|attempt to write a readonly",
        "{where} may not be written by this account. Ask for the right to write the "
        "file and its folder.",
    ),
    _Failure(
        r"database or disk is full|No space left|disk quota",
        "{where} lies on a disk that is full. Make room, and try again.",
    ),
    _Failure(
        r"is not a database|malformed|disk I/O error",
        "{where} is damaged. Restore it from a backup; nothing was changed.",
    ),
    _Failure(
        r"unable to open database file",
        "{where} cannot be opened. Check that the file and its folder are there and "
        "may be read and written by this account.",
    ),
    _Failure(
        r"password authentication failed|Access denied for user|no password supplied",
        "{where} does not know this user and password. Check both in --tracking-uri.",
    ),
    _Failure(
        r"must be in the 'active' state|Current state is deleted|state is deleted",
        "An experiment or a run at {where} was deleted while it was written to. "
        "Restore it (mlflow experiments restore, mlflow runs restore), and register "
        "the finished training: riskscreen register FOLDER.",
    ),
    _Failure(
        r"PermissionError|Permission denied|Read-only file system",
        "This account may not read or write the files that {where} keeps (its "
        "artifacts). Ask for the right to, or for another place.",
    ),
)

_GONE = _Failure(
    r"FileNotFoundError|NotADirectoryError|No such file|No such artifact|"
    r"Failed to download artifacts|RESOURCE_DOES_NOT_EXIST|404",
    "The files of {files} are not where {where} has them: its artifacts were moved or "
    "deleted. Put their folder back, or train again with riskscreen train.",
)

_BY_STATUS = {
    401: "{where} does not know who asks (401). Set MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, and renew what has expired.",
    403: "{where} knows this account, and does not allow it to do this (403). Ask "
    "whoever runs the server for the right to read, and for training and approving to "
    "edit, the experiment and the registered model.",
    404: "{where} has no MLflow at this path (404). Check the address in "
    "--tracking-uri or MLFLOW_TRACKING_URI, up to the last letter.",
    429: "{where} takes no more requests for now (429). Wait, and try again.",
}
_FAILED = (
    "{where} failed within itself (500). Its own log says why: ask whoever runs the "
    "server."
)
_UNAVAILABLE = (
    "{where} is not at work for now ({status}): the server restarts or is overloaded. "
    "Wait a few minutes and try again."
)
_UNKNOWN = (
    "The MLflow registry at {where} did not answer as it should ({kind}). Check "
    "--tracking-uri, and that the server runs or the database file can be written."
)


@contextmanager
def translate_errors(uri: str, *, files: str | None = None) -> Iterator[None]:
    """Turn what MLflow, the database or the network raises into one RegistryError.

    *files* names the version whose files are fetched, where any are.
    """
    try:
        yield
    except FAILURES as failed:
        words = describe_failure(failed, uri, files=files)
    else:
        return
    raise RegistryError(words)


def describe_failure(
    failed: BaseException, uri: str, *, files: str | None = None
) -> str:
    """Return what *failed* means at *uri*, and the remedy, in one sentence or two."""
    text = _collect_texts(failed)
    status, where = _find_status(failed, text), uri
    if files is not None and status in (None, 404) and _GONE.is_in(text):
        return _GONE.words.format(files=files, where=where)
    if status in _BY_STATUS:
        return _BY_STATUS[status].format(where=where)
    for failure in _BY_TEXT:
        if failure.is_in(text):
            return failure.words.format(where=where)
    return _describe_answer(failed, status, where)


def _describe_answer(failed: BaseException, status: int | None, where: str) -> str:
    """Describe an answer whose text says nothing that is known, by its status."""
    if status == 500:
        return _FAILED.format(where=where)
    if status is not None and status > 500:
        return _UNAVAILABLE.format(where=where, status=status)
    return _UNKNOWN.format(where=where, kind=type(failed).__name__)


def is_of_the_moment(failed: BaseException) -> bool:
    """Return whether another program held the database, or wrote the same first.

    Either way the database took nothing of the call.
    """
    text = _collect_texts(failed)
    return any(failure.is_in(text) for failure in (_LOCKED, _OUTRUN))


def _collect_texts(failed: BaseException) -> str:
    """Collect the texts of *failed* and of all that it came from."""
    return "\n".join(f"{type(one).__name__}: {one}" for one in walk_chain(failed))


def _find_status(failed: BaseException, text: str) -> int | None:
    """Find the HTTP status that a server answered with; None where it was none."""
    if match := _STATUS.search(text):
        return int(next(group for group in match.groups() if group))
    return _STATUS_OF.get(str(getattr(failed, "error_code", None)))
