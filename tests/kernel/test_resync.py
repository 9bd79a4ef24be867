"""A resync says again what every row is, at its version, so that who missed it has it and nobody else changes."""

import httpx
import orjson
from sqlalchemy import text

from services.actions_api.service import SERVICE
from services.kernel.data.database import Databases
from services.kernel.events.resync import published, resync
from tests.support.actions import an_action, an_approved_action


async def _emitted(databases: Databases) -> list[dict[str, object]]:
    async with databases.open("actions") as db:
        return [orjson.loads(row["event"]) for row in await db.fetch(text("SELECT event FROM outbox ORDER BY recorded_at, id"))]


async def test_every_row_is_said_again_at_its_version_to_those_who_hear_it(databases: Databases, steering: httpx.AsyncClient) -> None:
    made = [await an_action(steering), await an_approved_action(steering)]
    before = await _emitted(databases)
    newest = {event["subject"]: event for event in before}

    counts = [count async for count in resync(databases, SERVICE, published(SERVICE), batch=1)]
    again = (await _emitted(databases))[len(before) :]
    restated = {event["subject"]: event for event in again if event["type"] == "actions.action.restated"}

    assert counts == [1] * len(again)
    assert set(restated) == {action["id"] for action in made}
    for subject, event in restated.items():
        assert event["data"] == newest[subject]["data"]
        assert event["entityversion"] == newest[subject]["entityversion"]
        assert event["id"] != newest[subject]["id"]
    async with databases.open("actions") as db:
        [unheard] = await db.fetch(text("SELECT count(*) FROM outbox o WHERE NOT EXISTS (SELECT FROM delivery d WHERE d.event_id = o.id)"))
    assert unheard["count"] == 0
