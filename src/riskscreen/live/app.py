"""The service's routes: score, health, readiness, figures and its own description."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

import riskscreen
from riskscreen.errors import ScreeningError, StoppedError
from riskscreen.guarding import translate
from riskscreen.live.api_keys import ApiKeys, StoredKey
from riskscreen.live.edge import Edge
from riskscreen.live.events import write_event
from riskscreen.live.figures import Figures
from riskscreen.live.problems import (
    STATUSES,
    Problem,
    RefusedError,
    SetAsideRow,
    describe_problem,
    find_status,
)
from riskscreen.live.schema import (
    describe_answers,
    describe_decision,
    describe_problems,
    describe_request,
    list_components,
)
from riskscreen.live.scoring import Limits, Models, Worker, read_asked
from riskscreen.live.served_models import Change, ServedModels
from riskscreen.objections import read_objections
from riskscreen.scoring.answers import Answer
from riskscreen.stop_switch import require_running
from riskscreen.timeline import DENMARK, find_today

if TYPE_CHECKING:
    from riskscreen.store import Store

_JSON = "application/json"
_BEARER = HTTPBearer(auto_error=False, description="A key of `riskscreen api-key`.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


@dataclass
class Service:
    """What a running service holds; ``build_app`` makes its routes."""

    keys: ApiKeys
    models: ServedModels
    clock: Callable[[], datetime]
    limits: Limits = field(default_factory=Limits)
    poll_seconds: float = 10
    store: "Store | None" = None
    zone: str = DENMARK
    figures: Figures = field(default_factory=Figures)
    _described: Models | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        keeper = None
        if self.store is not None:
            from riskscreen.store.keeping import LiveKeeper  # noqa: PLC0415

            keeper = LiveKeeper(self.store, self.clock)
        self.worker = Worker(self.keys.site, self.limits, self.clock, keeper, self.zone)
        self.figures.at_work.set_function(lambda: self.worker.at_work)
        self.figures.show_models(self.models.current)

    def build_app(self) -> Edge:
        """Return the application, its guard around it."""
        app = FastAPI(
            title="riskscreen",
            version=riskscreen.__version__,
            # Their pages load scripts from elsewhere.
            docs_url=None,
            redoc_url=None,
            # A redirect would repeat the query, which may have a value in it.
            redirect_slashes=False,
            lifespan=self._live,
        )
        self._add_routes(app)
        app.add_exception_handler(RefusedError, _answer_refused)
        app.add_exception_handler(ScreeningError, _answer_error)
        app.add_exception_handler(HTTPException, _answer_http)
        app.add_exception_handler(Exception, _answer_unforeseen)
        describe = app.openapi
        app.openapi = lambda: self._describe(describe, app)  # type: ignore[method-assign]
        paths = {route.path for route in app.routes if isinstance(route, Route)}
        return Edge(app, paths=paths, figures=self.figures, clock=self.clock)

    @asynccontextmanager
    async def _live(self, _app: FastAPI) -> AsyncIterator[None]:
        ended, loop = Event(), asyncio.get_running_loop()
        # A daemon: a look that hangs at the registry holds up no end.
        Thread(target=self._poll, args=(ended, loop), name="poll", daemon=True).start()
        yield
        ended.set()
        self.worker.close()

    def _poll(self, ended: Event, loop: asyncio.AbstractEventLoop) -> None:
        while not ended.wait(self.poll_seconds):
            changes = self.models.refresh()
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self.note, changes)

    @property
    def serving(self) -> dict[str, str]:
        """The version of each target's model."""
        return {name: of.version for name, of in self.models.current.items()}

    def note(self, changes: list[Change]) -> None:
        """Log and count what a look at the approved models found."""
        for change in changes:
            if change.error is not None:
                self.figures.failed_looks.labels(change.target).inc()
            why = str(change.error) if change.error else None
            write_event(
                self.clock,
                "model",
                target=change.target,
                version=change.version,
                error=why,
            )
        self.figures.show_models(self.models.current)

    def check_objections(self) -> None:
        """Raise ScreeningError where a model that is served cannot read who objects."""
        for approved in self.models.current.values():
            read_objections(self.keys.site, patterns=approved.model.key_patterns)

    def _add_routes(self, app: FastAPI) -> None:
        app.add_api_route(
            "/v1/score",
            self._score,
            methods=["POST"],
            summary="Score one case, or a list of them.",
            responses=describe_answers(),
            response_class=Response,
        )
        if self.store is not None:
            app.add_api_route(
                "/v1/decisions",
                self._decide,
                methods=["POST"],
                status_code=201,
                summary="Note what was decided on a case's newest score.",
                responses=describe_problems(STATUSES),
                response_class=Response,
                openapi_extra={"requestBody": describe_decision()},
            )
        few = {503: STATUSES[503]}
        plain: dict[str, Any] = {"response_class": Response}
        for path, route, responses in (
            ("/healthz", self._tell_health, {}),
            ("/readyz", self._tell_readiness, describe_problems(few)),
            (
                "/metrics",
                self._tell_figures,
                describe_problems({401: STATUSES[401], **few}),
            ),
        ):
            app.add_api_route(path, route, responses=responses, **plain)

    async def _score(self, request: Request, bearer: Bearer) -> Response:
        """Score and explain; the answers stand in the order of the questions."""
        told = request.scope["state"]["told"]
        key = self._authenticate(bearer)
        told["key"] = key.name
        body = await receive_body(request, self.limits)
        models = self.models.current
        require_running(self.keys.site)
        asked, many = read_asked(
            body, models, key, targets=self.models.sources, most=self.limits.cases
        )
        versions = {of.version for of, _ in asked}
        told |= {"cases": len(asked), "versions": " ".join(sorted(versions))}
        answers = await self.worker.score(asked)
        for (target, status), n in Counter(
            (a.target, a.status) for a in answers
        ).items():
            self.figures.cases.labels(target, status).inc(n)
        if all(answer.status == "set aside" for answer in answers):
            return _respond(422, _list_set_aside(answers))
        texts = [answer.model_dump_json() for answer in answers]
        text = f"[{','.join(texts)}]" if many else texts[0]
        return Response(text, media_type=_JSON)

    async def _decide(self, request: Request, bearer: Bearer) -> Response:
        """Note a decision; its words stand beside the score, and are no input."""
        from riskscreen.live.decisions import accept_decision  # noqa: PLC0415

        assert self.store is not None  # else there is no such route
        key = self._authenticate(bearer)
        request.scope["state"]["told"]["key"] = key.name
        body = await receive_body(request, self.limits)
        await asyncio.to_thread(accept_decision, self.store, body, key, at=self.clock())
        return Response('{"noted":true}', 201, media_type=_JSON)

    async def _tell_health(self) -> Response:
        """Say that the process is alive."""
        return Response('{"alive":true}', media_type=_JSON)

    async def _tell_readiness(self) -> Response:
        """Say that every target has its model and nobody stopped the site.

        It needs no key, so it says neither why it was stopped nor whose model is gone.
        """
        try:
            require_running(self.keys.site)
        except StoppedError:
            words = "Scoring at this site is stopped."
            raise RefusedError(503, "StoppedError", words) from None
        try:
            self.check_objections()
        except ScreeningError:
            words = "Who objects at this site cannot be read."
            raise RefusedError(503, "Objections", words) from None
        if any(target not in self.models.current for target in self.models.sources):
            words = "A target of this service has no approved model."
            raise RefusedError(503, "NotApprovedError", words)
        return Response('{"ready":true}', media_type=_JSON)

    async def _tell_figures(self, bearer: Bearer) -> Response:
        """Tell counts and seconds to Prometheus, which asks with a key as others do."""
        self._authenticate(bearer)
        try:
            require_running(self.keys.site)
            self.figures.stopped.set(0)
        except StoppedError:
            self.figures.stopped.set(1)
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(self.figures.to_text(), media_type=kind)

    def _authenticate(self, bearer: HTTPAuthorizationCredentials | None) -> StoredKey:
        on = find_today(self.clock(), self.zone)
        found = self.keys.find(bearer.credentials, on=on) if bearer else None
        if found is None:
            raise RefusedError(
                401, "Key", "Send an accepted key: Authorization: Bearer rs_…"
            )
        return found

    def _describe(self, describe: Callable[[], dict[str, Any]], app: FastAPI) -> Any:
        """Return the OpenAPI description, made once for the models that are served."""
        models = self.models.current
        if self._described is models and app.openapi_schema is not None:
            return app.openapi_schema
        app.openapi_schema = None
        schema = describe()
        schema["paths"]["/v1/score"]["post"]["requestBody"] = describe_request(
            models, alone=len(self.models.sources) == 1
        )
        schema.setdefault("components", {}).setdefault("schemas", {}).update(
            list_components()
        )
        self._described = models
        return schema


async def receive_body(
    request: Request, limits: Limits, *, of_type: str = _JSON
) -> bytes:
    """Return the body; RefusedError for another type, too much, or too slow a one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != of_type:
        raise RefusedError(415, "ContentType", f"Send the body as {of_type}.")
    most = limits.body_bytes
    refused = RefusedError(413, "Body", f"Send no more than {most} bytes.")
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise refused
    except TimeoutError:
        raise RefusedError(408, "Body", "The body came too slowly.") from None
    except ClientDisconnect:
        raise RefusedError(408, "Body", "The connection ended.") from None
    return bytes(body)


def _list_set_aside(answers: list[Answer]) -> Problem:
    rows = tuple(
        SetAsideRow(question=place, **row.model_dump())
        for place, answer in enumerate(answers, start=1)
        for row in answer.set_aside
    )
    why = "; ".join(
        f"question {row.question}: {row.table}, row {row.row}: {row.rule}"
        for row in rows[:5]
    )
    return Problem(
        error="SetAside", message=f"No case could be used: {why}", set_aside=rows
    )


def _respond(status: int, problem: Problem) -> Response:
    headers = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": "5"}}
    return Response(
        problem.model_dump_json(),
        status,
        media_type=_JSON,
        headers=headers.get(status),
    )


def _tell(request: Request, problem: Problem, status: int) -> Response:
    request.scope["state"]["told"]["error"] = problem.error
    return _respond(status, problem)


async def _answer_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    return _tell(
        request, Problem(error=error.error, message=error.message), error.status
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ScreeningError)
    status = find_status(error)
    response = _tell(request, describe_problem(error), status)
    if status >= 500:
        request.scope["state"]["told"]["message"] = str(error)
    return response


async def _answer_unforeseen(_request: Request, error: Exception) -> Response:
    # It goes on to the edge, which logs its kind and place.
    return _respond(500, describe_problem(translate(error)))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = STATUSES.get(error.status_code, "refused")
    response = _tell(request, Problem(error="Http", message=words), error.status_code)
    response.headers.update(error.headers or {})  # of 405: which methods there are
    return response
