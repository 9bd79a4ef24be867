"""Prometheus metrics of requests; the event path declares its own beside its code."""

from collections.abc import Iterable

import asyncpg
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

from services.kernel.outbox import LAG
from services.kernel.quarantine import HELD

REQUESTS = Counter("plam_requests_total", "Requests answered.", ("service", "operation", "status"))
SECONDS = Histogram("plam_request_seconds", "Time to answer.", ("service",), buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5))
WAITING = Gauge("plam_outbox_waiting", "Events that a consumer has not acknowledged.", ("service", "consumer"))
OLDEST = Gauge("plam_outbox_oldest_seconds", "Age of the oldest of them.", ("service", "consumer"))
HELD_EVENTS = Gauge("plam_quarantine_events", "Events in quarantine.", ("service",))


async def look(pool: asyncpg.Pool, service: str, consumers: Iterable[str]) -> None:
    """Brings the gauges of a service's event path up to date from its tables."""
    async with pool.acquire(timeout=1) as connection:
        waiting = {row["consumer"]: row for row in await connection.fetch(LAG, timeout=1)}
        HELD_EVENTS.labels(service).set(await connection.fetchval(HELD, timeout=1))
    for consumer in {*consumers, *waiting}:
        row = waiting.get(consumer)
        WAITING.labels(service, consumer).set(row["events"] if row else 0)
        OLDEST.labels(service, consumer).set(row["age"] if row else 0)


def exposition() -> Response:
    """Every metric of this process, in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
