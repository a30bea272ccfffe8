import stat
from datetime import date, timedelta

import pytest

from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.folders.locking import hold_lock
from riskscreen.live.api_keys import (
    ApiKeys,
    make_api_key,
    read_api_keys,
    revoke_api_keys,
)

DAY = date(2026, 3, 2)


def make(site, name="form", targets=("a",), *, on=DAY, overlap=7):
    return make_api_key(site, name, targets, on=on, overlap=overlap)


def test_a_key_is_known_by_its_hash_alone_in_a_file_of_its_owner(tmp_path):
    text = make(tmp_path, targets=["b", "a"])
    found = ApiKeys(tmp_path).find(text, on=DAY)
    assert (found.name, found.targets) == ("form", ("a", "b"))
    kept = tmp_path / "api_keys.json"
    assert text.split("_", 2)[2] not in kept.read_text("utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_two_keys_of_a_site_share_no_salt(tmp_path):
    make(tmp_path)
    make(tmp_path, "other")
    assert len({key.salt for key in read_api_keys(tmp_path)}) == 2


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + "!", lambda t: t + "A", str.upper]
)
def test_another_text_is_no_key(tmp_path, change):
    assert ApiKeys(tmp_path).find(change(make(tmp_path)), on=DAY) is None


def test_a_rotated_key_is_accepted_for_its_last_days_and_the_new_one_on(tmp_path):
    former, keys = make(tmp_path), ApiKeys(tmp_path)
    assert keys.find(former, on=DAY)
    new = make(tmp_path, targets=(), overlap=7)
    last = DAY + timedelta(days=7)
    assert keys.find(former, on=last).name == "form"
    assert keys.find(former, on=last + timedelta(days=1)) is None
    assert keys.find(new, on=last + timedelta(days=900)).targets == ("a",)
    make(tmp_path, on=last + timedelta(days=1), overlap=0)
    assert len(read_api_keys(tmp_path)) == 2


def test_a_key_that_has_ended_lends_its_targets_to_none(tmp_path):
    make(tmp_path)
    make(tmp_path, overlap=0, on=DAY, targets=["a"])
    assert revoke_api_keys(tmp_path, "form") == 2
    make(tmp_path, "other")
    path = tmp_path / "api_keys.json"
    ended = path.read_text("utf-8").replace(
        '"ends_on": null', '"ends_on": "2026-03-03"'
    )
    path.write_text(ended, "utf-8")
    with pytest.raises(UsageError, match="--target"):
        make(tmp_path, "other", targets=(), on=DAY + timedelta(days=2))


def test_a_revoked_key_is_not_accepted_any_longer(tmp_path):
    text, other, keys = make(tmp_path), make(tmp_path, "other"), ApiKeys(tmp_path)
    assert keys.find(text, on=DAY)
    assert revoke_api_keys(tmp_path, "form") == 1
    assert keys.find(text, on=DAY) is None
    assert keys.find(other, on=DAY)
    with pytest.raises(UsageError, match="keys of: other"):
        revoke_api_keys(tmp_path, "form")


def test_a_file_that_others_may_read_opens_nothing(tmp_path):
    text, keys = make(tmp_path), ApiKeys(tmp_path)
    assert keys.find(text, on=DAY)
    (tmp_path / "api_keys.json").chmod(0o640)
    for reader in (keys, ApiKeys(tmp_path)):
        with pytest.raises(FileError, match="chmod 600"):
            reader.find(text, on=DAY)


@pytest.mark.parametrize("content", ["", "[]", '{"keys": [{"name": "x"}]}', "\0"])
def test_a_file_of_somebody_else_is_neither_read_nor_replaced(tmp_path, content):
    (tmp_path / "api_keys.json").write_text(content, "utf-8")
    (tmp_path / "api_keys.json").chmod(0o600)
    with pytest.raises(FileError):
        make(tmp_path)
    assert (tmp_path / "api_keys.json").read_text("utf-8") == content


@pytest.mark.parametrize("change", [make, lambda s: revoke_api_keys(s, "form")])
def test_one_change_at_a_time_reads_and_writes_the_keys(tmp_path, change):
    make(tmp_path)
    kept = read_api_keys(tmp_path)
    with (
        hold_lock(tmp_path / ".riskscreen.api-key-lock"),
        pytest.raises(FileError, match="Ask again"),
    ):
        change(tmp_path)
    assert read_api_keys(tmp_path) == kept
    change(tmp_path)
    assert read_api_keys(tmp_path) != kept


def test_a_site_without_keys_lets_nobody_in(tmp_path):
    assert ApiKeys(tmp_path).find("rs_00000000_" + "A" * 43, on=DAY) is None


@pytest.mark.parametrize(
    ("name", "targets", "refused"),
    [
        ("Form", ["a"], UsageError),
        ("f", ["a"], UsageError),
        ("form", [], UsageError),
        ("f010190-1234", ["a"], PersonalDataError),
        ("x-010190-1234", ["a"], PersonalDataError),
    ],
)
def test_a_key_has_a_systems_name_and_a_target(tmp_path, name, targets, refused):
    with pytest.raises(refused) as said:
        make(tmp_path, name, targets)
    assert type(said.value) is refused
    assert "010190" not in str(said.value)
    assert not (tmp_path / "api_keys.json").exists()
