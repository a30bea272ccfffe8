import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Event
from time import perf_counter

import pytest

from riskscreen.errors import FileError, RegistryError
from riskscreen.live.api_keys import make_api_key
from riskscreen.live.figures import Figures
from riskscreen.live.served_models import FolderSource
from riskscreen.objections import add_objection
from riskscreen.scoring.answers import Answer
from riskscreen.scoring.approved_model import load_model
from riskscreen.stop_switch import resume_scoring, stop_scoring
from tests import small_site
from tests.live.asking import CANARY, NOW, QUESTION, SPELLS, Client, make_service
from tests.live.hostile import SECRETS, send_hostile

pytestmark = pytest.mark.slow

CASE = small_site.LIVE_CASE


def test_one_case_gets_what_python_says_bit_for_bit(client, folder):
    answered = client.score(QUESTION)
    expected = load_model(folder).score_one(CASE, SPELLS, clock=lambda: NOW)
    assert answered.status == 200
    assert Answer.model_validate_json(answered.body) == expected
    assert answered.headers["cache-control"] == "no-store"
    assert "connection" not in answered.headers


def test_a_list_is_answered_in_its_order(client):
    ids = ["c-3", "c-1", "c-2"]
    questions = [{**QUESTION, "case": CASE | {"case_id": name}} for name in ids]
    answers = client.score(questions).json()
    assert [answer["case_id"] for answer in answers] == ids
    assert len({answer["risk"] for answer in answers}) == 1


def test_no_history_is_refused_and_an_empty_one_is_flagged(client):
    refused = client.score({"case": CASE})
    assert (refused.status, refused.json()["error"]) == (422, "TableError")
    assert client.score({"case": CASE, "history": []}).json()["flags"] == ["no_history"]


def test_a_case_that_breaks_a_rule_is_refused_with_the_rule_alone(client):
    answered = client.score({**QUESTION, "case": CASE | {"helpers": CANARY}})
    assert answered.status == 422
    (why,) = answered.json()["set_aside"]
    assert why == {
        "table": "cases",
        "row": 1,
        "rule": "helpers: not a number",
        "question": 1,
    }
    all_of_them = client.score([{**QUESTION, "case": CASE | {"helpers": CANARY}}] * 3)
    assert [row["question"] for row in all_of_them.json()["set_aside"]] == [1, 2, 3]
    assert "question 3" in all_of_them.json()["message"]
    assert CANARY.encode() not in answered.body
    both = [QUESTION, {**QUESTION, "case": CASE | {"helpers": CANARY}}]
    statuses = [answer["status"] for answer in client.score(both).json()]
    assert statuses == ["scored", "set aside"]


def test_a_question_that_refuses_its_list_is_named_by_its_place(client):
    lacking = {"case": {k: v for k, v in CASE.items() if k != "helpers"}}
    refused = client.score([QUESTION, QUESTION | lacking])
    assert (refused.status, refused.json()["error"]) == (422, "TableError")
    assert refused.json()["message"].startswith("question 2: ")
    alone = client.score(QUESTION | lacking).json()["message"]
    assert not alone.startswith("question")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"key": ""}, 401),
        ({"key": "rs_00000000_" + "A" * 43}, 401),
        ({"key": CANARY}, 401),
        ({"kind": "text/plain"}, 415),
    ],
)
def test_what_is_no_request_of_ours_is_not_read(client, options, status):
    answered = client.score(QUESTION, **options)
    assert answered.status == status
    assert answered.headers["connection"] == "close"
    assert set(answered.json()) == {"error", "message", "set_aside"}


def test_a_key_is_for_its_own_targets(served, client):
    site = served[0].keys.site
    other = make_api_key(site, "other", ["other_target"], on=NOW.date(), overlap=0)
    assert client.score(QUESTION, key=other).status == 403
    assert client.score({**QUESTION, "target": "other_target"}).status == 403
    assert client.score({**QUESTION, "target": "small_target"}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/{CANARY}", 404),
        ("GET", "/v1/score", 405),
        ("POST", "/v1/score/", 404),
        ("GET", "/docs", 404),
    ],
)
def test_other_paths_are_refused_and_never_logged(client, logged, method, path, status):
    answered = asyncio.run(client.ask(method, path + f"?name={CANARY}"))
    assert answered.status == status
    assert "location" not in answered.headers
    assert CANARY not in answered.body.decode() + logged()


def test_what_is_too_large_or_too_many_or_too_slow_is_refused(folder, tmp_path):
    _, client = make_service(tmp_path, folder, body_bytes=2000, cases=2, seconds=0.3)
    large = client.score(b"", chunks=[b" " * 2001, b" "])
    assert (large.status, large.headers["connection"]) == (413, "close")
    assert client.score([QUESTION] * 3).status == 413
    assert client.score([]).status == 422
    slow = client.score(b"", chunks=[b'{"case"'])
    assert (slow.status, slow.headers["connection"]) == (408, "close")


def test_a_service_that_has_enough_to_do_says_so(folder, tmp_path):
    service, client = make_service(tmp_path, folder, at_work=0)
    answered = client.score(QUESTION)
    assert (answered.status, answered.json()["error"]) == (503, "Busy")
    assert answered.headers["retry-after"] == "5"
    assert service.worker.at_work == 0


def test_a_stopped_site_answers_with_the_reason(folder, tmp_path):
    _, client = make_service(tmp_path, folder)
    reason = "The register was delivered twice"
    assert client.get("/readyz").status == 200
    stop_scoring(tmp_path, reason=reason, on=NOW.date())
    for answered, told in (
        (client.score(QUESTION), True),
        (client.get("/readyz"), False),
    ):
        assert (answered.status, answered.json()["error"]) == (503, "StoppedError")
        assert (reason in answered.json()["message"]) == told
    assert client.get("/healthz").status == 200
    assert "riskscreen_stopped 1.0" in client.get("/metrics").body.decode()
    resume_scoring(tmp_path)
    assert client.score(QUESTION).status == 200


def test_an_objection_counts_from_its_day_in_the_sites_time_zone(folder, tmp_path):
    service, client = make_service(tmp_path, folder)
    midnight = datetime(2024, 12, 30, 23, 30, tzinfo=UTC)
    person = QUESTION["case"]["person_id"]
    add_objection(tmp_path, person, what="scoring", since=date(2024, 12, 31))
    routes = []
    for zone in ("Europe/Copenhagen", "Atlantic/Faroe"):
        there = replace(service, clock=lambda: midnight, zone=zone, figures=Figures())
        asking = Client(there.build_app(), client.key)
        routes.append(asking.score(QUESTION).json()["route"])
    assert routes == ["objection", None]


def test_an_objection_counts_from_the_next_request_on(folder, tmp_path):
    _, client = make_service(tmp_path, folder)
    assert client.score(QUESTION).json()["route"] is None
    person = QUESTION["case"]["person_id"]
    add_objection(tmp_path, person, what="scoring", since=NOW.date())
    answer = client.score(QUESTION).json()
    assert (answer["route"], answer["risk"]) == ("objection", None)
    for fault in ("a,soon,both", "010161-4000,2026-03-02,both"):
        (tmp_path / "objections.csv").write_text(f"person_id,from,what\n{fault}\n")
        for answered in (client.score(QUESTION), client.get("/readyz")):
            assert answered.status == 503
            assert str(tmp_path) not in answered.body.decode()


def test_whoever_objects_under_a_key_that_the_model_cannot_match_makes_it_unready(
    folder, tmp_path
):
    service, client = make_service(tmp_path, folder)
    add_objection(tmp_path, "unlike", what="scoring", since=NOW.date())
    assert client.get("/readyz").status == 200
    of = service.models.current["small_target"]
    keyed = replace(of, model=replace(of.model, keys={"person_id": "P[0-9]+"}))
    service.models.current = {"small_target": keyed}
    with pytest.raises(FileError, match="person_id"):
        service.check_objections()
    assert client.get("/readyz").status == 503
    assert client.score(QUESTION).status == 503


def test_a_question_is_for_a_target_of_the_service_whether_or_not_it_has_its_model(
    folder, tmp_path
):
    service, client = make_service(tmp_path, folder)
    models = service.models
    models.current = {}
    body = client.get("/openapi.json").json()["paths"]["/v1/score"]["post"]
    assert "oneOf" not in str(body["requestBody"])
    unready = client.get("/readyz")
    assert unready.status == 503
    assert "small_target" not in unready.body.decode()
    alone = client.score(QUESTION)
    assert (alone.status, alone.json()["error"]) == (503, "NotApprovedError")
    models.sources = {**models.sources, "withdrawn": FolderSource(tmp_path)}
    models.current = {"small_target": load_model(folder)}
    unnamed = client.score(QUESTION)
    assert (unnamed.status, unnamed.json()["error"]) == (422, "Target")
    content = client.get("/openapi.json").json()["paths"]["/v1/score"]["post"][
        "requestBody"
    ]["content"]["application/json"]
    assert content["schema"]["oneOf"][0]["required"][:2] == ["target", "case"]
    assert client.score({**QUESTION, "target": "small_target"}).status == 200


def test_a_look_that_hangs_holds_up_no_end(folder, tmp_path):
    service, client = make_service(tmp_path, folder)
    looking, away = Event(), Event()

    class Hanging:
        def look(self):
            looking.set()
            away.wait(20)
            raise RegistryError("Away.")

    service.models.sources, service.poll_seconds = {"small_target": Hanging()}, 0.01
    events = [
        lambda: {"type": "lifespan.startup"},
        lambda: {"type": "lifespan.shutdown", "seen": looking.wait(10)},
    ]

    async def receive():
        return await asyncio.to_thread(events.pop(0))

    async def send(message):
        assert message["type"].endswith("complete")

    began = perf_counter()
    asyncio.run(client.app({"type": "lifespan", "state": {}}, receive, send))
    assert looking.is_set()
    assert perf_counter() - began < 10
    away.set()


def test_figures_have_no_value_of_a_case_in_them(client):
    client.score({**QUESTION, "case": CASE | {"case_id": CANARY}})
    assert client.get("/metrics", key="").status == 401
    text = client.get("/metrics").body.decode()
    assert 'riskscreen_cases_total{status="scored",target="small_target"}' in text
    assert CANARY not in text


def test_the_log_has_a_line_a_request_without_any_value(client, logged):
    secret = {**QUESTION, "case": CASE | {"case_id": CANARY, CANARY: CANARY}}
    assert client.score(secret).json()["ignored"] == ["column 13"]
    last = logged().splitlines()[-1]
    line = json.loads(last[last.index("{") :])
    assert (line["event"], line["route"], line["status"]) == (
        "request",
        "/v1/score",
        200,
    )
    assert (line["key"], line["cases"]) == ("form", 1)
    assert CANARY not in logged()


def test_what_nobody_foresaw_is_told_by_its_kind_alone(
    folder, tmp_path, monkeypatch, logged
):
    def fail(*_args, **_options):
        raise KeyError(CANARY)

    service, client = make_service(tmp_path, folder)
    monkeypatch.setattr(service.worker, "score", fail)
    answered = client.score(QUESTION)
    assert (answered.status, answered.json()["error"]) == (500, "UnexpectedError")
    assert CANARY not in answered.body.decode() + logged()


def test_the_description_has_the_case_of_the_specification_and_can_be_asked(client):
    described = client.get("/openapi.json").json()
    post = described["paths"]["/v1/score"]["post"]
    content = post["requestBody"]["content"]["application/json"]
    (question, several) = content["schema"]["oneOf"]
    case = question["properties"]["case"]
    assert case["properties"]["helpers"]["maximum"] == 9
    assert "helpers" in case["required"]
    assert several["type"] == "array"
    (example,) = content["examples"].values()
    assert client.score(example["value"]).status == 200
    assert post["security"]
    named = {ref.split("/")[-1] for ref in _list_references(described)}
    assert named <= set(described["components"]["schemas"])


def _list_references(content):
    if isinstance(content, dict):
        for key, value in content.items():
            if key == "$ref":
                yield value
            yield from _list_references(value)
    if isinstance(content, list):
        for value in content:
            yield from _list_references(value)


def test_threads_and_a_loop_of_requests_give_the_same_bits(client):
    async def ask_many():
        body = json.dumps(QUESTION).encode()
        asked = [client.ask("POST", "/v1/score", body) for _ in range(12)]
        return await asyncio.gather(*asked)

    bodies = {answered.body for answered in asyncio.run(ask_many())}
    assert bodies == {client.score(QUESTION).body}


def test_hostile_bodies_are_refused_with_a_reason_that_has_nothing_of_them(
    client, logged
):
    statuses = asyncio.run(send_hostile(client, 60))
    assert set(statuses) <= {413, 422, 403}
    assert not any(secret in logged() for secret in SECRETS)
