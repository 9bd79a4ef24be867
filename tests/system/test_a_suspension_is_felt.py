"""An organisation is suspended under clients at work: refused everywhere, within a second; resumed, all shows again as it was."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from tests.support.http import ok
from tests.support.story import Resource, day, make, tell, verb, where
from tests.system.patience import patient
from tests.system.processes import Plant
from tests.system.test_one_process import Alone

ASKED = {
    "access": "/access/v1/organisations?limit=1",
    "actions": "/actions/v1/actions?limit=1",
    "internships": "/internships/v1/offers?limit=1",
    "recruitment": "/recruitment/v1/needs?limit=1",
    "observatory": "/observatory/v1/indicators/K05/values",
}
CLIENTS = 16
LONGEST = 30.0
"""Seconds until a suspension that nobody felt is one that is not felt: what it took is printed, a busy machine makes it longer."""
CHANGED = ("version", "updated_at", "concealed")


class Felt(NamedTuple):
    """When the last request that succeeded began, and how many succeeded that began a second after the suspension; by service."""

    last: float
    late: int


class Clients:
    """Clients at work with tokens that they have: what each service answered, and when the request began."""

    def __init__(self, addresses: Mapping[str, str], tokens: Sequence[str]) -> None:
        self.addresses = addresses
        self.tokens = tokens
        self.answers: dict[str, list[tuple[float, int]]] = defaultdict(list)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """At work until the block is left."""
        tasks = [asyncio.create_task(self._work(token)) for token in self.tokens]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, token: str) -> None:
        async with httpx.AsyncClient(timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
            while True:
                for service, path in ASKED.items():
                    began = time.monotonic()
                    answer = await client.get(self.addresses[service] + path)
                    self.answers[service].append((began, answer.status_code))
                    await asyncio.sleep(0.05)

    async def stopped(self, services: Sequence[str], since: float) -> None:
        """Waits until nobody has succeeded for two seconds in any of these services."""
        while time.monotonic() - since < LONGEST:
            recent = time.monotonic() - 2
            if time.monotonic() - since > 3 and not any(self._successes(service, recent) for service in services):
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{LONGEST:.0f} s après la suspension, des requêtes aboutissent encore")

    def felt(self, suspended: float) -> dict[str, Felt]:
        """How a suspension was felt."""
        return {
            service: Felt(max([each - suspended for each in self._successes(service, 0)]), len(self._successes(service, suspended + 1)))
            for service in ASKED
        }

    def _successes(self, service: str, since: float) -> list[float]:
        return [began for began, status in self.answers[service] if status == 200 and began >= since]


def tokens_of(home: Path, organisation: Resource) -> list[str]:
    """A token for each of the clients: of different persons, for one organisation."""
    tokens = Tokens(Settings(home=home))
    roles = frozenset({Role.employer, Role.reader})
    callers = [Principal(somebody(f"client {n}"), roles, UUID(organisation["id"])) for n in range(CLIENTS)]
    return [tokens.issue(caller, timedelta(minutes=5)) for caller in callers]


async def shown(client: httpx.AsyncClient, organisation: Resource) -> dict[str, dict[str, Any]]:
    """What everybody is shown of an organisation's open offers and needs, by id, but for what a suspension leaves behind."""
    found = {}
    for path, status in (("/internships/v1/offers", "published"), ("/recruitment/v1/needs", "open")):
        asked = {"organisation_id": organisation["id"], "status": status, "limit": "200"}
        for row in ok(await client.get(path, params=asked))["items"]:
            found[row["id"]] = {name: value for name, value in row.items() if name not in CHANGED}
    return found


async def suspend_under_work(
    steering: httpx.AsyncClient, other: httpx.AsyncClient, organisation: Resource, clients: Clients
) -> tuple[Resource, dict[str, Felt]]:
    """Suspends and resumes an organisation; it as it is then, and how the suspension was felt."""
    before = await shown(other, organisation)
    assert before
    async with clients.working():
        await asyncio.sleep(2)
        organisation = ok(await steering.get(where("organisations", organisation)))
        organisation = await verb(steering, where("organisations", organisation), organisation, "suspend", reason="Contrôle")
        suspended = time.monotonic()
        await clients.stopped(list(ASKED), suspended)
    while await shown(other, organisation):
        assert time.monotonic() - suspended < LONGEST
        await asyncio.sleep(0.1)
    organisation = await verb(steering, where("organisations", organisation), organisation, "resume")
    resumed = time.monotonic()
    while await shown(other, organisation) != before:
        assert time.monotonic() - resumed < LONGEST
        await asyncio.sleep(0.1)
    return organisation, clients.felt(suspended)


def said(felt: Mapping[str, Felt]) -> str:
    """How a suspension was felt, for people."""
    return ", ".join(f"{service} {each.last * 1000:.0f} ms ({each.late} après 1 s)" for service, each in felt.items())


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
async def test_a_suspension_is_felt_in_every_service_through_a_broker(
    plant: Plant, steering_token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    api = plant.serve("api", "access", "actions", "internships", "recruitment")
    observatory = plant.serve("observatory", "observatory")
    for name in ("relay", "worker"):
        plant.work(name)
    plant.command("import", "communes")
    home = Path(plant.environment["PLAM_HOME"])
    addresses = dict.fromkeys(ASKED, api) | {"observatory": observatory}
    async with patient(api, steering_token) as steering, patient(api, steering_token) as other:
        story = await tell(steering)
        organisation = story.made["organisation"][0]
        other.headers["Authorization"] = f"Bearer {tokens_of(home, story.made['organisation'][1])[0]}"
        organisation, felt = await suspend_under_work(steering, other, organisation, Clients(addresses, tokens_of(home, organisation)))
        with capsys.disabled():
            print(f"\nsuspendue : dernière requête acceptée, {said(felt)}")

        # the broker away: access knows at once, and gives no token; the others keep to the tokens' five minutes
        for name in ("relay", "worker"):
            plant.processes[name].kill()
        old, made = tokens_of(home, organisation)[0], await credential_of(api, home, organisation)
        organisation = ok(await steering.get(where("organisations", organisation)))
        suspended = await verb(steering, where("organisations", organisation), organisation, "suspend", reason="Contrôle")
        await asyncio.sleep(1)
        assert await answered(addresses, old) == dict.fromkeys(ASKED, 200) | {"access": 401}
        refused = exchanged(api, made)
        assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
        for name in ("relay", "worker"):
            plant.work(name)
        until = time.monotonic() + LONGEST
        while set((await answered(addresses, old)).values()) != {401}:
            assert time.monotonic() < until
            await asyncio.sleep(0.2)
        await verb(steering, where("organisations", suspended), suspended, "resume")
        assert exchanged(api, made).status_code == 200


async def test_a_suspension_is_felt_in_one_process(tmp_path: Path, postgres: None, capsys: pytest.CaptureFixture[str]) -> None:
    alone = Alone(tmp_path)
    alone.start()
    try:
        home = Path(alone.environment["PLAM_HOME"])
        async with alone.client() as steering, alone.client() as other:
            story = await tell(steering)
            organisation = story.made["organisation"][0]
            other.headers["Authorization"] = f"Bearer {tokens_of(home, story.made['organisation'][1])[0]}"
            clients = Clients(dict.fromkeys(ASKED, alone.address), tokens_of(home, organisation))
            _, felt = await suspend_under_work(steering, other, organisation, clients)
        with capsys.disabled():
            print(f"\nsuspendue : dernière requête acceptée, {said(felt)}")
    finally:
        alone.process.terminate()


async def answered(addresses: Mapping[str, str], token: str) -> dict[str, int]:
    """What each service answers to a token."""
    async with httpx.AsyncClient(timeout=30, headers={"Authorization": f"Bearer {token}"}) as client:
        return {service: (await client.get(addresses[service] + path)).status_code for service, path in ASKED.items()}


async def credential_of(address: str, home: Path, organisation: Resource) -> Resource:
    """A credential of an organisation."""
    caller = Principal(somebody("manager"), frozenset({Role.employer}), UUID(organisation["id"]), manager=True)
    async with patient(address, Tokens(Settings(home=home)).issue(caller, timedelta(minutes=5))) as manager:
        body = {"name": "Logiciel", "roles": ["employer"], "expires_on": day(clock.today(), 200)}
        return await make(manager, "/access/v1/me/credentials", **body)


def exchanged(address: str, made: Resource) -> httpx.Response:
    """What a credential that is exchanged for a token is answered."""
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]}
    return httpx.post(f"{address}/access/v1/token", data=form)
