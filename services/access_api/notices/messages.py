"""From notices to a message: text and HTML, in French; nothing of a person in either, nor in the subject."""

from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.access_api.notices.links import front_link, unsubscribe_link
from services.access_api.notices.tables import Notice
from services.access_api.persons.tables import Delivery
from services.contracts.codes import PLAN
from services.kernel.base import clock
from services.kernel.base.french import counted
from services.kernel.data.database import Databases

_OPTIONS: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True, "auto_reload": False}
_LOADER = FileSystemLoader(Path(__file__).parent / "templates")
HTML = Environment(loader=_LOADER, autoescape=True, **_OPTIONS)
TEXT = Environment(loader=_LOADER, autoescape=False, keep_trailing_newline=True, **_OPTIONS)  # noqa: S701  plain text has no markup
_PREFIX = "PlaM · "


class Written(NamedTuple):
    """A message before it is addressed."""

    subject: str
    text: str
    html: str
    unsubscribe: str


class _Item(NamedTuple):
    """One notice as a message shows it."""

    topic: str
    title: str
    lines: Sequence[str]
    link: str | None


def write(databases: Databases, notices: Sequence[Notice]) -> Written:
    """One message of one notice, or the digest of several."""
    first = notices[0]
    digest = first.delivery is Delivery.digest
    subject = _PREFIX + (f"récapitulatif, {counted(len(notices), 'avis', 'avis')}" if digest else first.title)
    unsubscribe = unsubscribe_link(databases, first)
    given = {
        "plan": PLAN.title,
        "subject": subject,
        "digest": digest,
        "items": [_Item(each.topic.label, each.title, each.lines, front_link(databases.settings, each)) for each in notices],
        "topic": first.topic.label,
        "unsubscribe": unsubscribe if databases.settings.public_url else None,
    }
    text, html = (environment.get_template(f"message.{name}").render(**given) for environment, name in ((TEXT, "txt"), (HTML, "html")))
    return Written(subject, text, html, unsubscribe)


def addressed(written: Written, notices: Sequence[Notice], *, sender: str, to: str) -> EmailMessage:
    """The message as it is sent: sent twice, it has the same id. Raises `ValueError` for an address that no header takes."""
    message = EmailMessage()
    message["From"] = Address("PlaM", addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = written.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{uuid5(NAMESPACE_OID, ' '.join(str(each.id) for each in notices))}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{written.unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(written.text)
    message.add_alternative(written.html, subtype="html")
    return message
