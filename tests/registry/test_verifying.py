"""What the registry says of a version is checked before its model is anybody's."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from riskscreen.approval_keys import VARIABLE
from riskscreen.cli import app
from riskscreen.errors import (
    ModelError,
    NotApprovedError,
    RegistryError,
    UntrustedApprovalError,
    UsageError,
)
from riskscreen.registry.approvals import Approval
from riskscreen.registry.rollbacks import Rollback
from riskscreen.registry.store import Registry
from riskscreen.scoring.approved_model import (
    fetch_approved,
    open_approved,
    read_approved,
)
from riskscreen.signing import SigningKey
from riskscreen.signing_keys import make_signing_key
from tests import small_site
from tests.registries import begin_database, copy_database, write_training

TARGET, ON = "small_target", "2026-11-21"
OLD, NEW = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Two trainings of one target: they differ in the threshold."""
    model = small_site.model()
    other = replace(model, policy=small_site.policy(first=0.6, base_risk=0.5))
    return [
        write_training(each, tmp_path_factory.mktemp("made")) for each in (model, other)
    ]


@pytest.fixture(scope="module")
def logged(tmp_path_factory, records):
    """A database with both trainings, to copy, and their versions."""
    path = begin_database(tmp_path_factory, tmp_path_factory.mktemp("logged") / "db")
    registry = Registry(f"sqlite:///{path}")
    return path, [registry.log_training(record) for record in records]


@pytest.fixture
def registry(logged, tmp_path):
    return Registry(f"sqlite:///{copy_database(logged[0], tmp_path / 'mlflow.db')}")


@pytest.fixture
def trained(logged):
    """Both trainings at the registry."""
    return logged[1]


def _approve(registry, version, key=None):
    return registry.approve(version, by="a leader", note="seen", on=ON, key=key)


def _roll_back(registry, *, note="it errs", **given):
    return registry.roll_back(TARGET, by="a leader", note=note, on=ON, **given)


def _point(registry, name, copy, **changes):
    """Make another's files the approved version of *name*, as who may write there."""
    client = registry._client.plain
    made = client.create_model_version(
        name, source=copy.source, run_id=copy.run_id, tags={**copy.tags, **changes}
    )
    client.set_registered_model_alias(name, "approved", made.version)


def test_a_rollback_lets_the_previous_version_score_once(registry, trained):
    first, second = (_approve(registry, one) for one in trained)
    registry.name_shadow(trained[1])
    assert registry.list_beside(TARGET) == {"previous": first, "shadow": trained[1]}

    assert _roll_back(registry) == (first, second)

    assert registry.list_beside(TARGET) == {"shadow": trained[1]}
    assert registry.find_approved(TARGET) == first
    assert registry.read_approvals(TARGET).current.number == trained[0].number
    with pytest.raises(RegistryError, match="to go back to"):
        _roll_back(registry)
    assert registry.find_approved(TARGET) == first


def test_to_approve_again_after_a_rollback_is_an_act_of_its_own(registry, trained):
    """In the words of before, by the same person: the record tells all three acts."""
    _approve(registry, trained[0])
    left = _approve(registry, trained[1])
    _roll_back(registry, note="it errs")
    again = _approve(registry, trained[1])
    assert int(again.number) > int(left.number)
    assert registry.find_approved(TARGET) == again
    approvals = registry.read_approvals(TARGET)
    assert [type(act) for act in approvals.acts] == [
        *(Approval, Approval, Rollback, Approval)
    ]
    rollback = approvals.acts[2]
    assert (rollback.left_number, rollback.by, rollback.note, rollback.on) == (
        *(left.number, "a leader", "it errs", ON),
    )
    listed = CliRunner().invoke(app, ["models", TARGET, "--tracking-uri", registry.uri])
    assert "a leader: it errs" in listed.output
    # An approval that nothing came after is written down once.
    assert _approve(registry, trained[1]).number != again.number
    assert len(registry.read_approvals(TARGET).acts) == 4


@pytest.mark.parametrize(("by", "note"), [("", "it errs"), ("a leader", " ")])
def test_nobody_goes_back_for_no_reason(by, note, registry, trained):
    _, second = (_approve(registry, one) for one in trained)
    with pytest.raises(UsageError, match="--by"):
        registry.roll_back(TARGET, by=by, note=note, on=ON)
    assert registry.find_approved(TARGET) == second


def test_signed_anew_a_version_keeps_its_way_back(registry, trained):
    first, _ = (_approve(registry, one, OLD) for one in trained)
    again = _approve(registry, trained[1], NEW)
    assert registry.list_beside(TARGET) == {"previous": first}
    opened = fetch_approved(registry.uri, target=TARGET, keys=[NEW.public])
    assert (opened.version, opened.signed_by) == (again.model_version, NEW.public)
    with pytest.raises(NotApprovedError):
        fetch_approved(registry.uri, target=TARGET, keys=[OLD.public])


def test_a_rollback_that_would_open_no_door_changes_nothing(
    registry, trained, tmp_path, monkeypatch
):
    first, second = (
        _approve(registry, one, key)
        for one, key in zip(trained, (OLD, NEW), strict=True)
    )
    keys = tmp_path / "keys"
    keys.write_text(f"{NEW.public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(keys))
    with pytest.raises(NotApprovedError, match="--key"):
        _roll_back(registry, read=read_approved)
    assert registry.find_approved(TARGET) == second
    assert registry.list_beside(TARGET) == {"previous": first}

    keys.write_text(f"{NEW.public}\n{OLD.public}\n", "utf-8")
    assert _roll_back(registry, read=read_approved) == (first, second)


def test_another_target_s_model_under_a_name_opens_no_door(registry, trained, tmp_path):
    copy = _approve(registry, trained[0])
    registry._client.plain.create_registered_model("other_target")
    _point(registry, "other_target", copy)
    with pytest.raises(UntrustedApprovalError, match=TARGET) as refused:
        fetch_approved(registry.uri, target="other_target")
    assert refused.value.exit_code == 15
    with pytest.raises(NotApprovedError):
        registry.export_approved("other_target", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_that_are_not_the_version_s_replace_no_good_folder(
    registry, trained, tmp_path
):
    good = _approve(registry, trained[0])
    out = registry.export_approved(TARGET, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    _point(registry, TARGET, good, model_sha256="0" * 64)
    with pytest.raises(ModelError, match="digest differs"):
        registry.export_approved(TARGET, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_an_export_that_no_key_opens_replaces_no_good_folder(
    registry, trained, tmp_path, monkeypatch
):
    keys = tmp_path / "keys"
    keys.write_text(f"{OLD.public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(keys))
    _approve(registry, trained[0], OLD)
    out = registry.export_approved(TARGET, tmp_path / "out", read=read_approved)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    _approve(registry, trained[1], NEW)
    with pytest.raises(NotApprovedError):
        registry.export_approved(TARGET, out, read=read_approved)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.usefixtures("trained", "judged")
def test_what_publish_signs_opens_the_doors_that_know_the_key(
    registry, tmp_path, monkeypatch
):
    signs = make_signing_key(tmp_path / "key")
    keys = tmp_path / "keys"
    keys.write_text(f"{signs.public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(keys))
    ended = CliRunner().invoke(
        app,
        [
            *("publish", TARGET, "--approved-by", "a leader", "--note", "seen"),
            *("--key", str(tmp_path / "key"), "--tracking-uri", registry.uri),
            *("--out", str(tmp_path / "out")),
        ],
    )
    assert ended.exit_code == 0, ended.output
    assert open_approved(tmp_path / "out").signed_by == signs.public
    fetched = fetch_approved(registry.uri, target=TARGET, keys=[signs.public])
    assert fetched.signed_by == signs.public
    with pytest.raises(NotApprovedError):
        fetch_approved(registry.uri, target=TARGET, keys=[OLD.public])
