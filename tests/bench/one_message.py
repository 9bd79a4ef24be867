"""Yardstick: Dramatiq with one message an event, on RabbitMQ. `serve` is its worker, `send` is the application that sends.

`update`: one message is one UPDATE, and nothing else: no middleware, no confirms. `same`: one message is the work that ours
does for an event (facts, entries, roll-up), by the same code, with Dramatiq's default middleware and confirmed sends, since
what ours sends is not lost either. Neither has metrics or logs; each thread has its own event loop and connection.
"""

import os
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncpg
import dramatiq
import orjson
import uvloop
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.encoder import Encoder, MessageData

from services.contracts.registry import STATES
from services.kernel.base import logs
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.events import incoming_events
from services.observatory_api.ledger.apply import apply

THREADS = 4
UPDATE = "UPDATE bench.counter SET amount = amount + 1 WHERE id = $1"


class Thread(threading.local):
    """What each thread of the worker has for itself."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.connection: asyncpg.Connection | None = None

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine to its end."""
        self.loop.run_until_complete(coroutine)

    async def connected(self) -> asyncpg.Connection:
        """The thread's connection, opened the first time."""
        if self.connection is None:
            self.connection = await asyncpg.connect(os.environ["PLAM_DATABASE_URL"], server_settings={"jit": "off"})
        return self.connection


def make_broker(kind: str) -> dramatiq.Broker:
    """RabbitMQ, with nothing around it or with Dramatiq's defaults."""
    dramatiq.set_encoder(Plain())
    bare = kind == "update"
    broker: dramatiq.Broker = RabbitmqBroker(url=os.environ["PLAM_BROKER_URL"], middleware=[] if bare else None, confirm_delivery=not bare)
    return broker


class Plain(Encoder):
    """JSON by orjson, unchecked: an event is the message's one argument, as is usual."""

    def encode(self, data: MessageData) -> bytes:
        return orjson.dumps(data)

    def decode(self, data: bytes) -> MessageData:
        message: MessageData = orjson.loads(data)
        return message


def work_of(kind: str) -> Callable[[Any], Coroutine[Any, Any, None]]:
    """What is done for one event."""
    databases = Databases(Settings())

    async def update(event: int) -> None:
        await (await thread.connected()).execute(UPDATE, event)

    async def same(event: dict[str, Any]) -> None:
        received = incoming_events.read(event, producer="actions", kinds=STATES.keys())
        async with databases.open("observatory", "worker") as db:
            await apply(db, [received])

    return update if kind == "update" else same


thread = Thread()


def serve(kind: str) -> None:
    """Works until a signal."""
    broker = make_broker(kind)
    work = work_of(kind)

    def consume(event: Any) -> None:
        thread.run(work(event))

    dramatiq.actor(actor_name=f"bench_{kind}", queue_name=f"bench_{kind}", broker=broker)(consume)
    dramatiq.Worker(broker, worker_threads=THREADS).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


def send(kind: str) -> None:
    """Sends the events of each file that is named on standard input, and says when it has."""
    broker = make_broker(kind)
    queue = f"bench_{kind}"
    for line in sys.stdin:
        events = orjson.loads(Path(line.strip()).read_bytes())
        sys.stdout.write("read\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for event in events:
            message: dramatiq.Message[Any] = dramatiq.Message(queue_name=queue, actor_name=queue, args=(event,), kwargs={}, options={})
            broker.enqueue(message)
        sys.stdout.write("sent\n")
        sys.stdout.flush()


if __name__ == "__main__":
    logs.configure("error")
    {"serve": serve, "send": send}[sys.argv[1]](sys.argv[2])
