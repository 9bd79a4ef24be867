"""The scheduler: sends each periodic job when its row says that it is due; a worker runs it."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

import dramatiq
import structlog
from prometheus_client import Counter

from services.kernel.data import kept_answers
from services.kernel.data.database import Database, Databases
from services.kernel.data.database_errors import RETRYABLE, TRANSIENT
from services.kernel.data.old_documents import rewrite_documents
from services.kernel.data.outbox import purge
from services.kernel.data.service import Job, Service
from services.kernel.events.brokers import BrokerUnavailableError, Sender, volatile

log = structlog.get_logger(__name__)

JOBS_RUN = Counter("plam_jobs_run", "Periodic jobs run.", ["service", "job", "outcome"])

TICK = 5.0
"""Seconds between two looks at what is due."""

AGAIN_AFTER_A_FAULT = 1.0
"""Seconds until the next look when the database or the broker did not answer."""

SENT_AGAIN_AFTER = timedelta(minutes=10)
"""A job whose message went out this long ago and that has not run is sent again."""

TRIED_AGAIN_AFTER = timedelta(minutes=5)
"""A job that failed is due again then, or at its next time if that comes first."""

_KNOWN = "INSERT INTO job (name) SELECT unnest($1::text[]) ON CONFLICT (name) DO NOTHING"
_DUE = """
UPDATE job SET sent_at = clock_timestamp()
WHERE name = ANY($1::text[]) AND due_at <= clock_timestamp() AND (sent_at IS NULL OR sent_at < clock_timestamp() - $2::interval)
RETURNING name
"""
_NOT_SENT = "UPDATE job SET sent_at = NULL WHERE name = ANY($1::text[])"
_RAN = """
UPDATE job SET sent_at = NULL, last_run_at = clock_timestamp(), last_error = $3,
    due_at = CASE WHEN due_at IS DISTINCT FROM $4 THEN due_at ELSE clock_timestamp() + $2::interval END -- it was hastened meanwhile
WHERE name = $1
"""


async def _purge_events(db: Database) -> None:
    """Empties the outbox of what was acknowledged long ago, at most a million events a run, without long transactions."""
    for _ in range(200):
        async with db.databases.open(db.service, "worker") as part:
            if await purge(await part.connection()) == 0:
                return


async def _purge_receipts(db: Database) -> None:
    """Forgets receipts of batches that never came again: their producer had its acknowledgement."""
    connection = await db.connection()
    await connection.execute("DELETE FROM receipt WHERE recorded_at < clock_timestamp() - interval '7 days'")
    await connection.execute("DELETE FROM quarantine WHERE released_at < clock_timestamp() - interval '90 days'")


KERNEL_JOBS = (
    Job("purge_events", timedelta(hours=1), _purge_events),
    Job("purge_receipts", timedelta(days=1), _purge_receipts),
    Job("purge_idempotency_keys", timedelta(hours=1), kept_answers.purge),
    Job("rewrite_documents", timedelta(days=1), rewrite_documents),
)
"""What every service does by itself."""


def jobs_of(service: Service) -> Mapping[str, Job]:
    """A service's jobs by name, the kernel's included."""
    return {job.name: job for job in (*KERNEL_JOBS, *service.jobs)}


class Scheduler:
    """Sends the jobs of some services. Of several schedulers one works at a time, a service, under a database lock."""

    def __init__(self, services: Sequence[Service], databases: Databases, broker: dramatiq.Broker, *, tick: float = TICK) -> None:
        self._services = services
        self._databases = databases
        self._broker = broker
        self._tick = tick
        self._again_after = {service.name: timedelta(0) if volatile(broker) else SENT_AGAIN_AFTER for service in services}

    async def run(self, stop: asyncio.Event) -> None:
        """Sends what is due until `stop` is set."""
        sender = Sender(self._broker)
        try:
            while not stop.is_set():
                wait = self._tick
                for service in self._services:
                    try:
                        await self.send_due(service, sender)
                    except (BrokerUnavailableError, *RETRYABLE) as error:
                        wait = min(AGAIN_AFTER_A_FAULT, self._tick)
                        log.warning("scheduler.pausing", service=service.name, error=repr(error))
                    except Exception:
                        log.exception("scheduler.failed", service=service.name)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait)
        finally:
            sender.close()

    async def send_due(self, service: Service, sender: Sender) -> Sequence[str]:
        """Sends the messages of the jobs that are due now, and returns their names."""
        jobs = list(jobs_of(service))
        async with self._databases.open(service.name, "worker") as db:
            connection = await db.connection()
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"scheduler {service.name}"):
                return []
            await connection.execute(_KNOWN, jobs)
            due = [row["name"] for row in await connection.fetch(_DUE, jobs, self._again_after[service.name])]
        self._again_after[service.name] = SENT_AGAIN_AFTER  # a broker in this process forgets only what an earlier one was given
        for at, name in enumerate(due):
            try:
                await sender.send(f"{service.name}.jobs", f"{service.name}.run_job", {"name": name})
            except BrokerUnavailableError:
                async with self._databases.borrowed(service.name, "worker") as connection:
                    await connection.execute(_NOT_SENT, due[at:])
                raise
        return due


async def run_job(databases: Databases, service: Service, name: str) -> bool:
    """Runs a job, unless it is under way elsewhere, and records how it went. Whether it ran without a fault."""
    job = jobs_of(service).get(name)
    if job is None:
        log.error("jobs.unknown", service=service.name, job=name)
        return False
    async with databases.open(service.name, "worker") as guard:
        connection = await guard.connection()
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"job {service.name} {name}"):
            return False
        error, due_at = None, await connection.fetchval("SELECT due_at FROM job WHERE name = $1", name)
        try:
            async with databases.open(service.name, "worker") as db:
                await job.run(db)
        except TRANSIENT:
            raise
        except Exception as cause:
            error = f"{type(cause).__name__} : {cause}"[:2_000]
            log.exception("jobs.failed", service=service.name, job=name)
        JOBS_RUN.labels(service.name, name, "failed" if error else "done").inc()
        await connection.execute(_RAN, name, min(job.every, TRIED_AGAIN_AFTER) if error else job.every, error, due_at)
    return error is None
