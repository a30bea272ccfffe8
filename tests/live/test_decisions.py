"""A service with a store: scores are kept before they are answered, decisions noted."""

import asyncio
import json

import pytest

from riskscreen.live.api_keys import ApiKeys, make_api_key
from riskscreen.live.app import Service
from riskscreen.live.served_models import FolderSource, ServedModels
from riskscreen.store import begin_store, find_scores
from riskscreen.store.decisions import find_off_list
from riskscreen.store.verifying import verify_chain
from tests.live.asking import NOW, QUESTION, Client

TARGET = "small_target"
CASE = QUESTION["case"]["case_id"]
DECISION = {"case_id": CASE, "target": TARGET, "act": "disagree", "by": "caseworker"}


@pytest.fixture
def kept(folder, tmp_path):
    """A service of its own, and the store that it keeps into."""
    site = tmp_path / "site"
    site.mkdir()
    key = make_api_key(site, "form", [TARGET], on=NOW.date(), overlap=7)
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    served = ServedModels.open([FolderSource(folder)])
    service = Service(ApiKeys(site), served, lambda: NOW, store=store)
    return Client(service.build_app(), key), store


def ask(client, path, content):
    return asyncio.run(client.ask("POST", path, json.dumps(content).encode()))


@pytest.mark.slow
def test_an_answer_is_in_the_store_once(kept):
    client, store = kept
    answered = [ask(client, "/v1/score", QUESTION) for _ in range(2)]
    assert [of.status for of in answered] == [200, 200]
    (found,) = find_scores(store, CASE)
    assert found.said["score"]["risk"] == answered[0].json()["risk"]
    assert found.person_id == QUESTION["case"]["person_id"]
    assert found.run["finished_at"] is None


@pytest.mark.slow
def test_a_decision_on_a_kept_score_is_noted(kept):
    client, store = kept
    ask(client, "/v1/score", QUESTION)
    noted = ask(client, "/v1/decisions", DECISION)
    assert (noted.status, noted.json()) == (201, {"noted": True})
    with store.read() as connection:
        assert find_off_list(connection, TARGET) == {CASE}
        assert verify_chain(connection).faults == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"note": "cpr 010161-4000"}, 422),
        ({"act": "maybe"}, 422),
        ({"more": 1}, 422),
        ({"case_id": "c-unknown"}, 422),
        ({"target": "another"}, 403),
    ],
)
def test_a_decision_that_may_not_be_noted_is_refused_without_its_words(
    kept, logged, change, status
):
    client, store = kept
    ask(client, "/v1/score", QUESTION)
    answered = ask(client, "/v1/decisions", DECISION | change)
    assert answered.status == status
    assert b"010161" not in answered.body
    assert "010161" not in logged()
    with store.read() as connection:
        assert find_off_list(connection, TARGET) == set()


def test_a_service_without_a_store_takes_no_decision(client):
    assert ask(client, "/v1/decisions", DECISION).status == 404


@pytest.mark.slow
def test_a_case_is_not_answered_where_its_score_cannot_be_kept(kept, tmp_path):
    client, _ = kept
    (tmp_path / "store.db").write_bytes(b"no database, but long enough to be one")
    assert ask(client, "/v1/score", QUESTION).status == 503


def test_the_description_has_the_decisions_of_a_service_with_a_store(kept):
    client, _ = kept
    described = asyncio.run(client.ask("GET", "/openapi.json")).json()
    body = described["paths"]["/v1/decisions"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["required"] == ["case_id", "target", "act", "by"]
