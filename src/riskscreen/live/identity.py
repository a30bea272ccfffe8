"""Who signed in at the municipality, as the token says that its proxy hands on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import jwt

from riskscreen.errors import FileError
from riskscreen.live.problems import RefusedError
from riskscreen.person_numbers import holds_person_number
from riskscreen.plain_files import read_plain
from riskscreen.readers.site_file import StatedPages

Role = Literal["caseworker", "leader", "auditor"]
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures by a private key alone: whoever reads the public one can make none."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEEWAY = 30
"""Seconds that the clock of the sign-in may differ from this machine's."""
_LONGEST = 200
"""Letters of a user's name, which every event of theirs carries."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: their name at the sign-in, their roles, and the teams they are of."""

    who: str
    roles: frozenset[str]
    teams: frozenset[str]

    def may_open(self, role: Role, team: str = "") -> bool:
        """Return whether they have *role*, and are of *team* where one is named."""
        return role in self.roles and (not team or team in self.teams)


def identify(site: Path, stated: StatedPages, headers: Mapping[str, str]) -> Identity:
    """Return who the token in *headers* is of.

    Raises RefusedError (401) where there is none, it has ended, is of another issuer or
    for another audience, is signed by no key of the file, or names a user whose name
    cannot stand in the log; FileError where the file cannot be read.
    """
    said = headers.get(stated.header, "")
    scheme, _, token = said.rpartition(" ")
    if scheme.lower() in {"", "bearer"}:
        try:
            return _read_claims(_verify(site, stated, token), stated)
        except (jwt.PyJWTError, ValueError):
            pass
    raise RefusedError(401, "Token", "Sign in again at the municipality's sign-in.")


def read_signing_keys(site: Path, stated: StatedPages) -> list[jwt.PyJWK]:
    """Return the issuer's public keys; FileError where none can be read."""
    path = site / stated.keys
    try:
        return jwt.PyJWKSet.from_json(read_plain(path).decode()).keys
    except (OSError, ValueError, AttributeError, jwt.PyJWTError):
        pass
    raise FileError(f"{path}: no public keys (JWKS) can be read in it.")


def _verify(site: Path, stated: StatedPages, token: str) -> dict[str, Any]:
    named = jwt.get_unverified_header(token).get("kid")
    keys = read_signing_keys(site, stated)
    signers = [
        key
        for key in keys
        if named in {None, key.key_id} and key.algorithm_name in _ALGORITHMS
    ]
    if len(signers) != 1:
        raise ValueError
    return jwt.decode(
        token,
        signers[0],
        algorithms=_ALGORITHMS,
        issuer=stated.issuer,
        audience=stated.audience,
        leeway=_LEEWAY,
        options={"require": ["exp", "iss", "aud", stated.user_claim]},
    )


def _read_claims(claims: Mapping[str, Any], stated: StatedPages) -> Identity:
    """Return the identity that verified *claims* tell; RefusedError for an odd name."""
    who = claims[stated.user_claim]
    fits = isinstance(who, str) and 0 < len(who) <= _LONGEST and who.isprintable()
    # It stands in the log for good. Of the digits that a sign-in draws some would be
    # taken for a person's.
    if not fits or (holds_person_number(who) and not _UUID.fullmatch(who)):
        raise RefusedError(401, "UserName", "Name another user_claim in [pages].")
    roles = _list(claims, stated.roles_claim).intersection(get_args(Role))
    return Identity(who, roles, _list(claims, stated.teams_claim))


def _list(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """Return the texts of a claim, which may be one text or several."""
    said = claims.get(name, ())
    several = [said] if isinstance(said, str) else said
    if not isinstance(several, list | tuple):
        return frozenset()
    return frozenset(one for one in several if isinstance(one, str))
