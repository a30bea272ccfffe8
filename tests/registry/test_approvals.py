"""An approval is a person's act, kept for ever, and finished by the next if killed."""

import json
from functools import partial

import pytest

from riskscreen.approval_keys import VARIABLE
from riskscreen.errors import PersonalDataError, RegistryError, UsageError
from riskscreen.registry.store import Registry
from riskscreen.signing import SigningKey
from riskscreen.stories import publish
from tests.registry.test_store import ON

TARGET = "long_benefit"


class KilledError(BaseException):
    """The process dies: nothing catches it."""


class Dying:
    """The client of a registry that dies before or after its *n*th writing call."""

    def __init__(self, client, *, at, after):
        self.client, self.at, self.after, self.wrote = client, at, after, 0

    def __getattr__(self, name):
        return partial(self.call, name)

    def call(self, name, /, *given, **named):
        writes = name.startswith("set_")
        self.wrote += writes
        if writes and self.wrote == self.at and not self.after:
            raise KilledError
        answer = getattr(self.client, name)(*given, **named)
        if writes and self.wrote == self.at:
            raise KilledError
        return answer


@pytest.fixture
def registry(database):
    return Registry(f"sqlite:///{database}")


def _publish(database, by="team leader", note="seen by us", key=None):
    uri = f"sqlite:///{database}"
    return publish.publish(TARGET, by=by, note=note, on=ON, tracking_uri=uri, key=key)


@pytest.mark.thorough
@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(("at", "after"), [(1, False), (1, True), (2, False)])
def test_a_publish_killed_at_any_step_is_finished_by_the_next(
    at, after, registry, record, database
):
    version = registry.log_training(record)
    dying = Registry(registry.uri)
    dying.__dict__["_client"] = Dying(registry._client, at=at, after=after)
    with pytest.raises(KilledError):
        dying.approve(version, by="team leader", note="seen by us", on="2026-11-21")
    assert registry.find_approved(TARGET) is None

    assert not _publish(database).already

    approvals = registry.read_approvals(TARGET)
    assert approvals.approved_number == version.number
    assert [a.approved_by for a in approvals.history.values()] == ["team leader"]
    assert _publish(database, by="another leader").already


@pytest.mark.thorough
@pytest.mark.usefixtures("judged")
def test_a_publish_killed_after_its_last_step_was_done(registry, record, database):
    version = registry.log_training(record)
    dying = Registry(registry.uri)
    dying.__dict__["_client"] = Dying(registry._client, at=2, after=True)
    with pytest.raises(KilledError):
        dying.approve(version, by="team leader", note="seen by us", on=ON)
    assert _publish(database).already
    assert len(registry.read_approvals(TARGET).history) == 1


def test_every_approval_is_kept_with_what_it_was_of(registry, record, tmp_path):
    first = registry.log_training(record)
    registry.approve(first, by="team leader", note="first", on="2026-11-20")
    second = registry.log_training(record)
    registry.approve(second, by="another leader", note="second", on="2026-11-21")

    kept = list(registry.read_approvals(TARGET).history.values())

    assert [(a.number, a.approved_by, a.note, a.approved_on) for a in kept] == [
        (first.number, "team leader", "first", "2026-11-20"),
        (second.number, "another leader", "second", "2026-11-21"),
    ]
    assert {a.evaluation_sha256 for a in kept} == {first.tags["evaluation_sha256"]}
    folder = registry.export_approved(TARGET, tmp_path / "approved")
    told = json.loads((folder / "approval.json").read_text("utf-8"))
    assert told["approved_by"] == "another leader"


@pytest.mark.usefixtures("judged")
def test_the_same_model_trained_again_is_approved_already(registry, record, database):
    registry.log_training(record)
    assert not _publish(database).already
    registry.log_training(record)
    assert _publish(database).already
    assert len(registry.read_approvals(TARGET).history) == 1


@pytest.mark.usefixtures("judged")
def test_a_new_key_signs_anew_what_an_old_one_signed(
    registry, record, database, monkeypatch
):
    monkeypatch.delenv(VARIABLE, raising=False)
    registry.log_training(record)
    old, new = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))
    done = [_publish(database, key=key).already for key in (old, new, new, None)]
    assert done == [False, False, True, True]
    signed = [a.signed_by for a in registry.read_approvals(TARGET).history.values()]
    assert signed == [old.public, new.public]


def test_whoever_was_overtaken_before_the_alias_changes_nothing(registry, record):
    mine, other = registry.log_training(record), registry.log_training(record)
    before = registry.read_approvals(TARGET)
    registry.approve(other, by="another leader", note="quicker", on=ON)

    with pytest.raises(RegistryError, match=r"overtaken.*another leader: quicker"):
        registry.approve(mine, by="team leader", note="mine", on=ON, after=before)

    approvals = registry.read_approvals(TARGET)
    assert approvals.approved_number == other.number
    assert len(approvals.history) == 1


def test_whoever_was_overtaken_at_the_alias_is_told(registry, record):
    mine, other = registry.log_training(record), registry.log_training(record)
    set_alias = registry._set_alias

    def overtaken(version, alias):
        set_alias(version, alias)
        Registry(registry.uri)._set_alias(other, alias)

    registry._set_alias = overtaken
    with pytest.raises(RegistryError, match=f"is now version {other.number}"):
        registry.approve(mine, by="team leader", note="mine", on=ON)


NOBODY_OR_FOR_NOTHING = (
    ("", "in use since May"),
    ("   ", "."),
    ("team leader", ""),
    ("team leader", "\u200b\u200b"),
    ("\t\n", "in use"),
    ("x", "in use"),
    ("team leader", "x" * 3000),
)


def test_an_approval_by_nobody_or_for_no_reason_is_typed_wrongly(
    registry, record, database
):
    version = registry.log_training(record)
    for by, note in NOBODY_OR_FOR_NOTHING:
        for approve in (
            partial(_publish, database, by=by, note=note),
            partial(registry.approve, version, by=by, note=note, on=ON),
        ):
            with pytest.raises(UsageError) as refused:
                approve()
            assert refused.value.exit_code == 2, (by, note)
    approvals = registry.read_approvals(TARGET)
    assert approvals.approved_number is None
    assert not approvals.history


def test_a_person_number_is_never_kept_with_an_approval(registry, record, database):
    registry.log_training(record)
    with pytest.raises(PersonalDataError) as refused:
        _publish(database, note="after talking with 010190-1234")
    assert "010190" not in str(refused.value)
    assert not registry.read_approvals(TARGET).history


def test_an_approval_that_was_changed_by_hand_is_told(registry, record):
    version = registry.log_training(record)
    registry.approve(version, by="team leader", note="seen", on=ON)
    (key,) = registry.read_approvals(TARGET).history
    registry._client.set_registered_model_tag(TARGET, key, '{"by": ""}')
    with pytest.raises(RegistryError, match="changed by hand"):
        registry.read_approvals(TARGET)
