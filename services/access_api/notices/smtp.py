"""One message to one SMTP server, within bounded times. What it answers may quote the address: of a refusal, the code alone is told."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from services.kernel.base import clock
from services.kernel.base.settings import Settings

SECONDS = 10.0
"""How long the server may take for each answer."""
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
PERMANENT = 500


class Server(NamedTuple):
    """Where messages leave, and who writes them."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    sender: str


class NotSent(Exception):
    """A message was not taken. `permanent`: it never will be; `reached`: the server answered, so another message may pass."""

    def __init__(self, words: str, *, permanent: bool = False, reached: bool = True) -> None:
        super().__init__(words)
        self.permanent, self.reached = permanent, reached


def server_of(settings: Settings) -> Server | None:
    """The server that the operator names; None: nothing is sent, nor ever by a demonstration, whose persons are invented."""
    if clock.day_that_is_set() is not None or settings.smtp_url is None or settings.smtp_from is None:
        return None
    parts = urlsplit(settings.smtp_url.get_secret_value())
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme], user, password, settings.smtp_from)


def send(server: Server, message: EmailMessage) -> None:
    """Hands a message over. Blocks: for a thread. Raises `NotSent`."""
    try:
        with _connected(server) as connection:
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()), (0, b""))[0]
        raise NotSent(f"le serveur d'envoi refuse le destinataire ({code})", permanent=code >= PERMANENT) from None
    except smtplib.SMTPDataError as error:
        raise NotSent(f"le serveur d'envoi refuse le message ({error.smtp_code})", permanent=error.smtp_code >= PERMANENT) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"le serveur d'envoi refuse l'échange ({type(error).__name__}, {error.smtp_code})", reached=False) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"le serveur d'envoi ne répond pas comme il faut ({type(error).__name__})", reached=False) from None


def _connected(server: Server) -> smtplib.SMTP:
    name = server.sender.rpartition("@")[2]  # said instead of this machine's name, which takes a look-up
    trusted = ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, name, timeout=SECONDS, context=trusted)
    else:
        connection = smtplib.SMTP(server.host, server.port, name, timeout=SECONDS)
    try:
        if server.scheme == "smtp+starttls":
            connection.starttls(context=trusted)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection
