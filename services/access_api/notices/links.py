"""The links of messages: to the front end, and to what stops them, which nobody can guess."""

import hmac
from hashlib import sha256
from uuid import UUID

from services.access_api.notices.tables import Notice
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases

UNSUBSCRIBE = "/unsubscribe"
DIGITS = 40
"""Of the signature, in hexadecimal: 160 bits."""


def front_link(settings: Settings, notice: Notice) -> str | None:
    """Where the front end shows what a notice is about; None where no front end is known."""
    return f"{settings.front_url}{notice.path}" if settings.front_url and notice.path else None


def unsubscribe_link(databases: Databases, notice: Notice) -> str:
    """Where no more messages of the kind are asked for, by whoever has this one (RFC 8058)."""
    base = databases.settings.public_url or ""
    return f"{base}/access{UNSUBSCRIBE}/{notice.id}/{_signature(databases.secret, notice.id)}"


def is_signed(databases: Databases, notice_id: UUID, signature: str) -> bool:
    """Whether a link is one of ours: signed with the secret, or with the one that it replaced."""
    previous = databases.settings.secret_previous
    secrets = [databases.secret, *([previous.get_secret_value().encode()] if previous else [])]
    return any(hmac.compare_digest(_signature(secret, notice_id).encode(), signature.encode()) for secret in secrets)


def _signature(secret: bytes, notice_id: UUID) -> str:
    return hmac.new(secret, b"unsubscribe " + notice_id.bytes, sha256).hexdigest()[:DIGITS]
