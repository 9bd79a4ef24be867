"""`plam doctor`: what is wrong with a set-up, in words, and what to do about it."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from services.kernel.base.settings import Settings
from services.kernel.data import secret_fingerprints
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE
from services.kernel.data.outbox import lags
from services.kernel.data.schema_revisions import SchemaBehind, ahead
from services.kernel.data.service import Service
from services.kernel.events.brokers import make_broker
from services.kernel.events.quarantine import HELD
from services.kernel.process.event_metrics import skew_of
from services.kernel.process.startup_checks import MUCH_SKEW, SKEWED, open_walls

OLDEST_POSTGRES = 150_000
LITTLE_SPACE = 1_000_000_000
MUCH_LAG = 60.0
LONGEST_LAG = 2.0
LONGEST_WAIT = 2.0
SHARING = 5
"""Services that one PostgreSQL usually serves."""


class Verdict(StrEnum):
    """How a check went."""

    ok = "ok"
    warning = "attention"
    wrong = "problème"


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    verdict: Verdict
    subject: str
    words: str


async def examine(services: Sequence[Service], settings: Settings) -> AsyncIterator[Finding]:
    """Looks at the data folder, the port, the database of each service, the broker, what sends messages, the event path."""
    yield _folder(settings)
    yield _port(settings)
    yield await _broker(settings)
    yield _messages(settings)
    databases = Databases(settings, any_secret=True)  # which is told below
    tight: dict[str, str] = {}
    try:
        for service in services:
            try:
                async for finding in _service(service, databases, tight):
                    yield finding
            except SchemaBehind as error:
                yield Finding(Verdict.wrong, service.name, str(error))
            except UNREACHABLE as error:
                words = f"la base ne répond pas comme il faut ({type(error).__name__} : {error})."
                yield Finding(Verdict.wrong, service.name, f"{words} Vérifiez PLAM_DATABASE_URL, puis plam migrate.")
        for words in tight.values():
            yield Finding(Verdict.warning, "connexions", words)
    finally:
        await databases.close()


def _folder(settings: Settings) -> Finding:
    home = settings.home.resolve()
    if not home.exists():
        return Finding(Verdict.warning, "données", f"{home} n'existe pas encore : plam up le créera.")
    free = shutil.disk_usage(home).free
    if free < LITTLE_SPACE:
        return Finding(Verdict.warning, "données", f"{home} : il ne reste que {free // 1_000_000} Mo.")
    return Finding(Verdict.ok, "données", f"{home}, {free // 1_000_000_000} Go libres.")


def _messages(settings: Settings) -> Finding:
    if settings.smtp_url is None:
        verdict = Verdict.ok if settings.embedded or settings.local_pages else Verdict.warning
        return Finding(verdict, "courriels", "aucun serveur d'envoi (PLAM_SMTP_URL) : rien ne part, les avis attendent.")
    return Finding(Verdict.ok, "courriels", f"ils partent de {settings.smtp_from}.")


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            words = f"{settings.host}:{settings.port} est occupé : PlaM y tourne déjà, ou choisissez un autre PLAM_PORT."
            return Finding(Verdict.warning, "port", words)
    return Finding(Verdict.ok, "port", f"{settings.host}:{settings.port} est libre.")


async def _broker(settings: Settings) -> Finding:
    url = settings.broker_url.get_secret_value()
    scheme = url.partition(":")[0]
    if scheme == "memory":
        return Finding(Verdict.ok, "courtier", "en mémoire, dans le processus de plam up.")
    try:
        broker = make_broker(url)
        broker.declare_queue("plam.doctor")
        await asyncio.wait_for(asyncio.to_thread(broker.get_declared_queues), 5)
        await asyncio.wait_for(asyncio.to_thread(lambda: broker.flush("plam.doctor")), 5)
    except Exception as error:  # noqa: BLE001  # each broker's client has its own errors, and all of them mean this
        return Finding(Verdict.wrong, "courtier", f"{scheme} ne répond pas ({type(error).__name__}) : vérifiez PLAM_BROKER_URL.")
    return Finding(Verdict.ok, "courtier", f"{scheme} répond.")


async def _service(service: Service, databases: Databases, tight: dict[str, str]) -> AsyncIterator[Finding]:
    """Looks at one service's database; servers that accept too few connections are added to `tight`, by their address."""
    name = service.name
    async with databases.borrowed(name, "health", wait=LONGEST_WAIT) as connection:
        version = connection.get_server_version()
        number = await connection.fetchval("SELECT current_setting('server_version_num')::int")
        if number < OLDEST_POSTGRES:
            yield Finding(Verdict.wrong, name, f"PostgreSQL {version.major} : il faut 15 ou plus récent.")
            return
        here = await connection.fetchval("SELECT version_num FROM alembic_version")
        wrongs = await _wrongs(service, databases, connection)
        for words in wrongs:
            yield Finding(Verdict.wrong, name, words)
        if newer := ahead(name, here):
            yield Finding(Verdict.warning, name, newer)
        if abs(skew := await skew_of(connection)) > MUCH_SKEW:
            yield Finding(Verdict.warning, name, f"{SKEWED} Écart : {skew:+.0f} s.")
        held = await connection.fetchval(HELD)
        if held:
            yield Finding(Verdict.warning, name, f"{held} événement(s) en quarantaine : plam events.")
        async for finding in _lag(connection, name):
            yield finding
        most = await connection.fetchval("SELECT current_setting('max_connections')::int")
        wanted = sum(size for _, size in databases.settings.pools)
        if most < wanted * SHARING:
            words = f"PostgreSQL accepte {most} connexions ; un processus de chaque rôle peut en ouvrir {wanted} par service."
            tight[urlsplit(databases.settings.database_url_of(name)).netloc] = (
                f"{words} Augmentez max_connections, ou diminuez PLAM_POOLS__API, PLAM_POOLS__WORKER…"
            )
        if not wrongs:
            yield Finding(Verdict.ok, name, f"PostgreSQL {version.major}, schéma {here}.")


async def _lag(connection: PoolConnectionProxy, name: str) -> AsyncIterator[Finding]:
    try:
        found = await lags(connection, timeout=LONGEST_LAG)
    except asyncpg.UndefinedTableError:
        raise
    except UNREACHABLE as error:
        words = f"le retard des événements n'a pas pu être mesuré ({type(error).__name__}) : la base est-elle surchargée ?"
        yield Finding(Verdict.warning, name, words)
        return
    for lag in found:
        if lag.age > MUCH_LAG:
            words = f"{lag} attendent {lag.consumer}, le plus ancien depuis {lag.age:.0f} s."
            yield Finding(Verdict.warning, name, f"{words} Le relais ou l'ouvrier est-il arrêté ?")


async def _wrongs(service: Service, databases: Databases, connection: PoolConnectionProxy) -> Sequence[str]:
    """What keeps a service from its schema, or others from what is not theirs: the encoding, the secret, walls that hold nobody back."""
    found = []
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        found.append(f"la base est en {encoding} : il faut UTF8.")
    if refused := secret_fingerprints.refusal(service.name, databases.secret, await connection.fetchrow(secret_fingerprints.KEPT)):
        found.append(refused)
    if words := await open_walls(connection, service.name):
        found.append(words)
    return found
