import re
import stat

import pytest

from riskscreen.approval_keys import VARIABLE, find_approval_keys
from riskscreen.errors import FileError
from riskscreen.signing import PUBLIC_KEY, SIGNATURE, SigningKey, find_signer
from riskscreen.signing_keys import make_signing_key, read_signing_key

ONE, OTHER = SigningKey(bytes(32)), SigningKey(bytes([1] * 32))


def test_a_signature_is_of_one_text_by_one_key():
    signature = ONE.sign(b"a text")
    assert re.fullmatch(SIGNATURE, signature)
    assert find_signer(b"a text", signature, [OTHER.public, ONE.public]) == ONE.public
    assert find_signer(b"a text.", signature, [ONE.public]) is None
    assert find_signer(b"a text", signature, [OTHER.public]) is None
    assert find_signer(b"a text", signature, []) is None


def test_keys_and_signatures_are_those_of_rfc_8032():
    """Test 1 of section 7.1: the empty message."""
    key = SigningKey(
        bytes.fromhex(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        )
    )
    assert key.public == (
        "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert key.sign(b"") == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_a_signing_key_is_its_owner_s_alone_and_is_shown_nowhere(tmp_path):
    path = tmp_path / "key"
    made = make_signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_signing_key(path) == made
    assert re.fullmatch(PUBLIC_KEY, made.public)
    assert made.secret.hex() not in repr(made)
    with pytest.raises(FileError, match="may not lie in"):
        read_signing_key(path, apart_from=(tmp_path,))
    (tmp_path / ".git").mkdir()
    with pytest.raises(FileError, match="git tree"):
        make_signing_key(tmp_path / "another")


def test_a_key_of_another_kind_signs_nothing(tmp_path):
    path = tmp_path / "key"
    path.write_text(f"riskscreen-key-1 {'0' * 64}\n", "utf-8")
    path.chmod(0o600)
    with pytest.raises(FileError, match="not a key"):
        read_signing_key(path)


def test_the_environment_names_a_file_of_keys_with_remarks(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert find_approval_keys() == ()
    path = tmp_path / "keys"
    path.write_text(f"# the leaders\n{ONE.public}  # NN\n\n{OTHER.public}\n", "utf-8")
    monkeypatch.setenv(VARIABLE, str(path))
    assert find_approval_keys() == (ONE.public, OTHER.public)


@pytest.mark.parametrize("named", ["", " ", "."])
def test_a_door_told_to_verify_by_no_file_stays_shut(named, monkeypatch):
    monkeypatch.setenv(VARIABLE, named)
    with pytest.raises(FileError, match=r"keys|no file"):
        find_approval_keys()


def test_a_file_of_keys_may_begin_with_the_mark_of_an_editor(tmp_path, monkeypatch):
    path = tmp_path / "keys"
    path.write_text(f"{ONE.public}\n", "utf-8-sig")
    monkeypatch.setenv(VARIABLE, str(path))
    assert find_approval_keys() == (ONE.public,)


@pytest.mark.parametrize("text", ["", "# nobody\n", "ed25519:12\n", None])
def test_a_door_told_to_verify_never_opens_because_it_cannot(
    text, tmp_path, monkeypatch
):
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text, "utf-8")
    monkeypatch.setenv(VARIABLE, str(path))
    with pytest.raises(FileError, match="keys"):
        find_approval_keys()
