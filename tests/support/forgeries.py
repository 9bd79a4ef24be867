"""Messages and events that nobody of ours sends: forged, malformed, poisonous. Each has a name, and an event the reason that it meets."""

from collections.abc import Callable, Mapping
from typing import Any

import dramatiq
import orjson
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker

from services.kernel.base import ids

Message = dict[str, Any]
Event = dict[str, Any]

DEEP = 1_000
NESTED = DEEP - 100
"""Within an event, which is nested in its message: what orjson still reads, and does not write."""


def put(broker: dramatiq.Broker, queue: str, body: bytes) -> None:
    """Puts bytes on a queue as nobody of ours would."""
    broker.declare_queue(queue)
    if isinstance(broker, StubBroker):
        broker.queues[queue].put(body)
    elif isinstance(broker, RabbitmqBroker):
        broker.declare_queue(queue, ensure=True)
        broker.channel.basic_publish(exchange="", routing_key=queue, body=body)
    else:
        broker.do_enqueue(queue, str(ids.new()), body)  # type: ignore[attr-defined]  # made by its __getattr__


def body(sound: Message, event: Any) -> bytes:
    """The message with this event alone, as JSON, however deep the event is nested."""
    if isinstance(event, dict) and isinstance(event.get("data"), dict) and "deep" in event["data"]:
        event = event | {"data": event["data"] | {"deep": orjson.Fragment(b"[" * NESTED + b"]" * NESTED)}}
    return orjson.dumps(sound | {"kwargs": sound["kwargs"] | {"events": [event]}})


def message(queue: str, actor: str, **arguments: Any) -> Message:
    """A message as Dramatiq writes it."""
    return {
        "queue_name": queue,
        "actor_name": actor,
        "args": [],
        "kwargs": arguments,
        "options": {},
        "message_id": str(ids.new()),
        "message_timestamp": 1_760_000_000_000,
    }


def _with(**changes: Any) -> Callable[[Message], bytes]:
    return lambda sound: orjson.dumps(sound | changes)


def _arguments(**changes: Any) -> Callable[[Message], bytes]:
    return lambda sound: orjson.dumps(sound | {"kwargs": sound["kwargs"] | changes})


def _option(name: str, value: Any) -> Callable[[Message], bytes]:
    return _with(options={name: value})


def _nested(name: str) -> Callable[[Message], bytes]:
    """The message, one of its arguments nested deeper than Python shows or orjson writes."""
    marker = "nested here"
    deep = b"[" * DEEP + b"]" * DEEP
    return lambda sound: orjson.dumps(sound | {"kwargs": sound["kwargs"] | {name: marker}}).replace(f'"{marker}"'.encode(), deep)


MESSAGES: Mapping[str, Callable[[Message], bytes]] = {
    "unknown queue": _with(queue_name="nowhere.events"),
    "unknown queue, empty": _with(queue_name=""),
    "its delay queue": lambda sound: orjson.dumps(sound | {"queue_name": f"{sound['queue_name']}.DQ"}),
    "another queue of this worker": lambda sound: orjson.dumps(sound | {"queue_name": f"{sound['queue_name'].partition('.')[0]}.jobs"}),
    "queue of a wrong type": _with(queue_name=["x"]),
    "unknown actor": _with(actor_name="nobody.consume"),
    "actor of another queue": lambda sound: orjson.dumps(sound | {"actor_name": f"{sound['queue_name'].partition('.')[0]}.run_job"}),
    "actor of a wrong type": _with(actor_name=None),
    "args not empty": _with(args=[1]),
    "args a dictionary": _with(args={"a": 1}),
    "args a text": _with(args="text"),
    "args null": _with(args=None),
    "kwargs a list": _with(kwargs=[1, 2]),
    "kwargs null": _with(kwargs=None),
    "kwargs with self": _arguments(self="me"),
    "kwargs with a number": _arguments(batch=7),
    "kwargs with a long text": _arguments(batch="x" * 100_000),
    "kwargs with a long list": _arguments(events=[None] * 50_000),
    "kwargs nested": _nested("batch"),
    "options a list": _with(options=[]),
    "options null": _with(options=None),
    "option eta": _option("eta", 9_999_999_999_999),
    "option eta null": _option("eta", None),
    "option pipe_target": _option("pipe_target", {"queue_name": "x"}),
    "option on_success": _option("on_success", "nobody"),
    "option throws": _option("throws", "x"),
    "option broker_priority": _option("broker_priority", 255),
    "option redis_message_id of a wrong type": _option("redis_message_id", {"a": []}),
    "message_id a number": _with(message_id=1),
    "timestamp a text": _with(message_timestamp="now"),
    "timestamp true": _with(message_timestamp=True),
    "a field too many": _with(priority=1),
    "a field too few": lambda sound: orjson.dumps({name: value for name, value in sound.items() if name != "options"}),
    "not JSON": lambda _: b"not json",
    "not UTF-8": lambda _: b"\xff\xfe{}",
    "nothing": lambda _: b"",
    "a list": lambda _: b"[]",
    "cut short": lambda sound: orjson.dumps(sound)[:-20],
    "a lone surrogate": lambda sound: orjson.dumps(sound).replace(b'"options"', b'"\\ud800":1,"options"'),
    "a number beyond all": lambda sound: orjson.dumps(sound).replace(b"1760000000000", b"1e999"),
    "nested all over": lambda _: b"[" * 100_000 + b"]" * 100_000,
    "5 MB": _arguments(events=["x" * 5_000_000]),
    "batch without a number": _arguments(batch="batch"),
    "unknown producer": _arguments(producer="nobody"),
    "producer that is no name": _arguments(producer="../x"),
    "events a text": _arguments(events="events"),
    "no events": _arguments(events=[]),
    "no arguments": _with(kwargs={}),
}
"""What is refused whole, from a sound message."""


def _says(reason: str, **changes: Any) -> tuple[Callable[[Event], Any], str]:
    return lambda event: event | changes, reason


def _state(reason: str, **changes: Any) -> tuple[Callable[[Event], Any], str]:
    return lambda event: event | {"data": event["data"] | changes}, reason


def _at_version(version: Any) -> Callable[[Event], Any]:
    return lambda event: event | {"entityversion": version, "data": event["data"] | {"version": version}}


def _deep(event: Event) -> Any:
    deep: list[Any] = []
    for _ in range(NESTED - 1):
        deep = [deep]
    return event | {"data": event["data"] | {"deep": deep}}


def _is(value: Any) -> tuple[Callable[[Event], Any], str]:
    return lambda _: value, "données refusées"


REFUSED = "données refusées"
LATE = "9999-12-31T23:59:59Z"
EVENTS: Mapping[str, tuple[Callable[[Event], Any], str]] = {
    "another source": _says("son message vient de", source="/access"),
    "source without its slash": (lambda event: event | {"source": event["source"][1:]}, "son message vient de"),
    "another subject": (lambda event: event | {"subject": str(ids.new())}, "n'est pas l'entité"),
    "another version": (lambda event: event | {"entityversion": event["entityversion"] + 1}, "son état la version"),
    "version 2^62": (_at_version(2**62), REFUSED),
    "version 0": (_at_version(0), REFUSED),
    "version a fraction": (_at_version(1.5), REFUSED),
    "type of another service": _says("n'est pas celui d'un état", type="access.action.started"),
    "type of another kind": (lambda event: event | {"type": event["type"].replace(".action.", ".milestone.")}, "n'est pas celui d'un état"),
    "type of no form": _says(REFUSED, type="started"),
    "unknown kind": _says("état inconnu", dataschema="unicorn-state/1"),
    "a number to come": _says("plus récent", dataschema="action-state/99"),
    "a number of 90 digits": _says("plus récent", dataschema="action-state/" + "9" * 85),
    "number 0": _says("aucun passage", dataschema="action-state/0"),
    "schema of no form": _says("état inconnu", dataschema="nothing"),
    "another specversion": _says(REFUSED, specversion="2.0"),
    "another content type": _says(REFUSED, datacontenttype="text/plain"),
    "time in the year 9999": _says(REFUSED, time=LATE),
    "time without an offset": _says(REFUSED, time="2026-01-01T00:00:00"),
    "id not a UUID": _says(REFUSED, id="7"),
    "id null": _says(REFUSED, id=None),
    "an attribute too many": _says(REFUSED, colour="red"),
    "a correlation without end": _says(REFUSED, correlationid="x" * 100_000),
    "a source nested": _says(REFUSED, source=[[["x"]]]),
    "data null": _says(REFUSED, data=None),
    "data of another kind": _says(REFUSED, data={"version": 1}),
    "a field too many in the state": _state(REFUSED, colour="red"),
    "a day in the year 9999": _state(REFUSED, starts_on="9999-12-31"),
    "history in the year 9999": _state(REFUSED, history=[{"status": "approved", "at": LATE}]),
    "history without offset": _state(REFUSED, history=[{"status": "approved", "at": "2026-01-01T00:00:00"}]),
    "history of 20,000 rows": _state(REFUSED, history=[{"status": "approved", "at": "2026-01-01T00:00:00Z"}] * 20_000),
    "departments without end": _state(REFUSED, departments=["44"] * 5_000),
    "unknown department": _state(REFUSED, departments=["99"]),
    "NUL": _state(REFUSED, axis="A\0"),
    "a text without end": _state(REFUSED, ref="x" * 100_000),
    "status of no meaning": _state(REFUSED, status="finished"),
    "nested": (_deep, REFUSED),
    "null": _is(None),
    "a number": _is(7),
    "a text": _is("event"),
    "a list": _is([]),
    "nothing": _is({}),
}
"""What is quarantined, from a sound event of an action; with a part of its reason."""
