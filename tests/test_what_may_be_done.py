"""What `live` says that a caller may do is what the server does: every row of a story, every party, every operation tried and undone."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
import time_machine

from services.contracts.codes import Department, Role
from services.kernel.data.database import Database, Databases
from tests.conftest import Client
from tests.support.delivering import deliver
from tests.support.http import at, ok, problem_type
from tests.support.story import make, verb
from tests.support.trying import LACKS, Stage, acting, on_rows, prepared, undone, word

TODAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Tried(NamedTuple):
    """An operation that a party tried on a row, whether `live` allowed it, and what was answered."""

    party: str
    operation: str
    status: str
    allowed: bool
    answer: str


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which the story is told."""
    with time_machine.travel(TODAY):
        yield


class Trial:
    """The parties that try what they may do with the rows of the stage."""

    def __init__(self, client: Client, stage: Stage) -> None:
        self.stage = stage
        host, stranger = UUID(stage.hospital["id"]), UUID(stage.other["id"])
        self.parties = {
            "steering": stage.steering,
            "committee of 44": client(Role.committee, departments=frozenset({Department.loire_atlantique})),
            "committee": client(Role.committee),
            "partner of 44": client(Role.hr_partner, departments=frozenset({Department.loire_atlantique})),
            "partner of 85": client(Role.hr_partner, departments=frozenset({Department.vendee})),
            "finance of 85": client(Role.finance, departments=frozenset({Department.vendee})),
            "employer": client(Role.employer, organisation=host),
            "other employer": client(Role.employer, Role.institute, organisation=stranger),
            "institute": client(Role.institute, organisation=host),
            "contributor": client(Role.partner, organisation=host),
            "reader": client(Role.reader),
            "manager": client(Role.employer, organisation=host, manager=True),
            "who is invited": client(Role.reader, person=UUID(stage.memberships["invited"]["person_id"])),
            "who acts": acting(client, stage.memberships["active"]),
        }

    async def allowed(self, path: str) -> dict[str, list[str]]:
        """What each party that sees a row may do with it."""
        said = {party: await caller.get(f"{path}/live") for party, caller in self.parties.items()}
        assert {answer.status_code for answer in said.values()} <= {200, 403, 404}
        return {party: answer.json()["allowed_operations"] if answer.is_success else [] for party, answer in said.items()}

    async def tried(self, monkeypatch: pytest.MonkeyPatch) -> list[Tried]:
        """Everything, tried by everybody; nothing of it is committed."""
        found: list[Tried] = []
        by_collection = on_rows()
        for service, collection, row in await self.stage.rows():
            allowed = await self.allowed(f"/{service}/v1/{collection}/{row['id']}")
            with monkeypatch.context() as undoing:
                undoing.setattr(Database, "commit", undone)
                for operation in by_collection[service, collection]:
                    for party, caller in self.parties.items():
                        answer = await self.stage.ask(caller, operation, row)
                        if answer.status_code == 409:
                            assert answer.json()["allowed_operations"] == allowed[party], (party, operation.id, row["status"])
                        found.append(Tried(party, operation.id, row["status"], operation.id in allowed[party], word(answer)))
        return found


def contradictions(tried: list[Tried]) -> Counter[Tried]:
    """What was allowed and refused for more than something to complete, or not allowed and done."""
    return Counter(each for each in tried if each.allowed != (each.answer == "done" or each.answer in LACKS))


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=400)], ids=["today", "when all is over"])
async def test_g5_what_live_allows_is_done_and_nothing_else_is(
    client: Client, databases: Databases, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    """It said the same to six roles, in statuses that no caller may ask for."""
    trial = Trial(client, await prepared(client, databases))
    with time_machine.travel(TODAY + later):
        tried = await trial.tried(monkeypatch)
    assert not contradictions(tried)
    assert len(tried) > 1_000
    never = {each.operation for each in tried} - {each.operation for each in tried if each.allowed}
    if later:
        assert never >= {"publishOffer", "cancelPlacement", "acceptRequest"}
    else:
        assert never == set()


async def test_g5_what_is_concealed_is_answered_by_nobody(client: Client, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial(client, await prepared(client, databases))
    for service, collection, row in await trial.stage.rows():
        if (service, collection, row["status"]) == ("access", "sites", "active"):
            await verb(trial.stage.steering, f"/access/v1/sites/{row['id']}", row, "close", reason="Travaux")
    while await deliver(databases):
        pass
    tried = await trial.tried(monkeypatch)
    assert not contradictions(tried)
    assert not any(
        each.allowed for each in tried if each.operation in {"publishOffer", "acceptRequest", "prolongNeed", "acceptApplication"}
    )


async def test_g5_a_key_that_is_taken_says_what_may_be_done_too(client: Client, databases: Databases) -> None:
    steering = client(Role.steering)
    taken, other = [await make(steering, "/access/v1/organisations", name=name, roles=["host"]) for name in ("Une", "Autre")]
    path = "/access/v1/organisations"
    ok(await steering.patch(f"{path}/{taken['id']}", json={"uai": "0440105A"}, headers=at(taken)))

    refused = await steering.patch(f"{path}/{other['id']}", json={"uai": "0440105A"}, headers=at(other))

    assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "already-exists", taken["id"])
    assert refused.json()["allowed_operations"] == ["changeOrganisation", "suspendOrganisation", "closeOrganisation"]


async def test_g5_a_need_whose_posts_are_over_seeks_no_longer(client: Client, databases: Databases) -> None:
    trial = Trial(client, await prepared(client, databases))
    [need] = [row for _, collection, row in await trial.stage.rows() if collection == "needs" and row["ends_on"]]
    with time_machine.travel(TODAY + timedelta(days=30)):
        assert "prolongNeed" in (await trial.allowed(f"/recruitment/v1/needs/{need['id']}"))["steering"]
    with time_machine.travel(TODAY + timedelta(days=60)):
        assert "prolongNeed" not in (await trial.allowed(f"/recruitment/v1/needs/{need['id']}"))["steering"]
