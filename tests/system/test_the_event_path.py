"""The same system on RabbitMQ and on Redis: API, relay, worker and the figure's reader are four processes."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import PERSON, Principal
from services.kernel.base.settings import Settings
from tests.support.http import ok
from tests.support.story import Resource, action_of, make, tell, verb
from tests.support.story_of_a_site import tell_of_a_site
from tests.support.story_of_people import tell_of_people
from tests.system.event_table import event_table, show
from tests.system.patience import patient
from tests.system.processes import Plant

NEVER_TOLD: frozenset[str] = frozenset()
"""Types of events that no test of the system makes happen: none."""
EVENTS = Path(__file__).parents[1] / "golden" / "events.txt"


async def figure(reader: httpx.AsyncClient, code: str = "K03") -> int:
    """The numerator of an indicator, as the observatory's own process gives it."""
    found: int = ok(await reader.get(f"/observatory/v1/indicators/{code}/values"))["numerator"]
    return found


async def test_every_event_arrives_and_moves_a_figure_or_a_copy(
    plant: Plant, steering_token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    api = plant.serve("api", "access", "actions", "internships", "recruitment")
    observatory = plant.serve("observatory", "observatory")
    for name in ("relay", "worker", "scheduler"):
        plant.start(name, name)
    url = plant.environment["PLAM_DATABASE_URL"]
    plant.command("import", "communes")
    async with (
        patient(api, steering_token) as writer,
        patient(observatory, steering_token) as reader,
    ):
        story = await tell(writer)
        await tell_of_a_site(writer, story)
        await _people_act(writer, api, Path(plant.environment["PLAM_HOME"]))
        await _a_need_expires_and_is_prolonged(writer, story.made["need"][0]["site_id"], url)
        before = await figure(reader)
        action = await make(writer, "/actions/v1/actions", **action_of())
        written = time.monotonic()
        await verb(writer, f"/actions/v1/actions/{action['id']}", action, "submit")
        while await figure(reader) != before + 1:
            assert time.monotonic() - written < 10
            await asyncio.sleep(0.01)
        latency = time.monotonic() - written
        assert latency < 1
    for service in ("access", "actions", "internships", "recruitment"):
        plant.command("resync", service)
    verified = plant.command("verify")
    lines = await event_table(url)
    with capsys.disabled():
        show(lines)
        print(verified, f"de l'écriture à la figure : {latency * 1000:.0f} ms")

    told = {line.type for line in lines}
    assert set(EVENTS.read_text("utf-8").split()) - told == NEVER_TOLD
    assert [line for line in lines if line.empty] == []


async def _people_act(writer: httpx.AsyncClient, api: str, home: Path) -> None:
    """Who is invited accepts, asks and leaves, each with a token of their own."""
    tokens, opened = Tokens(Settings(home=home)), list[httpx.AsyncClient]()

    def acting(membership: Resource) -> httpx.AsyncClient:
        manager, organisation = membership["manager"], UUID(membership["organisation_id"])
        caller = Principal(f"{PERSON}{membership['person_id']}", frozenset({Role.reader}), organisation, manager=manager)
        opened.append(patient(api, tokens.issue(caller, timedelta(minutes=5))))
        return opened[-1]

    one, other = [await make(writer, "/access/v1/organisations", name=name, roles=["employer"]) for name in ("Maison", "Cabinet")]
    await tell_of_people(writer, acting, one, other)
    for client in opened:
        await client.aclose()


async def _a_need_expires_and_is_prolonged(client: httpx.AsyncClient, site_id: str, url: str) -> None:
    """Publishes a need, lets its day pass, waits for the scheduler's job, and prolongs it."""
    site = ok(await client.get(f"/access/v1/sites/{site_id}"))
    today = clock.today()
    body = {"organisation_id": site["organisation_id"], "site_id": site_id, "profession": "ide", "headcount": 1, "legal_forms": ["cdi"]}
    days = {"starts_on": (today + timedelta(days=9)).isoformat(), "expires_on": (today + timedelta(days=8)).isoformat()}
    need = await make(client, "/recruitment/v1/needs", **body, **days)
    path = f"/recruitment/v1/needs/{need['id']}"
    await verb(client, path, need, "publish")
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE recruitment.need SET expires_on = current_date - 2 WHERE id = $1", need["id"])
    await connection.execute("UPDATE recruitment.job SET due_at = now(), sent_at = NULL WHERE name = 'expire_needs'")
    await connection.close()
    until = time.monotonic() + 30
    while (need := ok(await client.get(path)))["status"] != "expired":
        assert time.monotonic() < until, "la tâche d'expiration n'a pas tourné"
        await asyncio.sleep(0.1)
    await verb(client, path, need, "prolong", expires_on=days["expires_on"])
