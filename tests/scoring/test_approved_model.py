"""Where keys are configured, a model scores only if one of them signed its approval."""

import json
import logging

import pytest

from riskscreen import load_model
from riskscreen.approval_keys import VARIABLE
from riskscreen.errors import NotApprovedError, UntrustedApprovalError
from riskscreen.model.model_folder import APPROVAL_FILE
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.scoring import approved_model
from riskscreen.scoring.approved_model import open_approved
from riskscreen.signing import SigningKey
from tests.small_site import approved_folder

LEADER, STRANGER = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    approved_model._say_unverified.cache_clear()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return approved_folder(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture
def folder(plain, tmp_path):
    """A copy of an approved folder, to be signed or changed."""
    for path in plain.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def write_approval(folder, key=None, **changes):
    content = json.loads((folder / APPROVAL_FILE).read_text("utf-8")) | changes
    if key is not None:
        record = ApprovalRecord(**content | {"signed_by": key.public})
        content = record.model_dump() | {
            "signature": key.sign(record.to_signed_content())
        }
    (folder / APPROVAL_FILE).write_text(json.dumps(content), "utf-8")


@pytest.mark.slow
def test_a_signed_approval_opens_by_the_key_that_signed_it(folder):
    write_approval(folder, LEADER)
    opened = open_approved(folder, keys=[STRANGER.public, LEADER.public])
    assert opened.signed_by == LEADER.public


def test_a_model_that_nobody_approved_has_no_approval_to_distrust(folder):
    (folder / APPROVAL_FILE).unlink()
    with pytest.raises(NotApprovedError) as refused:
        open_approved(folder, keys=[LEADER.public])
    assert not isinstance(refused.value, UntrustedApprovalError)


@pytest.mark.parametrize("key", [None, STRANGER])
def test_an_approval_that_no_known_key_signed_opens_no_door(folder, key):
    write_approval(folder, key)
    with pytest.raises(UntrustedApprovalError, match="--key") as refused:
        open_approved(folder, keys=[LEADER.public])
    assert refused.value.exit_code == 15


@pytest.mark.parametrize(
    "changes",
    [
        {"approved_by": "somebody else"},
        {"note": "another note"},
        {"pilot": True},
        {"verdicts": {"auc_at_least": "pass"}},
        {"approved_on": "2030-01-01"},
        {"evaluation_sha256": "1" * 64},
        {"signed_by": STRANGER.public},
    ],
)
def test_whatever_is_changed_after_the_signature_breaks_it(folder, changes):
    write_approval(folder, LEADER)
    write_approval(folder, **changes)
    with pytest.raises(UntrustedApprovalError, match="as it stands"):
        open_approved(folder, keys=[LEADER.public])


@pytest.mark.slow
def test_a_signature_is_of_one_model_alone(folder, tmp_path_factory):
    """Thresholds stand in model.json: other ones are another model."""
    write_approval(folder, LEADER)
    other = approved_folder(tmp_path_factory.mktemp("other") / "m", "blend")
    (other / APPROVAL_FILE).write_bytes((folder / APPROVAL_FILE).read_bytes())
    with pytest.raises(UntrustedApprovalError, match="another version"):
        open_approved(other, keys=[LEADER.public])


def test_doors_without_a_site_go_by_the_file_of_the_environment(
    folder, tmp_path, monkeypatch
):
    keys = tmp_path / "keys"
    keys.write_text(f"{LEADER.public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(keys))
    with pytest.raises(NotApprovedError, match="not signed"):
        load_model(folder)
    write_approval(folder, LEADER)
    assert load_model(folder).signed_by == LEADER.public


def test_without_keys_it_is_said_once_that_nobody_verified(folder, caplog):
    with caplog.at_level(logging.WARNING, "riskscreen"):
        assert load_model(folder).signed_by is None
        load_model(folder)
    (said,) = [r for r in caplog.records if r.name == "riskscreen.approval"]
    assert "not verified" in said.getMessage()


def test_a_folder_of_another_target_than_was_asked_for_opens_no_door(folder):
    assert load_model(folder, target="small_target").model.spec.name == "small_target"
    with pytest.raises(NotApprovedError, match="small_target"):
        load_model(folder, target="long_absence")
