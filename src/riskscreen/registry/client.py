"""MLflow's client, whose calls wait for other programs and raise one error."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from riskscreen.errors import RegistryError
from riskscreen.registry.failures import (
    FAILURES,
    describe_failure,
    is_of_the_moment,
    translate_errors,
)

WAITS = (1.0,)
"""Seconds before each further try; MLflow itself waits 20 for a lock in every one."""


class RetryingClient:
    """Every method of MlflowClient, by its own name.

    A call that met a locked database, or another program's row where it would write its
    own, is made again, which is safe: the database took nothing of it. Whatever else
    goes wrong is a RegistryError with its remedy.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        with translate_errors(uri):
            self.plain = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self._ask, getattr(self.plain, name))

    def create(self, what: str, *given: Any) -> Any:
        """Call the creating method *what*; return None where it is there already."""
        method = getattr(self.plain, what)
        return self._ask(_create_unless_there, method, *given)

    def _ask(self, method: Callable[..., Any], *given: Any, **named: Any) -> Any:
        for wait in (*WAITS, None):
            try:
                return method(*given, **named)
            except FAILURES as failed:
                again = wait is not None and is_of_the_moment(failed)
                words = describe_failure(failed, self._uri)
            if not again:
                break
            time.sleep(wait or 0)
        raise RegistryError(words)


def _create_unless_there(method: Callable[..., Any], *given: Any) -> Any:
    try:
        return method(*given)
    except MlflowException as refused:
        if refused.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return None
