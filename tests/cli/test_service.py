"""The commands of a running site, as they are typed."""

import io
import json
import sys

import pandas as pd
import pytest

from riskscreen.cli.service import _list_sources
from riskscreen.errors import NotApprovedError, StoppedError
from riskscreen.signing import SigningKey
from tests import small_site
from tests.cli.conftest import AS_OF

pytestmark = pytest.mark.slow

REASON = "The register was delivered twice"


@pytest.fixture
def site(site):
    (site / "site.toml").write_text(f"extract_date = {AS_OF}\n", "utf-8")
    return site


def test_nothing_of_a_stopped_site_scores_until_it_is_lifted(command, site, folder):
    question = site.parent / "question.json"
    question.write_text(json.dumps({"case": small_site.LIVE_CASE, "history": []}))
    out = site.parent / "out"
    doors = (
        ("score", site / "cases.csv", "--site", site, "--model", folder, "--out", out),
        ("score", "--json", question, "--site", site, "--model", folder),
        ("report", out, "--site", site, "--model", folder, "--out", site.parent / "p"),
    )
    assert command("stop", "--site", site, "--reason", REASON)[0] == 0
    for door in doors:
        code, said, err = command(*door)
        assert (code, said) == (StoppedError.exit_code, "")
        assert REASON in err
    assert not out.exists()
    assert command("stop", "--site", site, "--lift")[0] == 0
    for door in doors:
        assert command(*door)[0] in (0, 3)
    assert "was not stopped" in command("stop", "--site", site, "--lift")[1]


@pytest.mark.parametrize("options", [[], ["--lift", "--reason", REASON]])
def test_a_stop_has_a_reason_or_is_lifted(command, site, options):
    code, _, _ = command("stop", "--site", site, *options)
    assert code == 2
    assert not (site / "STOP").exists()


def test_whoever_objected_is_scored_at_no_door(command, site, folder, monkeypatch):
    question = site.parent / "question.json"
    question.write_text(json.dumps({"case": small_site.LIVE_CASE, "history": []}))
    out = site.parent / "out"
    cases = pd.read_csv(site / "cases.csv", sep=";", dtype="str")
    people = [small_site.LIVE_CASE["person_id"], cases["person_id"][0]]
    for person in people:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{person}\n"))
        code, said, _ = command("object", "--site", site, "--what", "scoring")
        assert code == 0
        assert person not in said
    door = ("--site", site, "--model", folder)
    assert command("score", site / "cases.csv", *door, "--out", out)[0] in (0, 3)
    routed = pd.read_csv(out / "routed.csv", dtype="str").set_index("case_id")["route"]
    own = cases["case_id"][cases["person_id"].isin(people)]
    assert routed[own].tolist() == ["objection"] * len(own)
    summary = json.loads((out / "summary.json").read_text())
    assert summary["routed_by_route"]["objection"] == len(own)
    code, said, _ = command("score", "--json", question, *door)
    answer = json.loads(said)
    assert (answer["status"], answer["route"]) == ("routed", "objection")
    assert answer["risk"] is None
    pages = site.parent / "pages"
    assert command("report", out, *door, "--out", pages)[0] == 0
    assert "gjort indsigelse" in (pages / "routed.html").read_text("utf-8")


@pytest.mark.parametrize("given", ["", "p1\np2\n"])
def test_one_citizen_is_noted_at_a_time(command, site, monkeypatch, given):
    monkeypatch.setattr(sys, "stdin", io.StringIO(given))
    assert command("object", "--site", site)[0] == 2
    assert not (site / "objections.csv").exists()


def test_a_key_is_printed_once_rotated_and_revoked(command, site):
    asked = ("api-key", "form", "--site", site)
    assert command(*asked)[0] == 2
    code, first, said = command(*asked, "--target", "small_target")
    assert (code, first.startswith("rs_"), said) == (0, True, "")
    _, second, said = command(*asked)
    assert second != first
    assert "former key" in said
    for beside in (("--overlap", 3), ("--target", "small_target")):
        assert command(*asked, "--revoke", *beside)[0] == 2
    assert command("api-key", "fromm", "--site", site, "--revoke")[0] == 2
    assert "2 keys" in command(*asked, "--revoke")[1]


def test_a_service_goes_by_the_keys_that_the_site_states_at_the_time(site, folder):
    (source,) = _list_sources(None, [folder], "", site)
    unsigned = source.look()
    assert source.fetch().signed_by is None
    key = SigningKey(bytes(32)).public
    with (site / "site.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'[trust]\napproval_keys = ["{key}"]\n')
    assert source.look() != unsigned
    with pytest.raises(NotApprovedError):
        source.fetch()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], 2),
        (["--model", "none"], 15),
        (["--model", "none", "--target", "small_target"], 2),
    ],
)
def test_a_service_without_an_approved_model_does_not_start(
    command, site, options, expected
):
    assert command("serve", "--site", site, "--port", "0", *options)[0] == expected
