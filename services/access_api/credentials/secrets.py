"""Secrets of credentials: 256 random bits under a prefix. Only their hash is kept, and hashes are compared in constant time."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from services.contracts.access import CredentialEnvironment

RANDOM_BYTES = 32
PREFIX_RANDOM = 4
NOBODY = hashlib.sha256(b"nobody's").hexdigest()
"""What a secret is compared with where there is no credential: an unknown one takes as long as a wrong one."""


class Secret(NamedTuple):
    """A new secret: the whole, shown once, and its beginning, by which people know it."""

    whole: str
    prefix: str


def new_secret(environment: CredentialEnvironment) -> Secret:
    """A new secret, `plam_live_<8>_<43>` or `plam_test_<8>_<43>`."""
    prefix = f"plam_{environment}_{secrets.token_hex(PREFIX_RANDOM)}"
    return Secret(f"{prefix}_{secrets.token_urlsafe(RANDOM_BYTES)}", prefix)


def hashed(secret: str) -> str:
    """SHA-256, in hexadecimal: of 256 random bits, no slower hash tells more."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_right(secret: str, kept: str | None) -> bool:
    """Whether a secret is the one of which the hash is kept; None: of nobody. One hash and one comparison, whatever is given."""
    return hmac.compare_digest(hashed(secret), kept or NOBODY)
