"""`rebuild` changes nothing that is right, mends what is not, and never what was served; `verify` sees every fault."""

from collections.abc import Iterable
from typing import Any

import pytest

from services.contracts.actions import ActionState, MilestoneState, MilestoneStatus
from services.kernel.base.problems import NotFound
from services.kernel.base.settings import Settings
from services.kernel.data.completeness import summed
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.contributions import Contribution, denominator, numerator
from services.observatory_api.ledger.definitions import AlreadyCurrent, switch
from services.observatory_api.ledger.rebuild import Rebuilt, rebuild
from services.observatory_api.ledger.verify import Arithmetic, arithmetic, fact_summary
from tests.observatory_api.golden_files import sample_states
from tests.observatory_api.ledger_support import as_superuser, dashboard_bytes, record, rows, values
from tests.observatory_api.states import action, milestone, number, on


async def everything(databases: Databases) -> int:
    """Records every sample state, each as an entity of its own."""
    states = [state.model_copy(update={"id": number(key)}) for key, state in enumerate(sample_states().values(), start=1)]
    await record(databases, *states)
    return len(states)


async def verified(databases: Databases, catalogue: Catalogue = CATALOGUE) -> Arithmetic:
    """The arithmetic part of verify."""
    async with databases.open("observatory", "worker") as db:
        return await arithmetic(db, catalogue=catalogue)


async def test_on_a_healthy_ledger_rebuild_changes_nothing(databases: Databases) -> None:
    facts = await everything(databases)
    before = await rows(databases, "SELECT count(*), max(recorded_at) FROM batch")
    assert await rebuild(databases) == Rebuilt(facts=facts, changed=0, entries=0, set_right=0)
    assert await rows(databases, "SELECT count(*), max(recorded_at) FROM batch") == before
    report = await verified(databases)
    assert report.sound, report.examples
    assert (report.facts, report.differences) == (facts, 0)


async def test_an_empty_observatory_is_a_failure(databases: Databases) -> None:
    report = await verified(databases)
    assert report.differences == 0
    assert not report.sound


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        ("UPDATE rollup SET amount = amount + 1 WHERE ctid = (SELECT min(ctid) FROM rollup)", "roll_up_against_entries"),
        ("DELETE FROM rollup WHERE measure LIKE 'K06%'", "roll_up_against_entries"),
        ("INSERT INTO rollup VALUES ('K06/1/numerator', 'day', '2031-01-01', '44', '', 5)", "roll_up_against_entries"),
        ("DELETE FROM entry WHERE ctid = (SELECT min(ctid) FROM entry)", "entries_against_facts"),
        ("UPDATE fact SET contributions = '[]' WHERE kind = 'need'", "entries_against_facts"),
        ("UPDATE fact SET contributions = '[]' WHERE kind = 'need'", "facts_against_functions"),
        ("DELETE FROM fact WHERE kind = 'action'", "entries_against_facts"),
        ("DELETE FROM batch", "stray_entries"),
    ],
)
async def test_verify_sees_a_fault(databases: Databases, settings: Settings, fault: str, count: str) -> None:
    await everything(databases)
    await as_superuser(settings, fault)
    report = await verified(databases)
    assert getattr(report, count) > 0
    assert not report.sound
    assert report.examples


async def test_rebuild_refills_the_roll_up(databases: Databases, settings: Settings) -> None:
    await everything(databases)
    served, known_at = await dashboard_bytes(databases, as_of="2026-06-30"), (await values(databases, "K06")).known_at
    await as_superuser(settings, "DELETE FROM rollup WHERE measure LIKE 'K%'; UPDATE rollup SET amount = 0 WHERE measure LIKE 'R%'")
    assert await dashboard_bytes(databases, as_of="2026-06-30") != served
    assert (await rebuild(databases)).set_right > 0
    assert await dashboard_bytes(databases, as_of="2026-06-30", known_at=known_at) == served
    assert (await verified(databases)).sound


FIRST, *_, NEWEST = CATALOGUE.definitions("K06")
SECOND = NEWEST + 1


@CATALOGUE.definitions("K06")[NEWEST].revised(SECOND)
def milestones_on_time_in_force(milestone: MilestoneState) -> Iterable[Contribution]:
    """The second definition of these tests: on time is by the due date in force."""
    if milestone.status is not MilestoneStatus.cancelled:
        yield denominator(milestone.due)
        if milestone.reached_on and milestone.reached_on <= milestone.due:
            yield numerator(milestone.due)


BOTH = Catalogue((*CATALOGUE.indicators, milestones_on_time_in_force))
SERVED: dict[str, Any] = {"as_of": "2026-12-31", "by": "department", "every": "month"}


async def test_a_figure_read_again_after_corrections_and_a_rebuild_has_the_bytes_it_was_served_with(databases: Databases) -> None:
    await everything(databases)
    await record(databases, milestone(id=number(900), version=1))
    board = await dashboard_bytes(databases, as_of="2026-12-31", every="month")
    figure = await values(databases, "K06", **SERVED)

    await record(databases, milestone(id=number(900), version=2, reached_on=on("2026-03-30")), action(id=number(901)))
    await rebuild(databases, catalogue=BOTH)
    await record(databases, milestone(id=number(900), version=3, due_initial=on("2026-08-31"), reached_on=on("2026-03-30")))
    async with databases.open("observatory", "worker") as db:
        await switch(db, {"K06": SECOND}, catalogue=BOTH)
    await rebuild(databases, catalogue=BOTH)

    now = await values(databases, "K06", **SERVED, catalogue=BOTH)
    assert now.definition == SECOND
    assert now.numerator != figure.numerator
    again = await values(databases, "K06", **SERVED, catalogue=BOTH, known_at=figure.known_at)
    assert again.model_dump_json() == figure.model_dump_json()
    known_at = figure.known_at.isoformat().replace("+00:00", "Z")
    assert await dashboard_bytes(databases, as_of="2026-12-31", every="month", known_at=known_at, catalogue=BOTH) == board


async def test_a_new_definition_is_filled_beside_the_old_and_switched_at_an_instant(databases: Databases) -> None:
    late = milestone(due=on("2026-04-30"), reached_on=on("2026-04-15"))
    await record(databases, late)
    assert (await rebuild(databases, catalogue=BOTH)).changed == 1
    assert (await verified(databases, BOTH)).sound
    assert (await values(databases, "K06", as_of="2026-12-31", catalogue=BOTH)).value == 0.0
    async with databases.open("observatory", "worker") as db:
        switched_at, _ = await switch(db, {"K06": SECOND}, catalogue=BOTH)
    found = await values(databases, "K06", as_of="2026-12-31", catalogue=BOTH)
    assert (found.value, found.definition, found.known_at) == (1.0, SECOND, switched_at)
    assert (
        await values(databases, "K06", as_of="2026-12-31", catalogue=BOTH, known_at=switched_at)
    ).model_dump_json() == found.model_dump_json()


async def test_a_definition_is_switched_once(databases: Databases) -> None:
    await record(databases, milestone())
    async with databases.open("observatory", "worker") as db:
        await switch(db, {"K06": SECOND}, catalogue=BOTH)
    for number_again in (FIRST, SECOND):
        with pytest.raises(AlreadyCurrent):
            async with databases.open("observatory", "worker") as db:
                await switch(db, {"K06": number_again}, catalogue=BOTH)
    with pytest.raises(NotFound):
        async with databases.open("observatory", "worker") as db:
            await switch(db, {"K06": SECOND + 1}, catalogue=BOTH)


async def test_facts_are_summed_up_as_a_service_sums_up_its_rows(databases: Databases) -> None:
    actions = [action(id=number(key), version=key) for key in range(1, 400)]
    await record(databases, *actions)
    async with databases.open("observatory", "worker") as db:
        facts = await fact_summary(db)
    versions = [(str(state.id), state.version) for state in actions]
    assert facts["/actions", "action"] == summed(versions, ActionState.number)
    assert facts["/actions", "action"] != summed(versions, ActionState.number + 1), "an older shape is a difference"
