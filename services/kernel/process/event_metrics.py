"""Prometheus gauges of a service's event path and of the clocks that date it, read from its database when they are asked for."""

from collections.abc import Iterable

from asyncpg.pool import PoolConnectionProxy
from prometheus_client import Gauge

from services.kernel.base import clock
from services.kernel.data.outbox import MOST_COUNTED, lags
from services.kernel.events.quarantine import HELD

READABLE = Gauge("plam_outbox_readable", "Whether the gauges of the event path could be read: 0 or 1.", ("service",))
WAITING = Gauge(
    "plam_outbox_waiting",
    f"Events that a consumer has not acknowledged; from {MOST_COUNTED} on, at least so many.",
    ("service", "consumer"),
)
OLDEST = Gauge("plam_outbox_oldest_seconds", "Age of the oldest of them.", ("service", "consumer"))
HELD_EVENTS = Gauge("plam_quarantine_events", "Events in quarantine.", ("service",))

SKEW = Gauge("plam_clock_skew_seconds", "How far this process's clock is ahead of its database's.", ("service",))

LONGEST_LOOK = 1.0
"""Seconds that a query for the gauges may take."""


async def look(connection: PoolConnectionProxy, service: str, consumers: Iterable[str]) -> None:
    """Brings the gauges of a service's event path up to date from its tables."""
    waiting = {lag.consumer: lag for lag in await lags(connection, timeout=LONGEST_LOOK)}
    HELD_EVENTS.labels(service).set(await connection.fetchval(HELD, timeout=LONGEST_LOOK))
    for consumer in {*consumers, *waiting}:
        lag = waiting.get(consumer)
        WAITING.labels(service, consumer).set(lag.events if lag else 0)
        OLDEST.labels(service, consumer).set(lag.age if lag else 0)
    SKEW.labels(service).set(await skew_of(connection))
    READABLE.labels(service).set(1)


async def skew_of(connection: PoolConnectionProxy) -> float:
    """Seconds that this process's clock is ahead of the database's, half of the way there and back left out."""
    asked = clock.real_now()
    there = await connection.fetchval("SELECT clock_timestamp()", timeout=LONGEST_LOOK)
    return float((asked + (clock.real_now() - asked) / 2 - there).total_seconds())


def unreadable(service: str) -> None:
    """Says that the gauges of a service's event path could not be read, and what they said before no longer stands."""
    READABLE.labels(service).set(0)
    for gauge in (WAITING, OLDEST, HELD_EVENTS, SKEW):
        gauge.remove_by_labels({"service": service})
