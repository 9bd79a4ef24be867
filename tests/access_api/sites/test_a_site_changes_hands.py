"""A site that another organisation takes over, by steering's hand or in a file: dated, told, and never back by an older file."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import select

from services.access_api.imports.establishments import import_establishments
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import Site
from services.contracts.access import SiteState
from services.contracts.codes import Role
from services.contracts.envelope import Event
from services.contracts.registry import read_state
from services.kernel.base import clock
from services.kernel.base.file_reports import Report
from services.kernel.base.french import day_in_words
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import a_site, an_organisation, establishment, finess, move, write_csv
from tests.support.http import ok, pointers, problem_type

pytestmark = pytest.mark.usefixtures("communes")

URL = "/access/v1/sites"


def today(days: int = 0) -> str:
    """So many days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


async def opened_on(databases: Databases, site: dict[str, Any], days: int) -> None:
    """As if a site had been opened so many days from today."""
    pool = await databases.pool("access", "worker")
    await pool.execute(
        "UPDATE site SET history = jsonb_set(history, '{0,at}', to_jsonb(now() + make_interval(days => $2))) WHERE id = $1",
        UUID(site["id"]),
        days,
    )


async def test_e2_steering_transfers_a_site_and_says_why(steering: httpx.AsyncClient, databases: Databases) -> None:
    before, after = await an_organisation(steering), await an_organisation(steering)
    site = await a_site(steering, before)
    assert (site["owners"], site["transfer_reason"]) == ([], None)

    moved = ok(await move(steering, "sites", site, "transfer", organisation_id=after["id"], on=today(), reason="Fusion"))

    assert (moved["organisation_id"], moved["transfer_reason"], moved["status"]) == (after["id"], "Fusion", "active")
    assert moved["owners"] == [{"organisation_id": after["id"], "since": today()}], "opened today: it was never the other's for a day"
    pool = await databases.pool("access", "worker")
    event = Event.model_validate_json(await pool.fetchval("SELECT event FROM outbox WHERE type = 'access.site.transferred'"))
    state = read_state(event)
    assert isinstance(state, SiteState)
    assert [str(owner.organisation_id) for owner in state.owners] == [after["id"]]


@pytest.mark.tampers
async def test_e2_each_owner_is_dated_and_a_transfer_back_the_same_day_leaves_no_trace(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    first, second = await an_organisation(steering), await an_organisation(steering)
    site = await a_site(steering, first)
    await opened_on(databases, site, -30)

    moved = ok(await move(steering, "sites", site, "transfer", organisation_id=second["id"], on=today(-10), reason="Fusion"))
    owners = [{"organisation_id": first["id"], "since": today(-30)}, {"organisation_id": second["id"], "since": today(-10)}]
    assert moved["owners"] == owners

    early = await move(steering, "sites", moved, "transfer", organisation_id=first["id"], on=today(-11), reason="Erreur")
    assert (early.status_code, pointers(early)) == (422, ["#/on"])
    assert all(day_in_words(clock.today() + timedelta(days)) in early.json()["errors"][0]["detail"] for days in (-10, 0))
    back = ok(await move(steering, "sites", moved, "transfer", organisation_id=first["id"], on=today(-10), reason="Erreur"))
    assert (back["organisation_id"], back["owners"]) == (first["id"], owners[:1])
    again = ok(await move(steering, "sites", back, "transfer", organisation_id=second["id"], on=today(-5), reason="Fusion"))
    assert again["owners"] == [owners[0], {"organisation_id": second["id"], "since": today(-5)}]


async def test_e2_a_transfer_that_makes_no_sense_is_refused_by_name(steering: httpx.AsyncClient) -> None:
    before, after, closed = [await an_organisation(steering) for _ in range(3)]
    await move(steering, "organisations", closed, "close", reason="Fusion")
    site = await a_site(steering, before)

    async def refused(**body: Any) -> tuple[int, list[str], str]:
        answer = await move(steering, "sites", site, "transfer", **{"organisation_id": after["id"], "on": today(), "reason": "F"} | body)
        return answer.status_code, pointers(answer), problem_type(answer)

    assert await refused(organisation_id=before["id"]) == (422, ["#/organisation_id"], "invalid")
    assert await refused(organisation_id=site["id"]) == (422, ["#/organisation_id"], "invalid")
    assert await refused(on=today(1)) == (422, ["#/on"], "invalid")
    assert await refused(on=today(-1)) == (422, ["#/on"], "invalid")
    assert await refused(reason=" ") == (422, ["#/reason"], "invalid")
    assert await refused(organisation_id=closed["id"]) == (409, [], "organisation-closed")
    stale = await move(steering, "sites", {**site, "version": 7}, "transfer", organisation_id=after["id"], on=today(), reason="F")
    assert stale.status_code == 412


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.steering])
async def test_e2_only_steering_transfers(client: Client, steering: httpx.AsyncClient, role: Role) -> None:
    before, after = await an_organisation(steering), await an_organisation(steering)
    site = await a_site(steering, before)
    caller = client(role, organisation=UUID(after["id"]))
    assert (await move(caller, "sites", site, "transfer", organisation_id=after["id"], on=today(), reason="F")).status_code == 403


async def run(databases: Databases, path: Path) -> Report:
    async with databases.open("access", "worker") as db:
        return await import_establishments(db, path)


async def owned(databases: Databases) -> tuple[str | None, list[str | None]]:
    """The FINESS of the legal entity that the one site is of, and of those that have had it."""
    async with databases.open("access") as db:
        names = {row.id: row.finess_ej for row in await db.fetch(select(Organisation))}
        [site] = await db.fetch(select(Site))
    return names[site.organisation_id], [names[UUID(owner["organisation_id"])] for owner in site.owners]


def notes(report: Report) -> list[str]:
    return [str(problem) for problem in report.problems]


@pytest.mark.tampers
async def test_e2_a_file_that_names_another_legal_entity_moves_the_site_with_a_note_on_both(databases: Databases, tmp_path: Path) -> None:
    older = write_csv(tmp_path / "older.csv", [establishment(1, 1, raison_sociale="CH A", adresse="Une adresse d'avant")])
    newer = write_csv(tmp_path / "newer.csv", [establishment(1, 2, raison_sociale="CH A")])
    await run(databases, older)
    async with databases.open("access") as db:
        [site] = await db.fetch(select(Site))
    await opened_on(databases, {"id": str(site.id)}, -30)
    one, two = finess(900_001), finess(900_002)

    report = await run(databases, newer)

    assert await owned(databases) == (two, [one, two])
    assert notes(report) == [
        f"ligne 2, finess_ej : le site {finess(1)} passe de « CH A » ({one}) à « CH A » ({two}), avec ce qui s'y trouve"
    ]
    assert (report.refused, report.of("site").changed, report.of("site").unchanged) == (False, 1, 0)
    assert (await run(databases, newer)).of("site").unchanged == 1

    again = await run(databases, older)
    assert await owned(databases) == (two, [one, two])
    assert notes(again) == [
        f"ligne 2, finess_ej : le site {finess(1)} est passé de « CH A » ({one}) à « CH A » ({two}) : "
        "ce fichier est plus ancien, la ligne ne change rien"
    ]
    assert (again.refused, again.of("site").changed, again.of("site").unchanged) == (False, 0, 1)


@pytest.mark.tampers
async def test_e2_an_older_file_stops_nothing_when_the_entity_that_was_taken_over_has_closed(
    databases: Databases, tmp_path: Path, steering: httpx.AsyncClient
) -> None:
    older = write_csv(tmp_path / "older.csv", [establishment(1, 1)])
    await run(databases, older)
    async with databases.open("access") as db:
        [site] = await db.fetch(select(Site))
    await opened_on(databases, {"id": str(site.id)}, -30)
    await run(databases, write_csv(tmp_path / "newer.csv", [establishment(1, 2)]))
    one, two = finess(900_001), finess(900_002)
    [taken_over] = (await steering.get("/access/v1/organisations", params={"finess_ej": one})).json()["items"]
    ok(await move(steering, "organisations", taken_over, "close", reason="Fusion"))

    report = await run(databases, older)
    assert (report.refused, await owned(databases)) == (False, (two, [one, two]))

    new = write_csv(tmp_path / "new.csv", [establishment(1, 1), establishment(2, 1)])
    report = await run(databases, new)
    assert (report.refused, [problem.line for problem in report.problems if problem.blocking]) == (True, [3]), "a new site still is"
