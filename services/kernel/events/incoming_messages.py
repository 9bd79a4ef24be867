"""What comes off a queue, checked before Dramatiq sees it: it trusts a message's own words, and its threads die of them.

A worker thread acknowledges on the consumer that `queue_name` names: an unknown one kills it, another's leaves the message out for
ever. `options` may delay a message, swallow errors, or name another message of Redis. So a consumer hands on nothing but what is for
its own queue and for an actor of that queue; the rest it refuses, with a log line that says why. The relay sends again what was meant.
"""

import time
from collections.abc import Iterable
from typing import Any

import dramatiq
import orjson
import redis
import structlog
from dramatiq.broker import Consumer, MessageProxy
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import compute_backoff
from dramatiq.encoder import Encoder, MessageData
from dramatiq.errors import ConnectionClosed
from prometheus_client import Counter

log = structlog.get_logger(__name__)

REFUSED = Counter("plam_messages_refused", "Messages that were not what their queue carries.", ["queue"])

LARGEST_MESSAGE = 2 * 1_048_576
"""Bytes. The relay fills a message up to half of it; one event may be larger than that, alone in its message."""

LONGEST_ARGUMENT = 200
MOST_EVENTS = 2_000
"""In one message: four times what the relay puts there."""

_FIELDS = {"queue_name", "actor_name", "args", "kwargs", "options", "message_id", "message_timestamp"}
_OPTIONS = {"redis_message_id"}
"""All that Dramatiq adds to our messages. Others would make it wait (`eta`), send elsewhere (`pipe_target`) or more."""
_REFUSAL = "refused"


class Json(Encoder):
    """JSON by orjson: several times faster, and an `orjson.Fragment` is embedded as it is.

    What cannot be read becomes a message that says why, which `Checked` refuses: an exception here would stop the consumer of
    the queue for three seconds, each time.
    """

    def encode(self, data: MessageData) -> bytes:
        return orjson.dumps(data)

    def decode(self, data: bytes) -> MessageData:
        if len(data) > LARGEST_MESSAGE:
            return _refused(f"{len(data)} octets, au plus {LARGEST_MESSAGE}")
        try:
            message = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            return _refused(f"ce n'est pas du JSON : {error}")
        fault = _fault_of(message)
        return _refused(fault) if fault else message


def _fault_of(message: Any) -> str:
    """What keeps this from being a message of ours, in words; empty when nothing does."""
    if not isinstance(message, dict) or message.keys() != _FIELDS:
        return "ce n'est pas un message de Dramatiq"
    arguments, options = message["kwargs"], message["options"]
    named = all(_short(message[name]) for name in ("queue_name", "actor_name", "message_id"))
    if not named or type(message["message_timestamp"]) is not int:
        return "queue_name, actor_name, message_id ou message_timestamp est d'un autre type"
    if message["args"] != []:
        return "args n'est pas une liste vide"
    if not isinstance(arguments, dict) or "self" in arguments or not all(_harmless(value) for value in arguments.values()):
        return "kwargs porte autre chose que des textes courts et des listes"
    if not isinstance(options, dict) or not options.keys() <= _OPTIONS or not all(_short(value) for value in options.values()):
        return "options porte autre chose que ce que le courtier y met"
    return ""


def _short(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_ARGUMENT


def _harmless(value: Any) -> bool:
    return len(value) <= MOST_EVENTS if isinstance(value, list) else _short(value)


def _refused(reason: str) -> MessageData:
    return {
        "queue_name": "",
        "actor_name": "",
        "args": (),
        "kwargs": {},
        "options": {_REFUSAL: reason},
        "message_id": "",
        "message_timestamp": 0,
    }


class Checked(Consumer):
    """A consumer of one queue that hands on what is for this queue and its actors, and refuses the rest."""

    def __init__(self, consumer: Consumer, broker: dramatiq.Broker, queue: str) -> None:
        self._consumer = consumer
        self._broker = broker
        self._queue = queue

    def __next__(self) -> MessageProxy | None:
        """The next message for our actors; none when there is none for now, or when it was refused."""
        message = next(self._consumer)
        if message is None or not (reason := self._against(message)):
            return message
        REFUSED.labels(self._queue).inc()
        log.error("broker.message_refused", queue=self._queue, reason=reason, message_id=message.message_id)
        self.nack(message)
        return None

    def _against(self, message: MessageProxy) -> str:
        if reason := message.options.get(_REFUSAL):
            return str(reason)
        if message.queue_name != self._queue:
            return f"ce message indique la file « {message.queue_name} »"
        actor = self._broker.actors.get(message.actor_name)
        if actor is None or actor.queue_name != self._queue:
            return f"cette file n'a pas d'acteur « {message.actor_name} »"
        return ""

    def ack(self, message: MessageProxy) -> None:
        """Says to the broker that the message is done with."""
        self._consumer.ack(message)

    def nack(self, message: MessageProxy) -> None:
        """Says to the broker that the message is refused: it goes to the dead letters, and never comes back."""
        self._consumer.nack(message)

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Gives messages back."""
        self._consumer.requeue(messages)

    def close(self) -> None:
        """Ends the consumer."""
        self._consumer.close()


class Memory(StubBroker):
    """The broker in this process."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        """A consumer of a queue, checked."""
        return Checked(super().consume(queue_name, prefetch, timeout), self, queue_name)


class Rabbit(RabbitmqBroker):
    """RabbitMQ."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """A consumer of a queue, checked."""
        return Checked(super().consume(queue_name, prefetch, timeout), self, queue_name)


class Redis(RedisBroker):
    """Redis, as a broker."""

    @property
    def consumer_class(self) -> type[Consumer]:
        """What `consume` makes."""
        return _Numbered

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Consumer:
        """A consumer of a queue, checked."""
        return Checked(super().consume(queue_name, prefetch, timeout), self, queue_name)


class _Numbered(_RedisConsumer):
    """A consumer that knows a message's number in Redis from Redis, and not from the message.

    Dramatiq acknowledges the number that the message itself gives. A wrong one, or none, would leave it among what is under way:
    it would come back to each later worker.
    """

    def __init__(self, broker: Any, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)  # type: ignore[no-untyped-call]  # Dramatiq's own
        self._fetched: set[str] = set()

    def __next__(self) -> MessageProxy | None:
        """The next message, with its own number; none when there is none for now."""
        try:
            if not self.message_cache and self.outstanding_message_count < self.prefetch:
                fetched = self.broker.do_fetch(self.queue_name, self.prefetch - self.outstanding_message_count)
                self.message_cache = [data for data in fetched if data is not None]
                if self.message_cache:
                    under_way = f"{self.broker.namespace}:__acks__.{self.broker.broker_id}.{self.queue_name}"
                    self._fetched = {number.decode() for number in self.broker.client.smembers(under_way)}
            if not self.message_cache:
                self.misses, pause = compute_backoff(self.misses, max_backoff=self.timeout)
                time.sleep(pause / 1000)
                return None
            self.misses = 0
            return self._numbered(self.message_cache.pop(0))
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None

    def _numbered(self, data: bytes) -> MessageProxy:
        message: dramatiq.Message[Any] = dramatiq.Message.decode(data)
        number = message.options.get("redis_message_id")
        if number not in self._fetched:
            number = message.options["redis_message_id"] = self._number_of(data)
        self._fetched.discard(number)
        self.queued_message_ids.add(message.message_id)
        return MessageProxy(message)

    def _number_of(self, data: bytes) -> str:
        numbers = sorted(self._fetched)
        kept = self.broker.client.hmget(f"{self.broker.namespace}:{self.queue_name}.msgs", numbers) if numbers else []
        return next((number for number, each in zip(numbers, kept, strict=True) if each == data), "")
