"""The pages of a store, served: to whom, what is noted, and in a real browser."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from examples.local_issuer import ISSUER, KEYS, STATED, make_token, write_keys
from riskscreen.clock import read_clock
from riskscreen.documents.pages import write_reports
from riskscreen.documents.texts import TEXTS
from riskscreen.readers import TableSource
from riskscreen.readers.letter_text import NO_LETTER_TEXT
from riskscreen.scoring.batch import Delivery, score_files
from riskscreen.stop_switch import resume_scoring, stop_scoring
from riskscreen.store import Store, begin_store, keep_run
from riskscreen.store.chain import Ledger
from riskscreen.store.decisions import find_off_list
from riskscreen.store.erasure import Order, erase
from riskscreen.store.served import list_log
from riskscreen.store.subjects import Subject
from riskscreen.store.views import StoreMemory
from tests import small_site
from tests.looked_at import (
    NARROW,
    WIDE,
    find_beyond,
    find_faults,
    find_unreached,
    open_whole,
)
from tests.nights.conftest import rewrite
from tests.store.kept import AT, verified

pytestmark = pytest.mark.slow

T = TEXTS["da"]["served"]
HOSTILE = '"><script>document.title="taken"</script>'
FORM = "application/x-www-form-urlencoded"
RSA = rsa.generate_private_key(65537, 2048)
ORDER = Order.take(by="records", reason="GDPR 17", approved_by="head of unit")


@dataclass
class Served:
    """A service on loopback, with the key of its issuer."""

    port: int
    store: Store
    site: Path
    pages: Path
    key: Ed25519PrivateKey

    def token(self, *roles, teams=(), **claims):
        said = {"sub": "kwk", "roles": roles, "teams": teams, **claims}
        return make_token(self.key, **said)

    def ask(self, path, token="", *, form=None, **headers):
        """Status, headers and text of one answer."""
        sent = {"sec-fetch-site": "same-origin", **headers}
        sent |= {"authorization": f"Bearer {token}"} if token else {}
        body = None
        if form is not None:
            body, sent = urlencode(form), {"content-type": FORM, **sent}
        place = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(place) as connection:
            connection.request("GET" if body is None else "POST", path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def links(self, path, token):
        """The addresses that a page leads to, but the way home."""
        _, _, html = self.ask(path, token)
        return re.findall(r'href="([0-9a-f]{32})"', html)

    def list_of(self, *teams):
        """The address of the list of the first of *teams*, and a caseworker's token."""
        token = self.token("caseworker", teams=teams)
        start = self.ask("/pages/start", token)[2]
        named = re.findall(r'<li><a href="([0-9a-f]{32})">Arbejdsliste', start)
        return f"/pages/{named[0]}", token

    def case_of(self, *teams):
        """The address of the first case with a page on that list."""
        at, token = self.list_of(*teams)
        html = self.ask(at, token)[2]
        found = re.search(r'<th scope="row"><a href="([0-9a-f]{32})">([^<]+)<', html)
        return f"/pages/{found[1]}", found[2], token

    def log(self):
        return [(kind, said, code) for _, kind, said, code in list_log(self.store)]


def report(model, scores, out, store, at):
    memory = StoreMemory(store, at)
    write_reports(
        scores, model, language="da", out=out, letters=NO_LETTER_TEXT, memory=memory
    )
    memory.tell_whole()


@pytest.fixture(scope="module")
def model():
    policy = small_site.policy(first=0.635, base_risk=0.5)
    return replace(small_site.model(), policy=policy)


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    """A report of four teams in a store, one of a hostile name, and its service."""
    folder = tmp_path_factory.mktemp("served")
    site = folder / "site"
    small_site.deliver(site, 60)

    def rename(table):
        whose = (table["municipality"] == "Syd") & (table["team"] == "B")
        return table.assign(team=table["team"].mask(whose, HOSTILE))

    rewrite(site / "cases.csv", rename)
    day = small_site.EXTRACTED.date()
    (site / "site.toml").write_text(f"extract_date = {day}\n{STATED}", "utf-8")
    key = Ed25519PrivateKey.generate()
    write_keys(key, site)
    store = begin_store(f"sqlite:///{folder / 'store.db'}")
    score_files(
        model,
        Delivery(
            TableSource(site / "cases.csv"),
            TableSource(site / "history.parquet"),
            as_of=day,
        ),
        out=folder / "scores",
        scored_at=AT.isoformat(),
        keeping=lambda of, date: keep_run(store, of, at=AT, data_date=date),
    )
    report(model, folder / "scores", folder / "pages", store, AT)
    url = store.engine.url.render_as_string()
    told = ["--site", site, "--store", url, "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "riskscreen", "serve", "--pages", *told],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    ) as process:
        began = json.loads(process.stdout.readline())
        # Else a full pipe would hold the service up.
        log = []
        drain = threading.Thread(target=lambda: log.extend(process.stdout))
        drain.start()
        yield Served(began["port"], store, site, folder / "pages", key)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        drain.join()
    said = "".join(log)
    assert '"page": "case.html"' in said
    # Neither an address nor a user, a team or a case is in the service's own log.
    assert not re.search("[0-9a-f]{32}|kwk|case-0|Nord|script>", said)


def test_a_caseworker_sees_the_pages_of_their_own_team_alone(served):
    at, token = served.list_of("Nord/A")
    status, headers, html = served.ask(at, token)
    assert status == 200
    kept = (served.pages / "team-001.html").read_text("utf-8")
    cases = re.compile("case-[0-9]{5}")
    assert sorted(cases.findall(html)) == sorted(cases.findall(kept))
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "set-cookie" not in headers
    assert headers["cache-control"] == "no-store"
    for link in served.links(at, token):
        assert served.ask(f"/pages/{link}", token)[0] == 200
    assert not re.findall(r"(?:src|href|action)=\"(?:https?:)?//", html)


def test_no_address_and_no_case_of_a_page_says_whose_it_is(served):
    at, token = served.list_of("Nord/A")
    html = served.ask(at, token)[2]
    leads = set(re.findall(r'href="([^#"][^"]*)"', html))
    assert leads == {"start", *served.links(at, token)}
    case, _, _ = served.case_of("Nord/A")
    forms = re.findall(r'action="([^"]*)"', served.ask(case, token)[2])
    assert forms == [case.removeprefix("/pages/")]


def test_another_teams_case_is_refused_and_the_log_says_so(served):
    at, case, _ = served.case_of("Nord/A")
    other = served.token("caseworker", teams=("Nord/B", "A", "Nord"))
    status, _, html = served.ask(at, other)
    assert (status, case in html) == (403, False)
    kind, said, code = served.log()[0]
    assert (kind, said) == (
        "refused",
        {"who": "kwk", "by": "caseworker", "what": "case.html"},
    )
    assert code == StoreMemory(served.store, AT).make_code(case)
    act = {"act": "agree", "target": "small_target", "token": "x"}
    assert served.ask(at, other, form=act)[0] == 403


@pytest.mark.parametrize(
    "roles", [(), ("leader",), ("auditor",), ("leader", "auditor"), ("admin",)]
)
def test_cases_lists_and_letters_are_for_caseworkers(served, roles):
    at, case, token = served.case_of("Nord/A")
    at_list, _ = served.list_of("Nord/A")
    own = served.token(*roles, teams=("Nord/A",))
    letter = re.search(r'href="([0-9a-f]{32})">Brev', served.ask(at, token)[2])
    letters = [f"/pages/{letter[1]}"] if letter else []
    for path in (at, at_list, *letters):
        assert served.ask(path, own)[0] == 403
    assert case not in served.ask("/pages/start", own)[2]


def test_the_letter_is_opened_from_the_page_of_its_case(served):
    at, case, token = served.case_of("Nord/A")
    html = served.ask(at, token)[2]
    (letter,) = re.findall(
        rf'href="([0-9a-f]{{32}})">{TEXTS["da"]["letter"]["to_letter"]}', html
    )
    status, _, text = served.ask(f"/pages/{letter}", token)
    assert (status, case in text) == (200, True)
    assert served.log()[0][1]["what"] == "letter.html"


def test_a_leader_sees_aggregates_and_an_auditor_the_log(served):
    leader, auditor = served.token("leader"), served.token("auditor")
    (at,) = set(served.links("/pages/start", leader))
    status, _, html = served.ask(f"/pages/{at}", leader)
    assert (status, "case-0" in html) == (200, False)
    status, _, html = served.ask("/pages/log", auditor)
    assert status == 200
    assert "åbnet" in html
    assert "case-0" not in html
    assert served.ask("/pages/log", leader)[0] == 403
    assert served.ask(f"/pages/{at}", auditor)[0] == 403


def test_a_token_of_no_use_gets_nothing(served):
    at, case, _ = served.case_of("Nord/A")
    said = {"sub": "kwk", "roles": ["caseworker"], "teams": ["Nord/A"]}
    foreign = Ed25519PrivateKey.generate()
    good = make_token(served.key, **said)
    head, body, _ = good.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    whole = jwt.decode(good, options={"verify_signature": False})
    named = {"kid": ISSUER}
    before = len(served.log())
    for token in (
        "",
        make_token(served.key, **said, exp=int(time.time()) - 60),
        make_token(served.key, **said, iss="elsewhere"),
        make_token(served.key, **said, aud="another"),
        make_token(served.key, **{**said, "sub": None}),
        make_token(served.key, **{**said, "sub": "010190-1234"}),
        make_token(foreign, **said),
        jwt.encode(whole, "a secret" * 8, algorithm="HS256", headers=named),
        jwt.encode(whole, RSA, algorithm="RS256", headers=named),
        f"{unsigned}.{body}.",
        f"{head}.{body}.",
        "rs_00000000_" + "A" * 43,
    ):
        for path in (at, "/pages/start", "/pages/log"):
            status, _, html = served.ask(path, token)
            assert status == 401, token
            assert case not in html
            assert "href" not in html.replace('href="#main"', "")
    assert served.ask(at, good)[0] == 200
    assert len(served.log()) == before + 1


def find_form(html):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


@pytest.mark.parametrize(
    ("change", "headers", "status"),
    [
        ({"token": ""}, {}, 403),
        ({"token": "0" * 32}, {}, 403),
        ({}, {"sec-fetch-site": "cross-site"}, 403),
        ({}, {"sec-fetch-site": "same-site"}, 403),
        ({}, {"sec-fetch-site": ""}, 403),
        ({}, {"content-type": "text/plain"}, 415),
        ({"act": "decline"}, {}, 422),
        ({"act": "add"}, {}, 422),
        ({"target": "another"}, {}, 422),
        ({"line": "010190-1234"}, {}, 422),
        ({"line": "x" * 501}, {}, 413),
        ({"line": "x" * 20_000}, {}, 413),
    ],
)
def test_what_is_no_answer_of_this_page_is_not_noted(served, change, headers, status):
    at, _, token = served.case_of("Nord/A")
    form = {**find_form(served.ask(at, token)[2]), "act": "agree", **change}
    assert served.ask(at, token, form=form, **headers)[0] == status
    assert "decision" not in [kind for kind, _, _ in served.log()[:2]]


def test_a_form_of_somebody_else_is_refused(served):
    at, _, token = served.case_of("Nord/A")
    other = served.token("caseworker", teams=("Nord/A",), sub="another")
    form = {**find_form(served.ask(at, other)[2]), "act": "agree"}
    assert served.ask(at, token, form=form)[0] == 403


def test_an_answer_from_elsewhere_is_refused_in_words_of_its_own_and_noted(served):
    at, case, token = served.case_of("Nord/A")
    for path, what in ((at, "case.html"), ("/pages/start", "start")):
        form = {**find_form(served.ask(path, token)[2]), "act": "agree"}
        for change, headers in (
            ({"token": "x"}, {}),
            ({}, {"sec-fetch-site": "cross-site"}),
        ):
            before = len(served.log())
            answer = served.ask(path, token, form={**form, **change}, **headers)
            assert (answer[0], T["statuses"]["Origin"][1] in answer[2]) == (403, True)
            kind, said, code = served.log()[0]
            assert (kind, said["what"]) == ("refused", what)
            assert bool(code) == (path == at)
            assert len(served.log()) == before + 1
    assert case not in answer[2]


def test_stop_takes_every_page_down(served):
    at, _, token = served.case_of("Nord/A")
    stop_scoring(served.site, reason="The register was wrong", on=AT.date())
    try:
        assert served.ask(at, token)[0] == 503
        assert served.ask("/pages/start", token)[0] == 503
        assert served.ask(at, token, form={"act": "agree"})[0] == 503
        assert served.ask("/healthz")[0] == 200
    finally:
        resume_scoring(served.site)
    assert served.ask(at, token)[0] == 200


def test_who_opens_a_page_does_not_wait_for_who_fills_the_store(served):
    at, case, token = served.case_of("Nord/A")
    with served.store.write() as connection:
        Ledger.take(connection)
        began = time.monotonic()
        status, _, html = served.ask(at, token)
        assert time.monotonic() - began < 30
    assert (status, case in html) == (503, False)
    assert served.ask(at, token)[0] == 200


def test_the_code_on_paper_leads_to_the_case_and_is_taken_by_the_command(
    served, command, monkeypatch
):
    at, case, token = served.case_of("Nord/B")
    code = StoreMemory(served.store, AT).make_code(case)
    (page,) = [
        text
        for path in (served.pages / "cases").iterdir()
        if f"Sag {case}<" in (text := path.read_text("utf-8"))
    ]
    assert f"{code}</p>" in page
    form = {**find_form(served.ask("/pages/start", token)[2]), "code": code.lower()}
    status, headers, _ = served.ask("/pages/start", token, form=form)
    assert (status, headers["location"]) == (303, at.removeprefix("/pages/"))
    other = served.token("caseworker", teams=("Nord/A",))
    form = {**find_form(served.ask("/pages/start", other)[2]), "code": code}
    assert served.ask("/pages/start", other, form=form)[0] == 403
    assert served.log()[0][0] == "refused"
    form["code"] = "AAAAA-AAAAA"
    status, _, html = served.ask("/pages/start", other, form=form)
    assert (status, T["no_code"] in html) == (422, True)
    url = served.store.engine.url.render_as_string()
    monkeypatch.setattr("riskscreen.cli.store.read_identifier", lambda _what: code)
    told = ("--target", "small_target", "--by", "caseworker", "--store", url)
    assert command("decide", "agree", *told)[0] == 0
    assert ": enig.</p>" in served.ask(at, token)[2]


@pytest.fixture
def tab(served, chromium):
    """Opens a tab whose every request has the token of a caseworker."""
    contexts = []

    def open_tab(*teams, bypass_csp=False):
        token = served.token("caseworker", "leader", "auditor", teams=teams)
        context = chromium.new_context(
            base_url=f"http://127.0.0.1:{served.port}",
            extra_http_headers={"authorization": f"Bearer {token}"},
            bypass_csp=bypass_csp,
        )
        contexts.append(context)
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()


def test_a_case_is_overridden_by_keyboard_and_leaves_the_next_list(
    served, model, tab, tmp_path
):
    at, case, _ = served.case_of("Nord/A")
    opened = tab("Nord/A")
    refused = []
    opened.on("console", lambda said: refused.append(said.text))
    opened.goto("/")
    opened.get_by_label("Sagens kode:").focus()
    opened.keyboard.type(StoreMemory(served.store, AT).make_code(case))
    opened.keyboard.press("Enter")
    opened.wait_for_url(f"**{at}")
    opened.get_by_label("Begrundelse (frivillig)").focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Tab")
    opened.keyboard.type("Adressen er ny")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.value") == "disagree"
    opened.keyboard.press("Enter")
    opened.get_by_role("status").wait_for()
    assert ": uenig." in opened.get_by_role("status").inner_text()
    assert opened.url.endswith(at)
    assert refused == []
    kinds = [kind for kind, _, _ in served.log()[:3]]
    assert kinds == ["opened", "answered", "decision"]
    with served.store.read() as connection:
        assert case in find_off_list(connection, "small_target")
    scores = served.site.parent / "scores"
    report(model, scores, tmp_path / "next", served.store, read_clock())
    html = served.ask(at, served.token("caseworker", teams=("Nord/A",)))[2]
    assert TEXTS["da"]["case"]["taken_off"] in html
    # The page that stands open still shows the score of the report before.
    opened.get_by_role("button", name="Enig", exact=True).click()
    opened.get_by_text(T["statuses"]["Origin"][1]).wait_for()
    with served.store.read() as connection:
        assert case in find_off_list(connection, "small_target")
    opened.goto(at)
    # One click each, side by side: the three answers cost the same.
    boxes = [button.bounding_box() for button in opened.locator(".acts button").all()]
    assert (
        len({box["y"] for box in boxes}) == len({box["height"] for box in boxes}) == 1
    )
    opened.get_by_role("button", name="Enig", exact=True).click()
    opened.get_by_text(": enig.").wait_for()
    with served.store.read() as connection:
        assert case not in find_off_list(connection, "small_target")


@pytest.mark.parametrize("what", ["start", "log", "case", "list", "another's"])
def test_axe_finds_no_fault_and_the_keyboard_reaches_all(served, tab, what):
    at = {
        "start": "/pages/start",
        "log": "/pages/log",
        "case": served.case_of("Nord/A")[0],
        "list": served.list_of("Nord/A")[0],
        "another's": served.case_of("Nord/B")[0],
    }[what]
    opened = tab("Nord/A", bypass_csp=True)
    open_whole(opened, at, NARROW)
    assert find_faults(opened) == []
    open_whole(opened, at, WIDE)
    assert find_beyond(opened) == 0
    assert find_unreached(opened) == []


def test_a_hostile_team_is_text_in_the_browser(tab):
    opened = tab(f"Syd/{HOSTILE}")
    opened.goto("/")
    assert HOSTILE in opened.locator("main").text_content()
    with opened.expect_navigation():
        opened.locator("main").get_by_role("link", name="Arbejdsliste").click()
    assert HOSTILE in opened.locator("main").text_content()
    assert opened.title() != "taken"
    assert opened.locator("script").count() == 1  # the list's own


# The last, for no report is made of a case that the store has not.
def test_an_erased_case_has_no_page_and_the_chain_is_whole(served):
    at, case, token = served.case_of("Syd/A")
    assert served.ask(at, token)[0] == 200
    journal = served.site.parent / "journal"
    erase(served.store, Subject("case", case), ORDER, at=read_clock(), journal=journal)
    assert served.ask(at, token)[0] == 404
    assert verified(served.store).faults == ()
    assert case not in served.ask(*served.list_of("Syd/A"))[2]


def test_pages_are_served_from_a_store_alone_and_to_nobody_without_a_sign_in(
    command, tmp_path
):
    site, url = tmp_path / "site", f"sqlite:///{tmp_path / 'store.db'}"
    small_site.deliver(site, 5)
    (site / "site.toml").write_text("extract_date = 2024-12-30\n", "utf-8")
    told = ("serve", "--pages", "--site", site)
    assert command(*told)[0] == 2
    assert command(*told, "--store", url, "--target", "long_absence")[0] == 2
    code, _, err = command(*told, "--store", url)
    assert (code, "has no [pages]" in err) == (2, True)
    (site / "site.toml").write_text(f"extract_date = 2024-12-30\n{STATED}", "utf-8")
    code, _, err = command(*told, "--store", url)
    told = " ".join(err.split())
    assert (code, f"{KEYS}: no public keys (JWKS)" in told) == (12, True)
