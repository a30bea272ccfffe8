"""Signatures with ed25519 (RFC 8032): who signed a text, not only what it says."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_KEY = r"ed25519:[0-9a-f]{64}"
"""What a public key looks like, whole."""
SIGNATURE = r"[0-9a-f]{128}"
_SCHEME = "ed25519:"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; its text is shown nowhere."""

    secret: bytes

    def __repr__(self) -> str:
        return "SigningKey(...)"

    @property
    def public(self) -> str:
        """The public key, which anybody may know (PUBLIC_KEY)."""
        return f"{_SCHEME}{_load(self.secret).public_key().public_bytes_raw().hex()}"

    def sign(self, content: bytes) -> str:
        """Return the signature of *content* (SIGNATURE); the same for the same."""
        return _load(self.secret).sign(content).hex()


def find_signer(content: bytes, signature: str, keys: Collection[str]) -> str | None:
    """Return which of the public *keys* made *signature* of *content*; None: none."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  (as _load)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    for key in keys:
        public = bytes.fromhex(key.removeprefix(_SCHEME))
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(
                bytes.fromhex(signature), content
            )
        except InvalidSignature:
            continue
        return key
    return None


def _load(secret: bytes) -> "Ed25519PrivateKey":
    # Where nobody signs, its library is not loaded: one case is to start fast.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(secret)
