"""A thousand forged, malformed and poisonous messages beside a thousand sound events: on RabbitMQ, and fewer on Redis."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import dramatiq
import orjson
import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from services.contracts.actions import ActionState, ActionStatus
from services.contracts.codes import Axis, Department, Objective, Sector, Side
from services.contracts.envelope import StatusChange
from services.kernel.base import clock, ids
from services.kernel.data.outbox import RECORD_EVENTS, Recorded
from services.kernel.data.saving import event_json
from services.kernel.events import quarantine
from services.kernel.events.brokers import make_broker
from services.kernel.events.incoming_messages import Json
from tests.support import forgeries
from tests.system.processes import Plant, Process

QUEUE, ACTOR = "observatory.events", "observatory.consume"
COUNTS = {"rabbitmq": 1_000, "redis": 200}
ENDS_WITHIN = 10
APPLIED = "SELECT count(*) FROM observatory.fact WHERE (entity_key, version) IN (SELECT * FROM unnest($1::text[], $2::bigint[]))"


def sound(count: int) -> list[Recorded]:
    """Events of new actions that the outbox does not have yet."""
    made = []
    for number in range(count):
        state = ActionState(
            id=ids.new(),
            version=1 + number % 3,
            ref=f"S{number}",
            axis=list(Axis)[number % 7].value,
            objectives=(Objective.o1.value,),
            departments=(Department("44"),),
            sectors=tuple(Sector)[:1],
            sides=tuple(Side)[:1],
            flagship=False,
            status=ActionStatus.in_progress,
            history=(StatusChange(status="in_progress", at=datetime(2026, 1, 5, tzinfo=UTC)),),
        )
        event_id, type_ = ids.new(), "actions.action.started"
        event = event_json(event_id, type_, "actions", state, clock.now().isoformat())
        made.append(Recorded(event_id, "action", str(state.id), state.version, type_, event))
    return made


def forged(events: Sequence[Recorded], count: int) -> tuple[list[bytes], int, list[str]]:
    """So many messages, of each bad kind in turn; how many are to be refused; and the rows that the others make in quarantine.

    Every second forgery bears the id of a sound event.
    """
    bodies, refused, held = [], 0, []
    kinds = [*forgeries.MESSAGES.values(), *(forge for forge, _ in forgeries.EVENTS.values())]
    for number in range(count):
        event = orjson.loads(events[number].event)
        if number // len(kinds) % 2:
            event["id"] = str(ids.new())
        message = forgeries.message(QUEUE, ACTOR, batch=str(ids.new()), producer="actions", events=[event])
        forge: Callable[[dict[str, Any]], Any] = kinds[number % len(kinds)]
        if number % len(kinds) < len(forgeries.MESSAGES):
            bodies.append(forge(message))
            refused += 1
        else:
            raw = forge(event)
            bodies.append(forgeries.body(message, raw))
            held.append(f"{quarantine.event_id_of(raw)} {quarantine.digest_of(raw)}")
    return bodies, refused, held


async def _record(url: str, events: Sequence[Recorded]) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": "actions"})
    columns = zip(*((e.id, e.kind, e.subject, e.version, e.type, e.event) for e in events), strict=True)
    await connection.execute(RECORD_EVENTS, *map(list, columns), ["observatory"])
    await connection.execute("SELECT pg_notify('actions_outbox', '')")
    await connection.close()


async def _value(url: str, query: str, *arguments: Any) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


def _told(worker: Process) -> Counter[str]:
    return Counter(orjson.loads(line)["event"] for line in worker.told().splitlines() if line.startswith("{"))


async def test_b2_b4_a_thousand_forgeries_beside_a_thousand_sound_events(
    plant: Plant, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    url, kind = plant.environment["PLAM_DATABASE_URL"], request.node.callspec.params["broker"]
    count = COUNTS[kind]
    dramatiq.set_encoder(Json())
    broker = make_broker(plant.environment["PLAM_BROKER_URL"])
    events = sound(count)
    bodies, refused, held = forged(events, count)
    unknown_queue = sum(b'"queue_name":"nowhere' in body for body in bodies)
    for body in bodies[: count // 2]:
        await asyncio.to_thread(forgeries.put, broker, QUEUE, body)
    worker = plant.start("worker", "worker", "actions", "observatory", PLAM_LOG_LEVEL="error")
    plant.start("relay", "relay", "actions")
    begun = time.monotonic()
    for at in range(0, count, 50):  # sound and forged in turn
        await _record(url, events[at : at + 50])
        for body in bodies[count // 2 + at // 2 : count // 2 + at // 2 + 25]:
            await asyncio.to_thread(forgeries.put, broker, QUEUE, body)

    async def settled() -> bool:
        told = _told(worker)
        seen = (told["broker.message_refused"] + told["worker.message_refused"], told["events.quarantined"])
        done = seen == (refused, len(set(held))) and await asyncio.to_thread(_left, broker) == 0
        return done and await _value(url, "SELECT count(*) FROM actions.delivery WHERE acknowledged_at IS NULL") == 0

    while not await settled():
        assert worker.running, worker.told()[-2000:]
        assert time.monotonic() - begun < 120, (_told(worker), refused, len(held))
        await asyncio.sleep(0.2)
    took = time.monotonic() - begun
    applied = await _value(url, APPLIED, [event.subject for event in events], [event.version for event in events])
    rows = await _value(url, "SELECT array_agg(event_id || ' ' || digest) FROM observatory.quarantine WHERE reason <> ''")
    asked = time.monotonic()
    assert await asyncio.to_thread(worker.terminate, ENDS_WITHIN) == 0
    with capsys.disabled():
        print(
            f"\n{kind} : {count} événements sains, {count} faux messages ({unknown_queue} d'une file inconnue), en {took:.1f} s ; "
            f"{applied} appliqués, {refused} messages refusés, {len(held)} événements en quarantaine ({len(rows)} différents) ; "
            f"l'ouvrier vivant, arrêté en {time.monotonic() - asked:.1f} s"
        )
    assert applied == count
    assert await _value(url, "SELECT count(*) FROM observatory.fact") == await _value(
        url, "SELECT count(DISTINCT subject) FROM actions.outbox"
    )
    assert sorted(rows) == sorted(set(held))
    assert unknown_queue >= 4 * count // 1_000
    assert await asyncio.to_thread(_left, broker) == 0
    broker.close()


def _left(broker: dramatiq.Broker) -> int:
    if isinstance(broker, RabbitmqBroker):
        return int(broker.get_queue_message_counts(QUEUE)[0])
    assert isinstance(broker, RedisBroker)
    return int(broker.client.hlen(f"dramatiq:{QUEUE}.msgs"))
