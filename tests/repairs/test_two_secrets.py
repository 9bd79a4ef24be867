"""B1: what two secrets did is found and repaired; a secret is replaced, and no figure moves."""

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr

from services.kernel.data.database import Database, Databases
from services.kernel.data.secret_fingerprints import SecretRefused
from services.kernel.data.service import Received
from services.kernel.events.quarantine import held, hold, retry
from services.kernel.process import startup_checks
from services.kernel.process.rotation import NotStillError, Rename, rotate
from services.observatory_api.ledger import retire
from services.observatory_api.ledger.apply import apply
from services.observatory_api.ledger.rebuild import rebuild
from services.observatory_api.service import SERVICE as OBSERVATORY
from services.observatory_api.verification.orphans import retire_orphans
from services.plam import ROUTING, SERVICES
from tests.observatory_api.ledger_support import dashboard_bytes, rows, values
from tests.observatory_api.states import action, milestone, number, received
from tests.repairs.damage import every_day, figures, follow_everybody, restate_persons, verified
from tests.support.story import Story, verb

ENTRIES = "SELECT count(*) FROM entry"
PERSONS = "SELECT entity_key FROM fact WHERE kind IN ('application', 'assignment', 'placement') ORDER BY 1"


@pytest.mark.parametrize("command", ["rebuild", "follow"])
async def test_b1_a_folder_damaged_by_two_secrets_is_repaired_by_one_command(
    databases: Databases, others: Databases, story: Story, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert story.made
    before, stands = await figures(databases, "R01", "R02"), await every_day(databases)
    persons = await restate_persons(others)
    damaged = await figures(databases, "R01", "R02")
    seen = (await verified(databases)).completeness
    entries = await rows(databases, ENTRIES)

    if command == "rebuild":
        assert (await retire_orphans(databases, SERVICES, patience=0)).retired == persons
        assert (await rebuild(databases)).changed == 0
    else:
        assert (await follow_everybody(databases)).dropped == persons

    after = await figures(databases, "R01", "R02")
    with capsys.disabled():
        print(f"\n{command} : avant {before}, abîmé {damaged}, après {after}")
    assert damaged["R02"] != before["R02"]
    assert damaged["R01"] != before["R01"]
    assert (seen.sound, seen.without_row, seen.of_unknown_source) == (False, persons, 0)
    assert after == before
    assert await every_day(databases) == stands
    assert (await rows(databases, ENTRIES))[0][0] > entries[0][0], "the ledger is corrected by reversing entries"
    assert (await verified(databases)).sound


async def test_b1_what_was_written_under_another_secret_is_followed_too(
    databases: Databases, others: Databases, story: Story, everybody: httpx.AsyncClient
) -> None:
    """A person's state moved on in a process of another secret: the fact under the true pseudonym stayed behind."""
    placement = story.made["placement"][1]
    await verb(everybody, f"/internships/v1/placements/{placement['id']}", placement, "cancel", reason="learner_withdrew")
    pool = await databases.pool("internships", "worker")
    unheard = await pool.fetch("DELETE FROM delivery WHERE acknowledged_at IS NULL RETURNING event_id")
    persons = await restate_persons(others)
    assert not (await verified(databases)).sound

    done = await follow_everybody(databases)

    assert (done.taken, done.dropped, done.left) == (len(unheard), persons, 0)
    found = await verified(databases)
    assert found.sound, found


async def test_b1_nothing_is_retired_while_something_is_on_its_way(databases: Databases, others: Databases, story: Story) -> None:
    await restate_persons(others)
    held = await rows(databases, PERSONS)
    pool = await databases.pool("actions", "worker")
    await pool.execute("UPDATE delivery SET acknowledged_at = NULL WHERE event_id = (SELECT max(id::text)::uuid FROM outbox)")
    stayed = await retire_orphans(databases, SERVICES, patience=0)
    assert stayed.found > len(story.made["placement"])
    assert (stayed.retired, {way: lag.events for way, lag in stayed.lag.items()}) == (0, {"actions → observatory": 1})
    assert await rows(databases, PERSONS) == held


async def test_b4_facts_of_an_unknown_source_are_counted_and_retired(databases: Databases, story: Story) -> None:
    stands = await every_day(databases)
    states = [state.model_copy(update={"id": number(place)}) for place, state in enumerate((action(), milestone()), 1)]
    async with databases.open("observatory", "worker") as db:
        await apply(db, [Received(received(state).event.model_copy(update={"source": "/internships"}), state) for state in states])
    assert await every_day(databases) != stands
    found = (await verified(databases)).completeness
    assert (found.sound, found.differences, found.without_row, found.of_unknown_source) == (False, 0, 0, 2)
    assert (await retire_orphans(databases, SERVICES, patience=0)).retired == 2
    assert (await verified(databases)).sound
    assert await every_day(databases) == stands
    assert story.made


# ── A secret is replaced ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def replaced(databases: Databases, others: Databases, rename: Rename = retire.rename) -> int:
    """`plam rotate`, from the tests' secret to the other one, every process stopped."""
    await databases.close()
    await others.close()
    return await rotate(others, SERVICES, OBSERVATORY, rename)


async def test_b1_a_secret_is_rotated_and_no_figure_of_any_day_moves(databases: Databases, others: Databases, story: Story) -> None:
    stands, persons, entries = await every_day(databases), await rows(databases, PERSONS), await rows(databases, ENTRIES)
    known_at = (await values(databases, "R02")).known_at.isoformat().replace("+00:00", "Z")
    days: list[dict[str, Any]] = [
        {"as_of": day, "every": "month", **known} for day in ("2026-12-31", "2031-12-31") for known in ({}, {"known_at": known_at})
    ]
    boards = [await dashboard_bytes(databases, **asked) for asked in days]
    assert story.made

    moved = await replaced(databases, others)

    assert moved == len(persons) > 0
    assert await every_day(others) == stands
    assert [await dashboard_bytes(others, **asked) for asked in days] == boards
    assert await rows(others, ENTRIES) == entries, "what a fact contributes stands: nothing is posted, and nothing is erased"
    assert not {row[0] for row in await rows(others, PERSONS)} & {row[0] for row in persons}
    assert (await verified(others)).sound
    assert (await rebuild(others)).changed == 0
    assert (await follow_everybody(others)).taken == 0, "the states that facts keep name their entities anew"
    with pytest.raises(SecretRefused, match="chaque personne compterait deux fois"):
        await startup_checks.check(databases, SERVICES)
    await startup_checks.check(others, SERVICES)


async def test_b1_a_rotation_cut_short_keeps_processes_out_and_finishes_when_run_again(
    databases: Databases, others: Databases, story: Story
) -> None:
    stands, persons = await every_day(databases), await rows(databases, PERSONS)
    kinds: list[str] = []

    async def cut_short(db: Database, source: str, kind: str, names: Mapping[str, str]) -> int:
        kinds.append(kind)
        if len(kinds) > 1:
            raise ConnectionResetError("the power went")
        return await retire.rename(db, source, kind, names)

    with pytest.raises(ConnectionResetError):
        await replaced(databases, others, cut_short)
    for pools in (databases, others):
        with pytest.raises(SecretRefused, match="plam rotate"):
            await startup_checks.check(pools, SERVICES)
    assert story.made

    moved = await replaced(databases, others)

    assert 0 < moved < len(persons), "those that had moved stay where they are"
    assert await every_day(others) == stands
    assert (await verified(others)).sound
    assert await replaced(databases, others) == 0
    await startup_checks.check(others, SERVICES)


async def test_b1_a_rotation_wants_the_right_secret_and_a_system_at_rest(databases: Databases, others: Databases, story: Story) -> None:
    third = Databases(
        others.settings.model_copy(update={"secret_previous": SecretStr("a third secret, never used")}), ROUTING, any_secret=True
    )
    with pytest.raises(SecretRefused, match="PLAM_SECRET_PREVIOUS n'est pas le secret"):
        await replaced(databases, third)
    await startup_checks.check(databases, SERVICES)
    with pytest.raises(NotStillError, match="encore connectés"):
        await rotate(others, SERVICES, OBSERVATORY, retire.rename)
    pool = await databases.pool("recruitment", "worker")
    await pool.execute("UPDATE delivery SET acknowledged_at = NULL WHERE event_id = (SELECT max(id::text)::uuid FROM outbox)")
    with pytest.raises(NotStillError, match="en route"):
        await replaced(databases, others)
    await startup_checks.check(databases, SERVICES)
    assert (await verified(databases)).completeness.sound
    assert story.made


async def test_b1_a_quarantined_event_tried_after_a_rotation_brings_no_old_pseudonym_back(
    databases: Databases, others: Databases, story: Story
) -> None:
    pool = await databases.pool("recruitment", "worker")
    event = await pool.fetchval("SELECT event FROM outbox WHERE kind = 'assignment' ORDER BY id DESC LIMIT 1")
    async with databases.open("observatory", "worker") as db:
        await hold(await db.connection(), orjson.loads(event), "essai", producer="recruitment")
    await replaced(databases, others)
    [waiting] = await held(others, OBSERVATORY)
    assert await retry(others, OBSERVATORY, [waiting]) == [waiting]
    assert (await verified(others)).sound
    assert story.made


async def test_b1_no_connection_is_made_with_another_secret(databases: Databases, others: Databases) -> None:
    strangers = Databases(others.settings, ROUTING)
    with pytest.raises(SecretRefused, match="n'est pas celui du schéma"):
        async with strangers.open("recruitment", "worker") as db:
            await db.connection()
    await strangers.close()
    await startup_checks.check(databases, SERVICES)


async def test_b1_a_process_of_the_old_secret_is_not_ready_after_a_rotation(
    databases: Databases, others: Databases, story: Story, everybody: httpx.AsyncClient
) -> None:
    assert (await everybody.get("/recruitment/readyz")).status_code == 200
    await replaced(databases, others)
    answer = await everybody.get("/recruitment/readyz")
    assert (answer.status_code, "PLAM_SECRET" in answer.json()["detail"]) == (503, True)
    assert story.made
