"""O4, B4: facts and copies say what their owner's rows say, even where they hold a version that those do not have yet, or never had."""

import asyncio
import itertools
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.contracts.access import OrganisationStatus
from services.contracts.envelope import Event
from services.contracts.registry import read_state
from services.kernel.base import ids
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.service import Received, Service
from services.kernel.events.following import Followed, Link, NothingToFollowError, follow_one, links
from services.kernel.events.resync import published
from tests.observatory_api.ledger_support import dashboard_bytes, rows, values
from tests.repairs.damage import every_day, figures, follow_everybody, verified
from tests.support.delivering import BY_NAME, deliver, delivering
from tests.support.story import Story, action_of, again, make, verb

FAR = 1_000_000_000
REPAIRS = 30


def links_of(databases: Databases, owner: str) -> list[Link]:
    """What a service sends, to everybody who hears it."""
    service = BY_NAME[owner]
    return list(links(databases, service, BY_NAME, published(service)))


async def follow_entity(databases: Databases, owner: str, kind: str, identifier: str) -> Followed:
    """`plam follow SERVICE KIND ID`."""
    return await follow_one([link for link in links_of(databases, owner) if link.kind == kind], UUID(identifier), drops=True)


async def forge(databases: Databases, consumer: Service, event: str, **state: object) -> None:
    """A message that is none of the owner's, applied as if it were: a state with other values, under another version."""
    read = Event.model_validate_json(event)
    forged = read_state(read).model_copy(update=state)
    said = read.model_copy(update={"id": ids.new(), "entityversion": forged.version, "data": forged.model_dump(mode="json")})
    if "id" in state:
        said = said.model_copy(update={"subject": str(state["id"])})
    assert consumer.apply is not None
    async with databases.open(consumer.name, "worker") as db:
        await consumer.apply(db, [Received(said, forged)])


async def last_event(databases: Databases, service: str, kind: str, subject: str = "%") -> str:
    """The newest event of a kind, or of one entity."""
    pool = await databases.pool(service, "worker")
    event: str = await pool.fetchval("SELECT event FROM outbox WHERE kind = $1 AND subject LIKE $2 ORDER BY id DESC LIMIT 1", kind, subject)
    return event


# ── O4: a service's own database is restored from an older backup ─────────────────────────────────────────────────────────────────


async def snapshot(settings: Settings, service: str) -> dict[str, str]:
    """A backup of a service's tables, as text."""
    connection = await asyncpg.connect(settings.database_url_of(service), server_settings={"search_path": service})
    try:
        names = [table.name for table in BY_NAME[service].metadata.sorted_tables]
        return {name: await connection.fetchval(f'SELECT json_agg(t)::text FROM "{name}" t') or "[]" for name in names}
    finally:
        await connection.close()


async def restore(settings: Settings, service: str, backup: dict[str, str]) -> None:
    """The service's tables as they were when the backup was made."""
    connection = await asyncpg.connect(settings.database_url_of(service), server_settings={"search_path": service})
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            for name, content in backup.items():
                await connection.execute(f'DELETE FROM "{name}"')  # a table of ours
                insert = f'INSERT INTO "{name}" SELECT * FROM json_populate_recordset(NULL::"{name}", $1::text::json)'
                await connection.execute(insert, content)
    finally:
        await connection.close()


@pytest.mark.tampers
async def test_o4_a_producer_restored_from_an_older_backup_is_followed(
    databases: Databases, settings: Settings, story: Story, everybody: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    stands, before = await every_day(databases), await figures(databases, "K03", "K32")
    backup = await snapshot(settings, "actions")
    known_at = (await values(databases, "K03")).known_at.isoformat().replace("+00:00", "Z")
    board = await dashboard_bytes(databases, known_at=known_at)
    for _ in range(30):
        made = await make(everybody, "/actions/v1/actions", **action_of())
        await verb(everybody, f"/actions/v1/actions/{made['id']}", made, "submit")
    moved = story.made["action"][2]
    await verb(everybody, f"/actions/v1/actions/{moved['id']}", moved, "suspend", reason="Après la sauvegarde")
    await deliver(databases)
    ahead = await figures(databases, "K03", "K32")
    await databases.close()
    await restore(settings, "actions", backup)
    differing = await verified(databases)

    done = await follow_everybody(databases)

    found, after = await verified(databases), await figures(databases, "K03", "K32")
    with capsys.disabled():
        print(f"\nK03, K32 : sauvegarde {before}, ensuite {ahead}, suivi {after} ; {done}")
    assert not differing.sound
    assert differing.completeness.without_row == 30
    assert (done.taken, done.dropped, done.left) == (2, 30, 0), "the action, and its milestone, which copies its status"
    assert found.sound, found
    assert after == before != ahead
    assert await every_day(databases) == stands
    assert await dashboard_bytes(databases, known_at=known_at) == board
    assert await follow_everybody(databases) == Followed(compared=done.compared)


@pytest.mark.tampers
async def test_o4_what_the_restored_service_says_next_is_heard(
    databases: Databases, settings: Settings, story: Story, everybody: httpx.AsyncClient
) -> None:
    hospital = story.made["organisation"][0]
    path = f"/access/v1/organisations/{hospital['id']}"
    backup = await snapshot(settings, "access")
    for turn in range(5):
        hospital = await again(everybody, "/access/v1/organisations", hospital)
        body = {"name": f"Nom {turn}"}
        assert (await everybody.patch(path, json=body, headers={"If-Match": f'"{hospital["version"]}"'})).status_code == 200
    await deliver(databases)
    await databases.close()
    await restore(settings, "access", backup)

    assert (await follow_everybody(databases)).taken > 4, "the observatory, three services that keep a copy, and what bears its name"

    hospital = await again(everybody, "/access/v1/organisations", hospital)
    assert (await everybody.patch(path, json={"name": "Après"}, headers={"If-Match": f'"{hospital["version"]}"'})).status_code == 200
    await deliver(databases)
    for service in ("actions", "internships", "recruitment"):
        pool = await databases.pool(service, "worker")
        kept = await pool.fetchrow("SELECT name, version FROM organisation_copy WHERE id = $1", UUID(hospital["id"]))
        assert tuple(kept) == ("Après", hospital["version"] + 1)
    assert (await verified(databases)).sound


# ── B4: what somebody forged ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_b4_a_copy_closed_for_ever_by_a_forged_version_follows_its_owner(
    databases: Databases, story: Story, everybody: httpx.AsyncClient
) -> None:
    hospital = story.made["organisation"][0]
    stands = await every_day(databases)
    event = await last_event(databases, "access", "organisation")
    forged = {"id": UUID(hospital["id"]), "version": FAR, "name": "Fermé pour toujours", "status": OrganisationStatus.closed}
    for consumer in ("observatory", "actions", "recruitment"):
        await forge(databases, BY_NAME[consumer], event, **forged)
    body = {"name": "Nouveau nom"}
    renamed = await everybody.patch(
        f"/access/v1/organisations/{hospital['id']}", json=body, headers={"If-Match": f'"{hospital["version"]}"'}
    )
    assert renamed.status_code == 200
    await deliver(databases)
    assert await every_day(databases) != stands
    assert not (await verified(databases)).sound

    done = await follow_entity(databases, "access", "organisation", hospital["id"])

    assert (done.compared, done.taken, done.dropped) == (4, 3, 0)
    for service in ("actions", "internships", "recruitment"):
        pool = await databases.pool(service, "worker")
        kept = await pool.fetchrow("SELECT name, status, version FROM organisation_copy WHERE id = $1", UUID(hospital["id"]))
        assert tuple(kept) == ("Nouveau nom", "active", renamed.json()["version"])
    assert await every_day(databases) == stands
    await deliver(databases)  # what had borne the forged name bears the owner's
    assert (await verified(databases)).sound


async def test_b4_a_forged_state_of_the_same_version_follows_its_owner(databases: Databases, story: Story) -> None:
    stands = await every_day(databases)
    pool = await databases.pool("observatory", "worker")
    need = story.made["need"][0]["id"]
    event = await last_event(databases, "recruitment", "need", need)
    await pool.execute("UPDATE fact SET version = version - 1 WHERE entity_key = $1", need)
    await forge(databases, BY_NAME["observatory"], event, headcount=900)
    assert await every_day(databases) != stands
    assert (await verified(databases)).completeness.sound, "the version is the owner's: only the figures tell"
    assert (await follow_entity(databases, "recruitment", "need", need)).taken == 1
    assert await every_day(databases) == stands


async def test_b4_an_entity_that_nobody_owns_goes_from_facts_and_copies_unless_it_is_needed(databases: Databases, story: Story) -> None:
    stands = await every_day(databases)
    organisation, site = ids.new(), ids.new()
    events = {kind: await last_event(databases, "access", kind) for kind in ("organisation", "site")}
    for consumer in ("observatory", "internships", "recruitment"):
        await forge(databases, BY_NAME[consumer], events["organisation"], id=organisation, version=1)
        await forge(databases, BY_NAME[consumer], events["site"], id=site, organisation_id=organisation, version=1)
    pool = await databases.pool("recruitment", "worker")
    need = story.made["need"][0]
    await pool.execute("UPDATE need SET site_id = $2 WHERE id = $1", need["id"], site)

    done = await follow_everybody(databases)

    assert (done.taken, done.dropped, done.left) == (0, 4, 2), "the need's site stays, and that site's organisation"
    await pool.execute("UPDATE need SET site_id = $2 WHERE id = $1", need["id"], need["site_id"])
    assert (await follow_entity(databases, "access", "site", str(site))).dropped == 1
    assert (await follow_entity(databases, "access", "organisation", str(organisation))).dropped == 1
    with pytest.raises(NothingToFollowError):
        await follow_entity(databases, "access", "organisation", str(organisation))
    assert await every_day(databases) == stands
    assert (await verified(databases)).sound


async def test_b4_a_person_is_followed_by_the_identifier_of_the_row(databases: Databases, story: Story) -> None:
    stands = await every_day(databases)
    event = await last_event(databases, "internships", "placement")
    await forge(databases, BY_NAME["observatory"], event, version=FAR, learners=50)
    placements = [placement["id"] for placement in story.made["placement"]]
    done = [await follow_entity(databases, "internships", "placement", identifier) for identifier in placements]
    assert sum(one.taken for one in done) == 1
    assert await every_day(databases) == stands
    assert (await verified(databases)).sound


async def test_o4_follow_cut_short_anywhere_is_finished_by_the_next(databases: Databases, story: Story) -> None:
    stands = await every_day(databases)
    for owner, kind in (("access", "organisation"), ("actions", "action"), ("internships", "offer"), ("recruitment", "need")):
        await forge(databases, BY_NAME["observatory"], await last_event(databases, owner, kind), version=FAR)
    assert (await verified(databases)).completeness.differences == 4
    for allowed in range(40):
        left = itertools.count(-allowed)
        try:
            await follow_everybody(databases, lambda _count, left=left: stop_at(next(left)))  # type: ignore[misc]  # bound at once
        except ConnectionResetError:
            continue
        break
    found = await verified(databases)
    assert found.sound, found
    assert await every_day(databases) == stands
    assert story.made


def stop_at(turn: int) -> None:
    """The power goes at the turn 0."""
    if turn == 0:
        raise ConnectionResetError("the power went")


# ── Beside live workers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_o4_follow_beside_writers_and_workers_takes_nothing_back(
    databases: Databases, story: Story, everybody: httpx.AsyncClient
) -> None:
    """Four writers, deliveries, and follow without end, over the same few entities."""
    ended = asyncio.Event()

    async def write(number: int) -> None:
        hospital = story.made["organisation"][number % 2]
        path = f"/access/v1/organisations/{hospital['id']}"
        for turn in itertools.takewhile(lambda _: not ended.is_set(), itertools.count()):
            now = await again(everybody, "/access/v1/organisations", hospital)
            body = {"name": f"Nom {number} {turn}", "department": ("44", "49", "53")[turn % 3]}
            answer = await everybody.patch(path, json=body, headers={"If-Match": f'"{now["version"]}"'})
            assert answer.status_code in (200, 412)

    async def repair() -> None:
        for turn in range(REPAIRS):
            await follow_entity(databases, "access", "organisation", story.made["organisation"][turn % 2]["id"])
        ended.set()

    async with delivering(databases):
        await asyncio.gather(repair(), *(write(number) for number in range(4)))
    written = [(await again(everybody, "/access/v1/organisations", each))["version"] for each in story.made["organisation"]]
    assert sum(written) > REPAIRS
    found = await verified(databases)
    assert found.sound, found
    for consumer in ("actions", "internships", "recruitment"):
        held = await (await databases.pool(consumer, "worker")).fetch("SELECT id, version, name FROM organisation_copy ORDER BY id")
        owned = await (await databases.pool("access", "worker")).fetch("SELECT id, version, name FROM organisation ORDER BY id")
        assert held == owned
    assert await rows(databases, "SELECT count(*) FROM fact WHERE version = 0") == [(0,)]
