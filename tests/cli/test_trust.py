"""The approval keys of a site reach every command that opens a model with --site."""

import json
import shutil

import pytest

from riskscreen.approval_keys import VARIABLE
from riskscreen.errors import NotApprovedError
from riskscreen.live import server
from riskscreen.signing import SigningKey
from tests import small_site
from tests.cli.conftest import AS_OF
from tests.scoring.test_approved_model import write_approval

pytestmark = pytest.mark.slow

LEADER, STRANGER = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site that trusts its leader; what the environment names is another's."""
    folder = tmp_path / "site"
    small_site.deliver(folder, 20)
    (folder / "site.toml").write_text(
        f"extract_date = {AS_OF}\n[trust]\napproval_keys = ['{LEADER.public}']\n"
    )
    (tmp_path / "keys").write_text(f"{STRANGER.public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "keys"))
    return folder


@pytest.fixture
def models(folder, tmp_path):
    """The model unsigned, signed by a stranger, and signed by the leader."""
    for name, key in (("unsigned", None), ("other", STRANGER), ("signed", LEADER)):
        shutil.copytree(folder, tmp_path / name)
        write_approval(tmp_path / name, key)
    return tmp_path


@pytest.fixture
def served(monkeypatch):
    """What was served: nobody listens."""
    services = []
    monkeypatch.setattr(server, "serve", lambda service, _: services.append(service))
    return services


def test_no_door_of_a_site_opens_by_another_s_key(
    command, site, models, served, tmp_path
):
    question = tmp_path / "question.json"
    question.write_text(json.dumps({"case": small_site.LIVE_CASE, "history": []}))
    asked = ("api-key", "form", "--site", site, "--target", "small_target")
    code, _, err = command(*asked)
    assert code == 0, err
    scored = tmp_path / "scored"
    doors = {
        "score": [
            *("score", site / "cases.csv", "--site", site),
            *("--as-of", AS_OF, "--out", scored),
        ],
        "score one": ["score", "--json", question, "--site", site],
        "report": ["report", scored, "--site", site, "--out", tmp_path / "pages"],
        "serve": ["serve", "--site", site, "--port", 0],
    }
    for name, door in doors.items():
        for model in ("unsigned", "other"):
            code, said, err = command(*door, "--model", models / model)
            assert (name, model, code) == (name, model, NotApprovedError.exit_code), err
            assert said == ""
        code, _, err = command(*door, "--model", models / "signed")
        assert (name, code) == (name, 0), err
    (service,) = served
    (approved,) = service.models.current.values()
    assert approved.signed_by == LEADER.public
