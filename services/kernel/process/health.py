"""Health: `livez` (the process answers), `readyz` (its database answers too), `metrics`."""

import asyncio
from functools import partial
from typing import Literal

import asyncpg
import structlog
from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from services.kernel.api import metrics
from services.kernel.api.auth import Probe
from services.kernel.api.routing import NounRouter
from services.kernel.base.problems import Unavailable, problems
from services.kernel.base.shared_look import SharedLook
from services.kernel.data import secret_fingerprints
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE
from services.kernel.data.schema_revisions import SchemaBehind, check_revision
from services.kernel.data.secret_fingerprints import SecretRefused
from services.kernel.data.service import Service
from services.kernel.process import event_metrics

log = structlog.get_logger(__name__)

LONGEST = 1.0
"""Seconds that a look at the database may take: the answer leaves within two."""

METRICS_KEPT = 2.0
"""Seconds for which the gauges of the event path stand: they are public, and whoever asks often learns no more."""

METRICS_EXAMPLE = 'plam_requests_total{operation="listNeeds",service="recruitment",status="200"} 42.0'

router = NounRouter(
    tag="service", title="Santé du service", about="Ce que la supervision demande : le processus répond, sa base aussi, ses mesures."
)

READY = """
SELECT version_num, fingerprint, previous FROM alembic_version LEFT JOIN pseudonym_key ON true WHERE EXISTS (SELECT FROM outbox) IS NOT NULL
"""
"""The schema's revision and the fingerprint of its secret, from a service that can read its tables."""


class ServiceHealth(BaseModel):
    """L'état d'un service."""

    status: Literal["ok"] = Field(description="Toujours « ok » : sinon, la réponse est un problème 503.")


@router.get("/livez", operation_id="readLiveness")
async def read_liveness(_caller: Probe) -> ServiceHealth:
    """Le processus répond."""
    return ServiceHealth(status="ok")


@router.get("/readyz", operation_id="readReadiness", responses=problems(503))
async def read_readiness(request: Request, _caller: Probe) -> ServiceHealth:
    """Le processus et sa base répondent, et le schéma est celui du code : il peut recevoir du trafic."""
    if request.app.state.stopping():
        raise Unavailable("Arrêt en cours.")
    await request.app.state.looks.readiness()
    return ServiceHealth(status="ok")


@router.get(
    "/metrics",
    operation_id="readMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": METRICS_EXAMPLE}}}},
)
async def read_metrics(request: Request, _caller: Probe) -> Response:
    """Les mesures du processus et l'état du chemin des événements du service, au format Prometheus."""
    await request.app.state.looks.event_path()
    return metrics.exposition()


class Looks:
    """What health and metrics ask of a service's database, once for all who ask at the same time."""

    def __init__(self, databases: Databases, service: Service) -> None:
        self.readiness = SharedLook(partial(check_ready, databases, service.name))
        self.event_path = SharedLook(partial(look, databases, service), kept=METRICS_KEPT)


async def check_ready(databases: Databases, name: str) -> None:
    """Raises `Unavailable` unless a service's database answers and its schema is this code's."""
    try:
        async with asyncio.timeout(LONGEST), databases.borrowed(name, "health", wait=LONGEST) as connection:
            kept = await connection.fetchrow(READY)
    except (SchemaBehind, SecretRefused):
        raise
    except asyncpg.UndefinedTableError as error:  # taken back under a running process
        raise SchemaBehind(f"Le schéma {name} n'a pas les tables de cette version de PlaM : lancez plam migrate.") from error
    except UNREACHABLE as error:
        raise Unavailable("La base de données ne répond pas, ou n'est pas à jour : plam migrate.") from error
    check_revision(name, kept["version_num"] if kept else None)
    if refused := secret_fingerprints.refusal(name, databases.secret, kept if kept and kept["fingerprint"] else None):
        raise Unavailable(refused)


async def look(databases: Databases, service: Service) -> None:
    """Brings the gauges of a service's event path up to date, or says that they could not be read."""
    try:
        async with asyncio.timeout(LONGEST), databases.borrowed(service.name, "health", wait=LONGEST) as connection:
            await event_metrics.look(connection, service.name, service.consumers)
    except UNREACHABLE as error:
        log.warning("metrics.unreadable", service=service.name, error=repr(error)[:200])
        event_metrics.unreadable(service.name)
