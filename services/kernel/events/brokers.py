"""Brokers: how PlaM's messages are written, and the three ways they travel (in process, Redis, RabbitMQ)."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dramatiq
import redis
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
from dramatiq.middleware import AsyncIO
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from services.kernel.events.incoming_messages import Json, Memory, Rabbit, Redis

LONGEST_SEND = 8.0
"""Seconds until a send counts as failed; it may still arrive, which does no harm."""

Envelope = dict[str, Any]
"""The arguments of a message, by name."""


class BrokerUnavailableError(Exception):
    """The broker did not take a message. Nothing is lost: its row says so, and it is sent again."""


class OwnLoop(AsyncIO):
    """The event loop of the async actors. A loaded machine may take longer than Dramatiq's one second to start it."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        thread = EventLoopThread(self.logger)
        thread.start(timeout=30)
        set_event_loop_thread(thread)


def make_broker(url: str) -> dramatiq.Broker:
    """The broker that a URL names: `memory://`, `redis://…` or `amqp://…`.

    No retries of Dramatiq's: the outbox sends again, and receipts count runs. Every wait is bounded.
    """
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        broker: dramatiq.Broker = Memory(middleware=[OwnLoop()])
    elif scheme in ("redis", "rediss", "unix"):
        client = redis.Redis.from_url(
            url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=2)
        )
        # a dead worker's messages come back once its heartbeat is 15 s old, on one command in ten of the queue
        broker = Redis(  # type: ignore[no-untyped-call]  # Dramatiq's own
            client=client, middleware=[OwnLoop()], maintenance_chance=100_000, heartbeat_timeout=15_000
        )
    else:
        broker = Rabbit(url=_bounded(url), middleware=[OwnLoop()], confirm_delivery=True)
    return broker


def _bounded(url: str) -> str:
    """The URL with bounds on pika's waits, which are unbounded or long by default; what the URL says itself stays."""
    parts = urlsplit(url)
    bounds = {"socket_timeout": "5", "stack_timeout": "10", "heartbeat": "30", "blocked_connection_timeout": "5"}
    return urlunsplit(parts._replace(query=urlencode(bounds | dict(parse_qsl(parts.query)))))


def idle_wait(broker: dramatiq.Broker) -> int:
    """Milliseconds after which an idle consumer looks up.

    Redis has no push, and this is its latency when idle; the others push, and it only bounds how fast they stop.
    """
    return 100 if isinstance(broker, Redis) else 250


def volatile(broker: dramatiq.Broker) -> bool:
    """Whether the broker forgets all its messages when this process ends."""
    return isinstance(broker, Memory)


class Sender:
    """Sends from one thread of its own, so that no event loop ever waits for a broker.

    The thread is a daemon: a broker that blocks (a RabbitMQ memory alarm) does not keep the process from ending.
    """

    def __init__(self, broker: dramatiq.Broker) -> None:
        dramatiq.set_encoder(Json())  # Dramatiq has one a process, and events are handed over as they stand in the outbox
        self._broker = broker
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="plam-sender", daemon=True)
        self._thread.start()

    async def send(self, queue: str, actor: str, arguments: Envelope) -> None:
        """Sends a message; returns once the broker has it. Raises `BrokerUnavailableError`."""
        message: dramatiq.Message[Any] = dramatiq.Message(queue_name=queue, actor_name=actor, args=(), kwargs=arguments, options={})
        loop = asyncio.get_running_loop()
        sent: asyncio.Future[None] = loop.create_future()
        self._work.put(lambda: self._send(message, loop, sent))
        try:
            await asyncio.wait_for(sent, LONGEST_SEND)
        except TimeoutError as error:
            raise BrokerUnavailableError(f"pas de réponse en {LONGEST_SEND} s") from error

    def close(self) -> None:
        """Ends the thread once it has sent what it was given."""
        self._work.put(None)

    def _run(self) -> None:
        while (task := self._work.get()) is not None:
            task()

    def _send(self, message: dramatiq.Message[Any], loop: asyncio.AbstractEventLoop, sent: asyncio.Future[None]) -> None:
        if sent.done():  # nobody waits any more: it is to be sent again, or has been
            return
        error: BaseException | None = None
        try:
            self._broker.declare_queue(message.queue_name)
            self._broker.enqueue(message)
        except Exception as cause:  # noqa: BLE001  # each broker's driver has errors of its own, and none may lose an event
            error = BrokerUnavailableError(f"{type(cause).__name__}: {cause}")
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile: nobody waits for the answer
            loop.call_soon_threadsafe(_settle, sent, error)


def _settle(sent: asyncio.Future[None], error: BaseException | None) -> None:
    if sent.done():
        return
    if error is None:
        sent.set_result(None)
    else:
        sent.set_exception(error)
