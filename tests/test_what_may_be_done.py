"""What `live` says that a caller may do is what the server does: every row of a story, every party, every operation tried and undone."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine

from services.contracts.codes import Department, Role
from services.kernel.api.allowed_operations import declared
from services.kernel.base import clock
from services.kernel.base.problems import Problem
from services.kernel.data.database import Database, Databases
from tests.conftest import Client
from tests.support.access import load_communes
from tests.support.api import Operation, operations
from tests.support.delivering import deliver, delivering
from tests.support.http import at, ok, problem_type
from tests.support.story import Resource, a_commune, action_of, again, day, eventually, make, tell, verb

TODAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
BODIES: dict[str, Any] = {
    "changeOrganisation": {"name": "Autre nom"},
    "closeOrganisation": {"reason": "Fusion"},
    "changeSite": {"name": "Autre nom"},
    "closeSite": {"reason": "Travaux"},
    "changeAction": {"title": "Autre titre"},
    "sendBackAction": {"reason": "À préciser"},
    "approveAction": {"decision_ref": "COPIL-2022-10-19-3"},
    "suspendAction": {"reason": "Arbitrage"},
    "reopenAction": {"reason": "Suite"},
    "abandonAction": {"decision_ref": "COPIL-2022-10-19-3"},
    "changeMilestone": {"title": "Autre titre"},
    "reachMilestone": {},
    "reopenMilestone": {"reason": "Par erreur"},
    "rescheduleMilestone": {"due": "2027-11-30", "reason": "partner"},
    "cancelMilestone": {"reason": "Doublon"},
    "changeUnit": {"name": "Autre nom"},
    "setCapacity": {"from_week": "2029-01-01", "to_week": "2029-01-08", "capacity_tenths": 10},
    "suspendUnit": {"reason": "Travaux"},
    "changeOffer": {"description": "Autre présentation"},
    "reopenOffer": {"reason": "Par erreur"},
    "cancelOffer": {"reason": "Erreur de saisie"},
    "declineRequest": {"reason": "full"},
    "changePlacement": {"learner_ref": "IDE27-0099"},
    "cancelPlacement": {"reason": "learner_withdrew"},
    "changeScheme": {"label": "Autre intitulé"},
    "changeEnvelopeCeiling": {"ceiling_cents": 12_000_000, "reason": "Complément"},
    "freezeEnvelope": {"reason": "Contrôle"},
    "closeEnvelope": {"reason": "Fin d'exercice"},
    "reopenEnvelope": {"reason": "Par erreur"},
    "releaseCommitment": {"reason": "Désistement"},
    "changeNeed": {"description": "Autre présentation"},
    "cancelNeed": {"reason": "Poste supprimé"},
    "acceptApplication": {"legal_form": "cdd"},
    "declineApplication": {"reason": "no_position"},
    "cancelAssignment": {"reason": "candidate_withdrew"},
}
"""A sound body of each operation that takes one; `transferSite` names an organisation."""

LACKS = {
    "action-not-ready",
    "already-assigned",
    "capacity-lacking",
    "need-not-ready",
    "no-post-left",
    "no-seat-left",
    "offer-has-placements",
    "scheme-still-funded",
}
"""Refusals that say what to complete first: the operation is allowed, and not ready."""


class Undone(Problem):
    """What was done would have been committed."""

    type = "undone"


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


def on_rows() -> dict[tuple[str, str], list[Operation]]:
    """(service, collection) → the operations on one of its rows."""
    found: dict[tuple[str, str], list[Operation]] = {}
    for operation in operations():
        parts = operation.path.split("/")
        if operation.id in declared():
            found.setdefault((operation.service, parts[3]), []).append(operation)
    return found


class Trial:
    """The rows of the story, and the parties that try what they may do with them."""

    def __init__(self, client: Client, hospital: Resource, other: Resource) -> None:
        self.steering = client(Role.steering)
        self.organisations = hospital, other
        host, stranger = UUID(hospital["id"]), UUID(other["id"])
        self.parties = {
            "steering": self.steering,
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
        }

    async def rows(self) -> list[tuple[str, str, Resource]]:
        """(service, collection, row) of all there is."""
        return [
            (service, collection, row)
            for service, collection in on_rows()
            for row in ok(await self.steering.get(f"/{service}/v1/{collection}", params={"limit": "200"}))["items"]
        ]

    async def allowed(self, path: str) -> dict[str, list[str]]:
        """What each party that sees a row may do with it."""
        said = {party: await caller.get(f"{path}/live") for party, caller in self.parties.items()}
        assert {answer.status_code for answer in said.values()} <= {200, 403, 404}
        return {party: answer.json()["allowed_operations"] if answer.is_success else [] for party, answer in said.items()}

    async def tried(self, monkeypatch: pytest.MonkeyPatch) -> list[Tried]:
        """Everything, tried by everybody; nothing of it is committed."""
        found: list[Tried] = []
        by_collection = on_rows()
        for service, collection, row in await self.rows():
            allowed = await self.allowed(f"/{service}/v1/{collection}/{row['id']}")
            with monkeypatch.context() as undoing:
                undoing.setattr(Database, "commit", undone)
                for operation in by_collection[service, collection]:
                    for party in self.parties:
                        answer = await self.ask(party, operation, row)
                        if answer.status_code == 409:
                            assert answer.json()["allowed_operations"] == allowed[party], (party, operation.id, row["status"])
                        found.append(Tried(party, operation.id, row["status"], operation.id in allowed[party], word(answer)))
        return found

    async def ask(self, party: str, operation: Operation, row: Resource) -> httpx.Response:
        """An operation on a row, asked for soundly."""
        body = self._body(operation.id, row)
        path = operation.path.replace(operation.path.split("/")[4], row["id"])
        headers = {"Idempotency-Key": uuid4().hex} if operation.method == "post" else {}
        headers |= {} if operation.id == "setCapacity" else at(row)
        return await self.parties[party].request(operation.method, path, json=body, headers=headers)

    def _body(self, operation: str, row: Resource) -> Any:
        if operation == "transferSite":
            to = next(each for each in self.organisations if each["id"] != row["organisation_id"])
            return {"organisation_id": to["id"], "on": row["created_at"][:10], "reason": "Reprise"}
        if operation == "resizeOffer":
            return {"seats": max(row["taken"], 1)}
        if operation == "prolongNeed":
            return {"expires_on": day(clock.today(), 25)}
        return BODIES.get(operation)


async def undone(db: Database) -> None:
    """In the place of a commit: what was saved is not."""
    if db._held is not None or db._transaction is not None:
        raise Undone


def word(answer: httpx.Response) -> str:
    return "done" if answer.is_success or problem_type(answer) == "undone" else problem_type(answer)


async def prepared(client: Client, databases: Databases) -> Trial:
    """A story of every noun in most of its statuses, drafts among them, and an organisation beside."""
    await load_communes(databases)
    steering = client(Role.steering)
    async with delivering(databases):
        story = await tell(steering)
        hospital, site = story.made["organisation"][0], story.made["site"][0]
        other = await make(steering, "/access/v1/organisations", name="Institut voisin", roles=["employer", "host", "institute"])
        await make(steering, "/access/v1/sites", organisation_id=other["id"], name="Ailleurs", commune_code=await a_commune(steering))
        for departments in ([], ["44"], ["85"]):
            action = await make(steering, "/actions/v1/actions", **action_of(departments=departments))
            milestone = {"action_id": action["id"], "title": "Charte", "due": day(TODAY.date(), 30)}
            await make(steering, "/actions/v1/milestones", **milestone)
            if departments == ["85"]:
                await verb(steering, f"/actions/v1/actions/{action['id']}", action, "submit")
        await make(steering, "/recruitment/v1/schemes", code="S-DRAFT", kind="apprenticeship", label="En préparation")
        unit, offer = story.made["unit"][0], story.made["offer"][-1]
        weeks = {"starts_on": offer["starts_on"], "ends_on": offer["ends_on"]}
        await make(steering, "/internships/v1/offers?force=true", unit_id=unit["id"], professions=["ide"], seats=1, **weeks)
        asked = {"offer_id": offer["id"], "institute_id": hospital["id"], "profession": "ide", "learners": 1}
        await make(steering, "/internships/v1/requests?force=true", **asked)
        need = {"organisation_id": hospital["id"], "site_id": site["id"], "profession": "ide", "headcount": 1, "legal_forms": ["cdd"]}
        need |= {"starts_on": day(TODAY.date(), 30), "expires_on": day(TODAY.date(), 10)}
        await make(steering, "/recruitment/v1/needs?force=true", **need)
        open_ = await make(steering, "/recruitment/v1/needs?force=true", **need, ends_on=day(TODAY.date(), 60))
        await verb(steering, f"/recruitment/v1/needs/{open_['id']}", open_, "publish")
        await make(steering, "/recruitment/v1/applications", need_id=open_["id"], candidate_ref="C7WAITING1")
        await in_other_statuses(steering, hospital, story.made["scheme"][0])
    return Trial(client, hospital, other)


async def in_other_statuses(steering: httpx.AsyncClient, hospital: Resource, scheme: Resource) -> None:
    """What the story ends in no row of: closed, frozen, suspended, approved, completed."""
    closed = await make(steering, "/access/v1/organisations", name="Clinique close", roles=["employer", "host"])
    annex = await make(steering, "/access/v1/sites", organisation_id=hospital["id"], name="Close", commune_code=await a_commune(steering))
    here = {"organisation_id": hospital["id"], "site_id": annex["id"], "code": "U-CLOSE", "name": "Chirurgie", "professions": ["ide"]}
    unit = await eventually(lambda: make(steering, "/internships/v1/units", **here))
    await verb(steering, f"/internships/v1/units/{unit['id']}", unit, "suspend", reason="Travaux")
    await verb(steering, f"/access/v1/sites/{annex['id']}", annex, "close", reason="Travaux")
    await verb(steering, f"/access/v1/organisations/{closed['id']}", closed, "close", reason="Fusion")
    money = {"scheme_id": scheme["id"], "fiscal_year": 2026, "funder": "ARS Pays de la Loire", "ceiling_cents": 10_000_000}
    frozen = await make(steering, "/recruitment/v1/envelopes?force=true", **money, department="85")
    await verb(steering, f"/recruitment/v1/envelopes/{frozen['id']}", frozen, "freeze", reason="Contrôle")
    for verbs in ((), ("start",), ("start", "suspend"), ("start", "complete")):
        action = await make(steering, "/actions/v1/actions", **action_of(lead_organisation_id=hospital["id"]))
        path = f"/actions/v1/actions/{action['id']}"
        action = await verb(steering, path, await verb(steering, path, action, "submit"), "approve", decision_ref="COPIL-2022-10-19-3")
        body = {"action_id": action["id"], "title": "Charte", "due": day(TODAY.date(), 30)}
        milestone = await make(steering, "/actions/v1/milestones", **body)
        for each in verbs:
            if each in ("suspend", "complete"):
                milestone = await again(steering, "/actions/v1/milestones", milestone)
                await verb(steering, f"/actions/v1/milestones/{milestone['id']}", milestone, "reach")
            action = await verb(steering, path, action, each, **({"reason": "Arbitrage"} if each == "suspend" else {}))


def contradictions(tried: list[Tried]) -> Counter[Tried]:
    """What was allowed and refused for more than something to complete, or not allowed and done."""
    return Counter(each for each in tried if each.allowed != (each.answer == "done" or each.answer in LACKS))


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=400)], ids=["today", "when all is over"])
async def test_g5_what_live_allows_is_done_and_nothing_else_is(
    client: Client, databases: Databases, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    """It said the same to six roles, in statuses that no caller may ask for."""
    trial = await prepared(client, databases)
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
    trial = await prepared(client, databases)
    for service, collection, row in await trial.rows():
        if (service, collection, row["status"]) == ("access", "sites", "active"):
            await verb(trial.steering, f"/access/v1/sites/{row['id']}", row, "close", reason="Travaux")
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
    assert refused.json()["allowed_operations"] == ["changeOrganisation", "closeOrganisation"]


async def test_g5_a_need_whose_posts_are_over_seeks_no_longer(client: Client, databases: Databases) -> None:
    trial = await prepared(client, databases)
    [need] = [row for _, collection, row in await trial.rows() if collection == "needs" and row["ends_on"]]
    with time_machine.travel(TODAY + timedelta(days=30)):
        assert "prolongNeed" in (await trial.allowed(f"/recruitment/v1/needs/{need['id']}"))["steering"]
    with time_machine.travel(TODAY + timedelta(days=60)):
        assert "prolongNeed" not in (await trial.allowed(f"/recruitment/v1/needs/{need['id']}"))["steering"]
