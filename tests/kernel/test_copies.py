"""Read-only copies: the newest version stands, whatever the order and the number of arrivals."""

import asyncio
import itertools
import random

import orjson
import pytest

from services.contracts.registry import STATES
from services.kernel.base import ids
from services.kernel.data.service import Received
from services.kernel.events.copies import UncopiedKindError, projector
from services.kernel.events.incoming_events import read
from tests.kernel.event_world import World


def received(world: World, *versions: int) -> list[Received]:
    """Events of one entity, at these versions, off the wire."""
    return [read_text(world, event.event) for event in world.events(ids.new(), versions)]


def read_text(world: World, event: str) -> Received:
    """An event read from its text."""
    return read(orjson.loads(event), producer=world.producer.name, kinds=STATES.keys())


async def apply(world: World, *batches: list[Received]) -> None:
    """Each batch in its transaction."""
    for batch in batches:
        async with world.databases.open(world.consumer.name, "worker") as db:
            await world.behaviour.copies(db, batch)


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 2))))
async def test_the_newest_version_stands_in_any_order_and_twice(world: World, order: tuple[int, ...]) -> None:
    events = received(world, 1, 2, 3)
    await apply(world, *([events[at]] for at in order), [events[at] for at in order], [events[0]])
    assert set((await world.copies()).values()) == {3}


async def test_a_copy_has_the_columns_that_the_state_has_and_keeps_its_own(world: World) -> None:
    events = received(world, 1, 2)
    await apply(world, events[:1])
    await world.rows(world.consumer, "UPDATE action_copy SET noted = 'ici'")
    await apply(world, events[1:])
    [row] = await world.rows(world.consumer, "SELECT * FROM action_copy")
    assert dict(row) == {
        "id": events[0].state.id,
        "version": 2,
        "state_number": events[0].state.number,
        "ref": "A2",
        "departments": ["44", "85"],
        "starts_on": None,
        "status": "in_progress",
        "noted": "ici",
    }


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1, 2))))
async def test_of_one_version_the_latest_shape_stands_in_any_order(world: World, order: tuple[int, ...]) -> None:
    [event] = received(world, 5)
    shapes = [
        Received(
            event.event.model_copy(update={"dataschema": f"action-state/{number}"}), event.state.model_copy(update={"ref": f"S{number}"})
        )
        for number in (1, 2, 3)
    ]
    await apply(world, *([shapes[at]] for at in order), [shapes[0]])
    [row] = await world.rows(world.consumer, "SELECT version, state_number, ref FROM action_copy")
    assert tuple(row) == (5, 3, "S3")
    await apply(world, received(world, 4))
    await apply(world, [event, *shapes])
    assert {
        (row["state_number"], row["ref"]) for row in await world.rows(world.consumer, "SELECT * FROM action_copy WHERE version = 5")
    } == {(3, "S3")}


async def test_batches_side_by_side_never_wait_for_each_other_in_a_circle(world: World) -> None:
    events = [event for _ in range(40) for event in received(world, 1, 2, 3)]
    chance = random.Random(7)  # noqa: S311  # an order that can be had again
    shuffled = [chance.sample(events, len(events)) for _ in range(8)]
    await asyncio.gather(*(apply(world, batch[:60], batch[60:]) for batch in shuffled))
    copies = await world.copies()
    assert len(copies) == 40
    assert set(copies.values()) == {3}


async def test_a_kind_without_a_copy_is_a_fault_that_shows(world: World) -> None:
    async with world.databases.open(world.consumer.name, "worker") as db:
        with pytest.raises(UncopiedKindError):
            await projector([])(db, received(world, 1))
