import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from examples.local_issuer import AUDIENCE, ISSUER, KEYS, make_token, write_keys
from riskscreen.errors import FileError
from riskscreen.live.identity import identify
from riskscreen.live.problems import RefusedError
from riskscreen.person_numbers import holds_person_number
from riskscreen.readers.site_file import StatedPages

KEY = Ed25519PrivateKey.generate()
STATED = StatedPages(issuer=ISSUER, audience=AUDIENCE, keys=KEYS)


@pytest.fixture
def site(tmp_path):
    write_keys(KEY, tmp_path)
    return tmp_path


def claimed(site, stated=STATED, scheme="Bearer ", **claims):
    token = make_token(KEY, **claims)
    return identify(site, stated, {stated.header: f"{scheme}{token}"})


def test_roles_and_teams_are_those_of_the_claims_and_no_others(site):
    roles = ["caseworker", "leader", "admin", 3]
    identity = claimed(site, sub="kwk", roles=roles, teams="0461/A")
    assert identity.roles == {"caseworker", "leader"}
    assert identity.may_open("caseworker", "0461/A")
    assert not identity.may_open("caseworker", "A")
    assert not identity.may_open("auditor")
    assert claimed(site, sub="kwk", roles={"caseworker": 1}).roles == frozenset()


def test_header_and_claims_are_as_the_site_states_them(site):
    own = {"header": "X-Token", "user_claim": "oid", "roles_claim": "groups"}
    stated = STATED.model_copy(update=own)
    identity = claimed(site, stated, scheme="", oid="b7", groups=["leader"])
    assert (identity.who, identity.roles) == ("b7", {"leader"})


@pytest.mark.parametrize("sub", ["", "x" * 201, "a\nb", "010190-1234"])
def test_a_name_that_cannot_stand_in_the_log_is_refused(site, sub):
    with pytest.raises(RefusedError) as refused:
        claimed(site, sub=sub)
    assert (refused.value.status, refused.value.error) == (401, "UserName")


UUID = "ab010190-1234-4d5e-8f60-aabbccddeeff"


def test_a_uuid_is_a_name_whatever_its_digits_are(site):
    assert holds_person_number(UUID)
    assert claimed(site, sub=UUID).who == UUID
    for sub in (f"{UUID}1", f"x {UUID}", UUID.replace("-", " ")):
        with pytest.raises(RefusedError):
            claimed(site, sub=sub)


def test_a_clock_may_differ_by_half_a_minute(site):
    now = int(time.time())
    assert claimed(site, sub="kwk", exp=now - 15, iat=now + 15).who == "kwk"
    assert claimed(site, sub="kwk", nbf=now + 15).who == "kwk"
    for claims in ({"exp": now - 45}, {"nbf": now + 45}):
        with pytest.raises(RefusedError) as refused:
            claimed(site, sub="kwk", **claims)
        assert refused.value.error == "Token"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"keys": []}', b"\xff"])
def test_a_file_without_keys_lets_nobody_in(site, content):
    (site / KEYS).write_bytes(content)
    with pytest.raises(FileError, match="no public keys"):
        claimed(site, sub="kwk")


def test_another_key_of_the_file_counts_from_the_next_request_on(site):
    other = Ed25519PrivateKey.generate()
    write_keys(other, site)
    with pytest.raises(RefusedError):
        claimed(site, sub="kwk")
    write_keys(KEY, site)
    assert claimed(site, sub="kwk").who == "kwk"
