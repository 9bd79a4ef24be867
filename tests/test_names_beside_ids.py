"""Documents name what they cite, and follow it when it is called otherwise: copied at writing, saved again in batches."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.access_api.service import SERVICE as ACCESS
from services.contracts.codes import STAFF
from services.internships_api.service import SERVICE as INTERNSHIPS
from services.kernel.base import ids
from services.kernel.data import names
from services.kernel.data.database import Databases
from services.kernel.data.service import Service
from services.kernel.events.scheduler import run_job
from services.observatory_api.verification.operations import verify
from services.plam import SERVICES
from services.recruitment_api.service import SERVICE as RECRUITMENT
from tests.conftest import Client
from tests.support.access import a_site
from tests.support.http import at, ok
from tests.support.sites import Heard, hear
from tests.support.story import action_of
from tests.support.told import Json, Told, heard, post

TODAY = datetime(2026, 11, 16, 10, tzinfo=UTC)
AT_HOME = {"organisation_name": "CH A", "site_name": "Site", "commune": "Saint-Nazaire"}
BOOKED = {**AT_HOME, "unit_name": "Médecine", "institute_name": "IFSI"}


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which the story is told."""
    with time_machine.travel(TODAY):
        yield


async def rename(client: httpx.AsyncClient, path: str, name: str) -> Json:
    """Calls a resource otherwise."""
    return ok(await client.patch(path, json={"name": name}, headers=at(ok(await client.get(path)))))


def named(row: Json) -> dict[str, Any]:
    """The names that a document bears beside ids."""
    return {name: value for name, value in row.items() if name == "commune" or (name.endswith("_name") and name != "official_name")}


def versions(rows: dict[str, Json]) -> dict[str, int]:
    """The version of each row."""
    return {name: row["version"] for name, row in rows.items()}


async def told_of(client: Client, databases: Databases) -> tuple[httpx.AsyncClient, Told, Json, Json]:
    """The story, its caller, the site and the organisation that has it; with an action that the organisation leads."""
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, old, _ = await told.begin()
    action = await post(everybody, "/actions/v1/actions", **action_of(lead_organisation_id=old["id"]))
    told.paths |= {"action": f"/actions/v1/actions/{action['id']}", "site": f"/access/v1/sites/{site['id']}"}
    return everybody, told, site, old


async def test_g6_what_shows_an_id_names_it(client: Client, databases: Databases) -> None:
    """It took four more calls to show one placement."""
    _, told, _, _ = await told_of(client, databases)

    rows = await told.now()

    assert {name: named(row) for name, row in rows.items()} == {
        "unit": AT_HOME,
        "offer": {**AT_HOME, "unit_name": "Médecine"},
        "request, accepted": BOOKED,
        "request, pending": BOOKED,
        "placement": BOOKED,
        "need": AT_HOME,
        "application": AT_HOME,
        "assignment": AT_HOME,
        "action": {"lead_organisation_name": "CH A"},
        "site": {"organisation_name": "CH A", "commune": "Saint-Nazaire"},
    }


async def test_g6_a_new_name_reaches_whatever_bears_it_at_one_version_more_and_moves_no_figure(
    client: Client, databases: Databases
) -> None:
    everybody, told, site, old = await told_of(client, databases)
    before = await told.now()

    await rename(everybody, f"/access/v1/organisations/{old['id']}", "CHU A")
    await heard(databases)
    after = await told.now()

    for name, row in after.items():
        assert named(row) == {
            **named(before[name]),
            **dict.fromkeys(named(row).keys() & {"organisation_name", "lead_organisation_name"}, "CHU A"),
        }
    assert versions(after) == {name: version + 1 for name, version in versions(before).items()}
    await rename(everybody, f"/access/v1/sites/{site['id']}", "Hôtel-Dieu")
    await rename(everybody, told.paths["unit"], "Médecine 2")
    await heard(databases)
    last = await told.now()
    assert {row["site_name"] for row in last.values() if "site_name" in row} == {"Hôtel-Dieu"}
    assert {row["unit_name"] for row in last.values() if "unit_name" in row} == {"Médecine 2"}
    assert versions(last)["action"] == versions(after)["action"], "it names no site"
    found = await verify(databases, SERVICES, patience=5)
    assert found.sound, found


async def test_g6_a_site_of_another_commune_takes_its_name_along(client: Client, databases: Databases) -> None:
    everybody, told, site, _ = await told_of(client, databases)

    ok(await everybody.patch(told.paths["site"], json={"commune_code": "44109"}, headers=at(site)))
    await heard(databases)

    assert {row["commune"] for row in (await told.now()).values() if "commune" in row} == {"Nantes"}


async def test_g6_who_takes_over_is_named_with_it(client: Client, databases: Databases) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, _, new = await told.begin()
    before = await told.now()

    transfer = {"organisation_id": new["id"], "on": "2026-11-16", "reason": "Fusion"}
    await post(everybody, f"/access/v1/sites/{site['id']}/transfer", site, **transfer)
    await heard(databases)

    for name, row in (await told.now()).items():
        taken = row["organisation_id"] == new["id"]
        assert (row["organisation_name"], row["version"]) == ("CH B" if taken else "CH A", before[name]["version"] + taken), name


async def test_g6_a_name_that_comes_with_a_closure_reaches_everything(client: Client, databases: Databases) -> None:
    everybody, told, _, _ = await told_of(client, databases)

    site = await rename(everybody, told.paths["site"], "Neuf")
    await post(everybody, f"{told.paths['site']}/close", site, reason="Travaux")
    await heard(databases)  # the name and the closure, in one batch

    assert {row["site_name"] for row in (await told.now()).values() if "site_name" in row} == {"Neuf"}


@pytest.mark.parametrize("service", [INTERNSHIPS, RECRUITMENT], ids=lambda service: service.name)
async def test_g6_two_batches_take_turns_as_each_takes_rows_level_after_level(
    client: Client, databases: Databases, service: Service
) -> None:
    """They met: one closed a site and renamed an organisation of the other's rows, the other the reverse."""
    _, _, site, old = await told_of(client, databases)
    assert service.apply is not None
    told, elsewhere = Heard(UUID(site["id"]), UUID(old["id"])), Heard(ids.new(), UUID(old["id"]))  # no row in common
    async with databases.open(service.name, "worker") as first:
        await service.apply(first, [told.close()])
        second = asyncio.create_task(hear(databases, service, elsewhere.told()))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done, "the first has not committed"
    await second


async def test_g6_many_rows_are_named_in_batches(client: Client, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "MOST", 2)
    everybody, told, _, old = await told_of(client, databases)
    for number in range(4):
        await a_site(everybody, old, name=f"Annexe {number}")
    await rename(everybody, f"/access/v1/organisations/{old['id']}", "CHU A")
    await heard(databases)

    async def called() -> set[str]:
        sites = ok(await everybody.get("/access/v1/sites"))["items"]
        return {row["organisation_name"] for row in [*(await told.now()).values(), *sites] if "organisation_name" in row}

    assert await called() == {"CH A", "CHU A"}
    assert await run_job(databases, ACCESS, "follow_names")
    await heard(databases)
    for service in SERVICES:
        if any(job.name == "follow_names" for job in service.jobs):
            await run_job(databases, service, "follow_names")
    assert await called() == {"CHU A"}
    versions_ = versions(await told.now())
    assert await run_job(databases, INTERNSHIPS, "follow_names")
    assert versions(await told.now()) == versions_, "what is named already is left alone"
