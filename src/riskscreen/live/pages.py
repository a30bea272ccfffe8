"""The service of pages: those of the store, for whoever signed in, by their roles."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from riskscreen.documents.pages.formats import capitalise, format_date
from riskscreen.documents.pages.page_values import PageLink
from riskscreen.documents.pages.served import (
    PlainPage,
    Served,
    describe_policy,
    render_plain,
    render_served,
)
from riskscreen.documents.texts import TEXTS
from riskscreen.errors import PersonalDataError, ScreeningError
from riskscreen.live.app import receive_body
from riskscreen.live.edge import Edge
from riskscreen.live.figures import Figures
from riskscreen.live.identity import Identity, Role, identify
from riskscreen.live.problems import RefusedError, find_status
from riskscreen.live.scoring import Limits
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import StatedPages
from riskscreen.stop_switch import require_running
from riskscreen.store import Store
from riskscreen.store.decisions import LONGEST_NOTE, note_decision
from riskscreen.store.records import key_fingerprint
from riskscreen.store.served import (
    LEADERS,
    LISTS,
    OF_A_CASE,
    SHEETS,
    Access,
    CurrentPage,
    CurrentPages,
    find_last_decisions,
    list_log,
    note_access,
    read_current,
    read_page,
)
from riskscreen.texts import Texts

START, LOG = "start", "log"
_FORM = "application/x-www-form-urlencoded"
_LONGEST_LINE = LONGEST_NOTE // 4
_PATH = "/pages/{address}"


@dataclass
class PagesService:
    """What a running service of pages holds; ``build_app`` makes its routes."""

    site: Site
    stated: StatedPages
    store: Store
    clock: Callable[[], datetime]
    limits: Limits = field(default_factory=lambda: Limits(body_bytes=16 << 10))
    _current: CurrentPages = field(default_factory=CurrentPages, init=False)

    @property
    def serving(self) -> dict[str, str]:
        """What the log says is served."""
        return {"pages": self.stated.language}

    @property
    def texts(self) -> Texts:
        """The words around the pages."""
        return TEXTS[self.stated.language]

    def build_app(self) -> Edge:
        """Return the application, its guard around it."""
        routes = [
            Route("/healthz", self._tell_health),
            Route("/", self._lead_in),
            Route(_PATH, self._open, methods=["GET"]),
            Route(_PATH, self._answer, methods=["POST"]),
        ]
        app = Starlette(
            routes=routes,
            exception_handlers={
                RefusedError: self._refuse,
                ScreeningError: self._refuse,
                HTTPException: self._refuse,
            },
        )
        app.router.redirect_slashes = False
        paths = {"/healthz", "/"}
        return Edge(app, paths=paths, figures=Figures(), clock=self.clock)

    async def _tell_health(self, _request: Request) -> Response:
        """Say that the process is alive."""
        return Response('{"alive":true}', media_type="application/json")

    async def _lead_in(self, _request: Request) -> Response:
        """Lead to where everybody begins."""
        return RedirectResponse(f"pages/{START}", 303)

    async def _open(self, request: Request) -> Response:
        """Show a page to whom it is for."""
        return await asyncio.to_thread(self._show, request, self._identify(request))

    async def _answer(self, request: Request) -> Response:
        """Take a form: a decision on a case, or the code of one."""
        identity = self._identify(request)
        body = await receive_body(request, self.limits, of_type=_FORM)
        form = {
            name: values[-1]
            for name, values in parse_qs(body.decode("utf-8", "replace")).items()
        }
        return await asyncio.to_thread(self._take, request, identity, form)

    def _identify(self, request: Request) -> Identity:
        require_running(self.site.folder)
        return identify(self.site.folder, self.stated, request.headers)

    def _show(
        self, request: Request, identity: Identity, problem: str = ""
    ) -> Response:
        address = str(request.path_params["address"])
        if address == START:
            return self._show_start(identity, problem)
        if address == LOG:
            return self._show_log(identity)
        current = self._read_current()
        page = self._find(request, identity, current.pages.get(address))
        frame, parts = read_page(self.store, page)
        html = render_served(
            page.template,
            self.stated.language,
            frame,
            parts,
            Served(
                here=address,
                links=self._list_links(identity),
                files={
                    other.file: other.address
                    for other in current.pages.values()
                    if _admits(identity, other)
                },
                token=self._make_token(identity, address, page),
                noted=self._describe_decisions(page),
                problem=problem,
                longest_line=_LONGEST_LINE,
            ),
        )
        if html is None:
            raise RefusedError(404, "Gone", "The page is gone.")
        self._note("opened", identity, _find_role(page), page.template, page.case_id)
        return self._respond(html, page.template, 422 if problem else 200)

    def _take(
        self, request: Request, identity: Identity, form: dict[str, str]
    ) -> Response:
        address = str(request.path_params["address"])
        current = self._read_current()
        if address == START:
            self._require_own(request, identity, form)
            code = form.get("code", "").strip().upper()
            if at := current.codes.get(code):
                self._find(request, identity, current.pages[at])
                return RedirectResponse(at, 303)
            return self._show(request, identity, self.texts["served"]["no_code"])
        page = self._find(request, identity, current.pages.get(address))
        self._require_own(request, identity, form, page)
        acts = self.texts["served"]["acts"]
        if page.template != OF_A_CASE[0] or form.get("act") not in acts:
            raise RefusedError(422, "Form", "The answer cannot be read.")
        problem = self._decide(identity, page, form)
        if problem:
            return self._show(request, identity, problem)
        return RedirectResponse(address, 303)

    def _require_own(
        self,
        request: Request,
        identity: Identity,
        form: dict[str, str],
        page: CurrentPage | None = None,
    ) -> None:
        """Raise RefusedError, noted, for a form that is not of the page as it is."""
        expected = self._make_token(identity, request.path_params["address"], page)
        given = form.get("token", "").encode()
        # A browser says so itself, and no other page can make it say anything else.
        own = request.headers.get("sec-fetch-site") == "same-origin"
        if own and hmac.compare_digest(given, expected.encode()):
            return
        what, case = (page.template, page.case_id) if page else (START, "")
        self._note("refused", identity, "", what, case)
        raise RefusedError(403, "Origin", "Open the page again, and answer there.")

    @property
    def _title(self) -> str:
        return str(self.texts["served"]["title"])

    def _decide(
        self, identity: Identity, page: CurrentPage, form: dict[str, str]
    ) -> str:
        """Note what a caseworker answered; return why it was not, if so."""
        t, act = self.texts["served"], form["act"]
        line = form.get("line", "").strip()
        if len(line) > _LONGEST_LINE:
            raise RefusedError(413, "Form", "The line is too long.")
        why = t["reasons"].get(form.get("reason"), "")
        if act == "add" and not line:
            return str(t["add_what"])
        try:
            with self.store.write() as connection:
                note_decision(
                    connection,
                    page.case_id,
                    target=form.get("target", ""),
                    act=act,
                    by="caseworker",
                    note=": ".join(filter(None, (why, line))),
                    at=self.clock(),
                )
                note_access(
                    connection,
                    "answered",
                    who=identity.who,
                    role="caseworker",
                    what=act,
                    at=self.clock(),
                    case_id=page.case_id,
                )
        except PersonalDataError:
            return str(t["person_number"])
        return ""

    def _read_current(self) -> CurrentPages:
        self._current = read_current(self.store, self.stated.language, self._current)
        return self._current

    def _find(
        self, request: Request, identity: Identity, page: CurrentPage | None
    ) -> CurrentPage:
        """Return *page*; RefusedError where there is none, or, noted, another's."""
        if page is None:
            raise RefusedError(404, "Page", "There is no such page.")
        request.scope["state"]["told"]["page"] = page.template
        if not _admits(identity, page):
            self._note("refused", identity, "", page.template, page.case_id)
            raise RefusedError(403, "Role", "The page is not for you.")
        return page

    def _note(
        self, kind: Access, identity: Identity, role: str, what: str, case_id: str = ""
    ) -> None:
        with self.store.write() as connection:
            note_access(
                connection,
                kind,
                who=identity.who,
                role=role or ", ".join(sorted(identity.roles)),
                what=what,
                at=self.clock(),
                case_id=case_id,
            )

    def _show_start(self, identity: Identity, problem: str) -> Response:
        t = self.texts["served"]
        links = self._list_links(identity)[1:]
        page = PlainPage(
            t["title"],
            problem or (t["lead"] if links else t["nothing"]),
            links,
            asks_code="caseworker" in identity.roles,
        )
        return self._show_plain(page, identity, START, 422 if problem else 200)

    def _show_log(self, identity: Identity) -> Response:
        if not identity.may_open("auditor"):
            self._note("refused", identity, "", LOG)
            raise RefusedError(403, "Role", "The log is not for you.")
        t, rows = self.texts["served"], []
        for at, kind, said, code in list_log(self.store):
            what = str(said.get("what") or said.get("act") or said.get("target") or "")
            what = t["what"].get(what) or t["decided"].get(what) or what
            rows.append(
                (
                    at[:19].replace("T", " "),
                    t["events"].get(kind, kind),
                    ", ".join(
                        t["roles"].get(role, role)
                        for role in str(said.get("by", "")).split(", ")
                    ),
                    str(said.get("who", "")),
                    what,
                    code,
                )
            )
        self._note("opened", identity, "auditor", LOG)
        lead = t["log_lead"].format(n=len(rows))
        page = PlainPage(t["log"], lead, rows=tuple(rows))
        return self._show_plain(page, identity, LOG, 200)

    def _show_plain(
        self, page: PlainPage, identity: Identity | None, here: str, status: int
    ) -> Response:
        served = Served(here)
        if identity is not None:
            links, token = self._list_links(identity), self._make_token(identity, here)
            served = Served(here, links=links, token=token)
        html = render_plain(page, self.stated.language, served)
        return self._respond(html, "served.html", status)

    def _list_links(self, identity: Identity) -> tuple[PageLink, ...]:
        """Return the ways of one reader: where they begin, and what is theirs."""
        t = self.texts
        names = {
            LISTS: t["worklist"]["title"],
            SHEETS: capitalise(t["served"]["what"][SHEETS]),
            LEADERS: t["leader"]["title"],
        }
        links = [PageLink(self._title, START)]
        for page in self._read_current().pages.values():
            if page.template in names and _admits(identity, page):
                words = filter(None, (names[page.template], page.team))
                links.append(PageLink(": ".join(words), page.address))
        if identity.may_open("auditor"):
            links.append(PageLink(t["served"]["log"], LOG))
        return tuple(links)

    def _describe_decisions(self, page: CurrentPage) -> dict[str, str]:
        """Describe what was decided last on a case, by target."""
        if page.template != OF_A_CASE[0]:
            return {}
        t = self.texts["served"]
        return {
            target: t["noted"].format(
                day=format_date(
                    self.site.find_day(datetime.fromisoformat(at)), self.texts
                ),
                act=t["decided"][act],
            )
            for target, (act, at) in find_last_decisions(
                self.store, page.case_id
            ).items()
        }

    def _make_token(
        self, identity: Identity, address: str, page: CurrentPage | None = None
    ) -> str:
        """Return what a form of this reader on this page must carry.

        Of a page of another report it is another: an answer is about what was seen.
        """
        number = str(page.page_id) if page else ""
        whose = ("form", self.stated.issuer, identity.who, address, number)
        return key_fingerprint(self.store.key, *whose).hex()

    def _respond(self, html: str, template: str, status: int) -> Response:
        return HTMLResponse(
            html,
            status,
            headers={
                "content-security-policy": describe_policy(template),
                "referrer-policy": "no-referrer",
                "cross-origin-opener-policy": "same-origin",
            },
        )

    async def _refuse(self, request: Request, error: Exception) -> Response:
        """Say in words why there is no page; of a sign-in that failed nothing else."""
        status, kind = 500, type(error).__name__
        if isinstance(error, RefusedError):
            status, kind = error.status, error.error
        elif isinstance(error, HTTPException):
            status = error.status_code
        elif isinstance(error, ScreeningError):
            status = find_status(error)
            request.scope["state"]["told"]["message"] = str(error)
        request.scope["state"]["told"]["error"] = kind
        words = self.texts["served"]["statuses"]
        title, lead = words.get(kind) or words.get(str(status), words["500"])
        ways = () if status in {401, 503} else (PageLink(self._title, START),)
        page = PlainPage(title, lead, ways)
        return self._show_plain(page, None, START, status)


def _admits(identity: Identity, page: CurrentPage) -> bool:
    return identity.may_open(_find_role(page), page.team)


def _find_role(page: CurrentPage) -> Role:
    return "leader" if page.template == LEADERS else "caseworker"
