"""The worker: the actors that apply a service's events, take its acknowledgements and run its jobs."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from threading import Thread
from typing import Any
from uuid import UUID

import dramatiq
import structlog
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.middleware import Middleware

from services.kernel.data.database import Databases
from services.kernel.data.service import Service
from services.kernel.events.attempts import attempted
from services.kernel.events.brokers import BrokerUnavailableError, Sender, idle_wait
from services.kernel.events.consumption import consume
from services.kernel.events.incoming_messages import REFUSED
from services.kernel.events.scheduler import jobs_of, run_job

log = structlog.get_logger(__name__)

STOP_WITHIN = 4_000
"""Milliseconds that batches under way have to finish; one that is cut short is applied by the next worker."""

CUT_SHORT_WITHIN = 2.0
"""Seconds in which what is cut short gives its connection back."""

OBJECTS_A_BATCH = 100_000
"""About as many objects as a full batch makes: some 20 MB, which is what garbage in cycles can grow to between collections."""

LOOK_AT_THREADS = 1.0
"""Seconds between two looks at whether the worker's threads are alive."""

_ACKNOWLEDGE = """
WITH acknowledged AS (
    UPDATE delivery SET acknowledged_at = clock_timestamp() WHERE consumer = $1 AND batch = $2 AND acknowledged_at IS NULL
)
SELECT EXISTS (SELECT FROM delivery WHERE consumer = $1 AND batch IS NULL AND acknowledged_at IS NULL)
"""


class WorkerDiedError(Exception):
    """A thread of the worker has ended by itself: what is left would take messages and apply too few of them, or none."""


def build_actors(broker: dramatiq.Broker, services: Sequence[Service], databases: Databases) -> frozenset[str]:
    """Declares the actors of these services on the broker. Returns the queues that they are served from.

    `<service>.events` where it applies events, `<service>.acknowledgements` where others hear it, `<service>.jobs`.
    No actor ever raises: what a message was for is in a row, from which it comes again.
    """
    sender = Sender(broker)
    broker.add_middleware(_OwnPools(databases, sender))
    queues = set()
    for service in services:
        if service.apply is not None:
            queues.add(_events_actor(broker, service, databases, sender))
        if service.consumers:
            queues.add(_acknowledgements_actor(broker, service, databases))
        queues.add(_jobs_actor(broker, service, databases))
    return frozenset(queues)


@asynccontextmanager
async def working(
    broker: dramatiq.Broker, services: Sequence[Service], databases: Databases, *, threads: int
) -> AsyncIterator[asyncio.Task[None]]:
    """Serves the queues of these services, in this process, until the block is left. One at a time in a process.

    The task that it gives ends when the worker is no longer whole, with `WorkerDiedError`: the process is then to end.
    """
    queues = build_actors(broker, services, databases)
    broker.delay_queues.clear()  # nothing is ever delayed: no thread and no connection for it
    worker = dramatiq.Worker(broker, queues=set(queues), worker_threads=threads, worker_timeout=idle_wait(broker))
    await asyncio.to_thread(worker.start)
    watch = asyncio.create_task(_watch(worker))
    try:
        yield watch
    finally:
        watch.cancel()
        await asyncio.wait([watch])
        await asyncio.to_thread(_stop, broker, worker)


async def _watch(worker: dramatiq.Worker) -> None:
    """Returns never. Raises `WorkerDiedError` once a thread has ended; one that waits for its broker has not."""
    while all(thread.is_alive() for thread in _threads(worker)):  # noqa: ASYNC110  # threads end without telling
        await asyncio.sleep(LOOK_AT_THREADS)
    dead = sum(not thread.is_alive() for thread in _threads(worker))
    log.critical("worker.died", threads=dead)
    raise WorkerDiedError(f"{dead} fil(s) de l'ouvrier se sont arrêtés : le processus s'arrête, pour être relancé.")


def _threads(worker: dramatiq.Worker) -> list[Thread]:
    loop = get_event_loop_thread()
    return [*worker.workers, *list(worker.consumers.values()), *([loop] if loop else [])]


def _stop(broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
    try:
        worker.stop(STOP_WITHIN)
    except Exception:
        log.exception("worker.not_stopped_cleanly")
        broker.emit_after("worker_shutdown", worker)  # the thread of the event loop would keep the process from ending


async def run_workers(
    broker: dramatiq.Broker, services: Sequence[Service], databases: Databases, *, threads: int, stop: asyncio.Event
) -> None:
    """What `plam worker` does until `stop` is set."""
    async with working(broker, services, databases, threads=threads) as watch:
        gc.collect()
        gc.freeze()  # what is loaded stays: the collector need not walk it again at each batch (a tenth of the work, measured)
        gc.set_threshold(OBJECTS_A_BATCH)  # nor what a batch holds until it ends, when counting references frees nearly all of it
        log.info("worker.started", services=[service.name for service in services], threads=threads)
        asked = asyncio.create_task(stop.wait())
        await asyncio.wait([asked, watch], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if watch.done():
            watch.result()
    log.info("worker.stopped")


def _events_actor(broker: dramatiq.Broker, service: Service, databases: Databases, sender: Sender) -> str:
    queue = f"{service.name}.events"
    producers = databases.producers(service.name)

    async def consume_batch(batch: Any = None, producer: Any = None, events: Any = None, **_unknown: Any) -> None:
        batch_id = _uuid(batch)
        if batch_id is None or not isinstance(producer, str) or producer not in producers or not isinstance(events, list) or not events:
            _refuse(queue, batch=batch, producer=producer)
            return
        try:
            if await consume(databases, service, batch_id, events, producer=producer):
                arguments = {"batch": str(batch_id), "consumer": service.name}
                await sender.send(f"{producer}.acknowledgements", f"{producer}.acknowledge", arguments)
        except BrokerUnavailableError as error:
            log.warning("worker.acknowledgement_not_sent", batch=batch, error=str(error))
        except Exception:
            log.exception("worker.batch_failed", queue=queue, batch=batch)

    dramatiq.actor(actor_name=f"{service.name}.consume", queue_name=queue, broker=broker)(consume_batch)
    return queue


def _acknowledgements_actor(broker: dramatiq.Broker, service: Service, databases: Databases) -> str:
    queue = f"{service.name}.acknowledgements"

    async def acknowledge(batch: Any = None, consumer: Any = None, **_unknown: Any) -> None:
        batch_id = _uuid(batch)
        if batch_id is None or not isinstance(consumer, str) or consumer not in service.consumers:
            _refuse(queue, batch=batch, consumer=consumer)
            return

        async def record() -> bool:
            async with databases.borrowed(service.name, "worker") as connection:
                return bool(await connection.fetchval(_ACKNOWLEDGE, consumer, batch_id))

        try:
            if await attempted(record, "worker.acknowledgement_failed", batch=batch):  # the relay may have been at the end of its window
                databases.waker(service.name).wake()
        except Exception:
            log.exception("worker.acknowledgement_broken", queue=queue, batch=batch)

    dramatiq.actor(actor_name=f"{service.name}.acknowledge", queue_name=queue, broker=broker)(acknowledge)
    return queue


def _jobs_actor(broker: dramatiq.Broker, service: Service, databases: Databases) -> str:
    queue = f"{service.name}.jobs"

    async def run(name: Any = None, **_unknown: Any) -> None:
        if not isinstance(name, str) or name not in jobs_of(service):
            _refuse(queue, job=name)
            return
        try:
            await attempted(partial(run_job, databases, service, name), "worker.job_not_run", service=service.name, job=name)
        except Exception:
            log.exception("worker.job_failed", service=service.name, job=name)

    dramatiq.actor(actor_name=f"{service.name}.run_job", queue_name=queue, broker=broker)(run)
    return queue


def _refuse(queue: str, **said: Any) -> None:
    """A message whose arguments stand for nothing here; those of the wrong type may be long, or nested too deep to be shown."""
    REFUSED.labels(queue).inc()
    shown = {name: value if isinstance(value, str) else type(value).__name__ for name, value in said.items()}
    log.error("worker.message_refused", queue=queue, **shown)


def _uuid(value: Any) -> UUID | None:
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        return UUID(value)
    return None


class _OwnPools(Middleware):
    """Ends what the actors left in their event loop, and closes what they opened in it, before that loop is stopped.

    A batch or a job that is cut short would otherwise keep its connection, and its locks, for as long as the process lives.
    """

    def __init__(self, databases: Databases, sender: Sender) -> None:
        self._databases = databases
        self._sender = sender

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self._sender.close()
        if (thread := get_event_loop_thread()) and thread.is_alive():
            thread.run_coroutine(self._end())

    async def _end(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            log.warning("worker.cut_short", tasks=len(left))
            await asyncio.wait(left, timeout=CUT_SHORT_WITHIN)
        await self._databases.close()
