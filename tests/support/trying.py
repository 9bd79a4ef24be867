"""A stage on which operations are tried: rows of every noun in most of their statuses, sound requests, and nothing is committed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.access_api.notices.tables import NoticeStatus
from services.contracts.codes import Role
from services.kernel.api.allowed_operations import declared
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM
from services.kernel.base.problems import Problem
from services.kernel.data.database import Database, Databases
from tests.conftest import Client
from tests.support.access import load_communes
from tests.support.api import Operation, operations
from tests.support.delivering import delivering
from tests.support.http import at, ok, problem_type
from tests.support.mail import notices_of
from tests.support.story import FUNDER, Resource, a_commune, action_of, again, day, eventually, make, tell, verb
from tests.support.story_of_people import tell_of_people

BODIES: dict[str, Any] = {
    "changeOrganisation": {"name": "Autre nom"},
    "suspendOrganisation": {"reason": "Contrôle"},
    "closeOrganisation": {"reason": "Fusion"},
    "revokeCredential": {"reason": "Fuite"},
    "changeSite": {"name": "Autre nom"},
    "closeSite": {"reason": "Travaux"},
    "suspendPerson": {"reason": "Adresse compromise"},
    "holdPerson": {"until": "2199-01-01", "reason": "Réclamation"},
    "changeMembership": {"manager": True},
    "declineMembership": {"reason": "Inconnu du service"},
    "suspendMembership": {"reason": "Absence"},
    "endMembership": {"reason": "Mutation"},
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
    "last-manager",
    "need-not-ready",
    "no-post-left",
    "no-seat-left",
    "offer-has-placements",
    "scheme-still-funded",
}
"""Refusals that say what to complete first: the operation is allowed, and not ready."""


WROTE = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
"""Whether a transaction has written, or only read behind a wall."""


class Undone(Problem):
    """What was done would have been committed."""

    type = "undone"


def on_rows() -> dict[tuple[str, str], list[Operation]]:
    """(service, collection) → the operations on one of its rows; what each sees of their own alone is no collection."""
    found: dict[tuple[str, str], list[Operation]] = {}
    for operation in operations():
        parts = operation.path.split("/")
        if operation.id in declared() and parts[3] != "me":
            found.setdefault((operation.service, parts[3]), []).append(operation)
    return found


class Stage:
    """The rows of a story, and sound requests of the operations on them."""

    def __init__(self, steering: httpx.AsyncClient, hospital: Resource, other: Resource, memberships: Mapping[str, Resource]) -> None:
        self.steering = steering
        self.hospital, self.other = hospital, other
        self.memberships = memberships
        """Status → a membership of the hospital that has it."""

    async def rows(self) -> list[tuple[str, str, Resource]]:
        """(service, collection, row) of all there is."""
        return [
            (service, collection, row)
            for service, collection in on_rows()
            for row in ok(await self.steering.get(f"/{service}/v1/{collection}", params={"limit": "200"}))["items"]
        ]

    async def ask(self, caller: httpx.AsyncClient, operation: Operation, row: Resource) -> httpx.Response:
        """An operation on a row, asked for soundly."""
        body = self._body(operation.id, row)
        path = operation.path.replace(operation.path.split("/")[4], row["id"])
        headers = {"Idempotency-Key": uuid4().hex} if operation.method == "post" else {}
        headers |= {} if operation.id == "setCapacity" else at(row)
        return await caller.request(operation.method, path, json=body, headers=headers)

    def _body(self, operation: str, row: Resource) -> Any:
        if operation == "transferSite":
            to = next(each for each in (self.hospital, self.other) if each["id"] != row["organisation_id"])
            return {"organisation_id": to["id"], "on": row["created_at"][:10], "reason": "Reprise"}
        if operation == "resizeOffer":
            return {"seats": max(row["taken"], 1)}
        if operation == "prolongNeed":
            return {"expires_on": day(clock.today(), 25)}
        return BODIES.get(operation)


async def undone(db: Database) -> None:
    """In the place of a commit: what was saved is not."""
    if db._held is not None or (db._in_transaction and await (await db.connection()).fetchval(WROTE)):
        raise Undone


def word(answer: httpx.Response) -> str:
    """What was answered: done, or the type of the problem."""
    return "done" if answer.is_success or problem_type(answer) == "undone" else problem_type(answer)


async def prepared(client: Client, databases: Databases) -> Stage:
    """A story of every noun in most of its statuses, drafts among them, and an organisation beside."""
    await load_communes(databases)
    steering = client(Role.steering)
    async with delivering(databases):
        story = await tell(steering)
        hospital, site = story.made["organisation"][0], story.made["site"][0]
        other = await make(steering, "/access/v1/organisations", name="Institut voisin", roles=["employer", "host", "institute"])
        await make(steering, "/access/v1/sites", organisation_id=other["id"], name="Ailleurs", commune_code=await a_commune(steering))
        here, lead = ["44"], hospital["id"]
        for departments, lead_id, submitted in (([], None, False), (here, lead, False), (here, lead, True), (["85"], None, True)):
            action = await make(steering, "/actions/v1/actions", **action_of(departments=departments, lead_organisation_id=lead_id))
            milestone = {"action_id": action["id"], "title": "Charte", "due": day(clock.today(), 30)}
            await make(steering, "/actions/v1/milestones", **milestone)
            if submitted:
                await verb(steering, f"/actions/v1/actions/{action['id']}", action, "submit")
        await make(steering, "/recruitment/v1/schemes", code="S-DRAFT", kind="apprenticeship", label="En préparation")
        unit, offer = story.made["unit"][0], story.made["offer"][-1]
        weeks = {"starts_on": offer["starts_on"], "ends_on": offer["ends_on"]}
        await make(steering, "/internships/v1/offers?force=true", unit_id=unit["id"], professions=["ide"], seats=1, **weeks)
        asked = {"offer_id": offer["id"], "institute_id": hospital["id"], "profession": "ide", "learners": 1}
        await make(steering, "/internships/v1/requests?force=true", **asked)
        need = {"organisation_id": hospital["id"], "site_id": site["id"], "profession": "ide", "headcount": 1, "legal_forms": ["cdd"]}
        need |= {"starts_on": day(clock.today(), 30), "expires_on": day(clock.today(), 10)}
        await make(steering, "/recruitment/v1/needs?force=true", **need)
        open_ = await make(steering, "/recruitment/v1/needs?force=true", **need, ends_on=day(clock.today(), 60))
        await verb(steering, f"/recruitment/v1/needs/{open_['id']}", open_, "publish")
        await make(steering, "/recruitment/v1/applications", need_id=open_["id"], candidate_ref="C7WAITING1")
        await in_other_statuses(steering, hospital, story.made["scheme"][0])
        memberships = await tell_of_people(steering, lambda membership: acting(client, membership), hospital, other)
    await one_that_fails(databases, UUID(memberships["active"]["person_id"]))
    return Stage(steering, hospital, other, memberships)


def acting(client: Client, membership: Resource) -> httpx.AsyncClient:
    """The client of the person of a membership."""
    return client(
        *map(Role, membership["roles"]),
        organisation=UUID(membership["organisation_id"]),
        person=UUID(membership["person_id"]),
        manager=membership["manager"],
    )


async def one_that_fails(databases: Databases, person_id: UUID) -> None:
    """A notice that no server takes."""
    notice, *_ = await notices_of(databases, person_id)
    notice.status, notice.last_error, notice.attempts = NoticeStatus.failed, "le serveur d'envoi refuse le destinataire (550)", 1
    async with databases.open("access", "worker") as db:
        await db.save(notice, by=SYSTEM)


async def in_other_statuses(steering: httpx.AsyncClient, hospital: Resource, scheme: Resource) -> None:
    """What the story ends in no row of: closed, frozen, suspended, approved, completed."""
    closed = await make(steering, "/access/v1/organisations", name="Clinique close", roles=["employer", "host"])
    person = await make(steering, "/access/v1/persons", given_name="Luc")
    await verb(steering, f"/access/v1/persons/{person['id']}", person, "suspend", reason="Adresse compromise")
    annex = await make(steering, "/access/v1/sites", organisation_id=hospital["id"], name="Close", commune_code=await a_commune(steering))
    here = {"organisation_id": hospital["id"], "site_id": annex["id"], "code": "U-CLOSE", "name": "Chirurgie", "professions": ["ide"]}
    unit = await eventually(lambda: make(steering, "/internships/v1/units", **here))
    await verb(steering, f"/internships/v1/units/{unit['id']}", unit, "suspend", reason="Travaux")
    await verb(steering, f"/access/v1/sites/{annex['id']}", annex, "close", reason="Travaux")
    await verb(steering, f"/access/v1/organisations/{closed['id']}", closed, "close", reason="Fusion")
    suspended = await make(steering, "/access/v1/organisations", name="Clinique suspendue", roles=["employer", "host"])
    await verb(steering, f"/access/v1/organisations/{suspended['id']}", suspended, "suspend", reason="Contrôle")
    money = {"scheme_id": scheme["id"], "fiscal_year": 2026, "funder": FUNDER, "ceiling_cents": 10_000_000}
    frozen = await make(steering, "/recruitment/v1/envelopes?force=true", **money, department="85")
    await verb(steering, f"/recruitment/v1/envelopes/{frozen['id']}", frozen, "freeze", reason="Contrôle")
    for year, move in ((2026, None), (2027, "freeze"), (2028, "close")):
        local = await make(steering, "/recruitment/v1/envelopes?force=true", **money | {"fiscal_year": year}, department="44")
        await make(steering, "/recruitment/v1/commitments", envelope_id=local["id"], amount_cents=100_000, reference=f"CAE-44-{year}")
        if move:
            local = await again(steering, "/recruitment/v1/envelopes", local)
            await verb(steering, f"/recruitment/v1/envelopes/{local['id']}", local, move, reason="Contrôle")
    for verbs in ((), ("start",), ("start", "suspend"), ("start", "complete")):
        action = await make(steering, "/actions/v1/actions", **action_of(lead_organisation_id=hospital["id"], departments=["44"]))
        path = f"/actions/v1/actions/{action['id']}"
        action = await verb(steering, path, await verb(steering, path, action, "submit"), "approve", decision_ref="COPIL-2022-10-19-3")
        body = {"action_id": action["id"], "title": "Charte", "due": day(clock.today(), 30)}
        milestone = await make(steering, "/actions/v1/milestones", **body)
        for each in verbs:
            if each in ("suspend", "complete"):
                milestone = await again(steering, "/actions/v1/milestones", milestone)
                await verb(steering, f"/actions/v1/milestones/{milestone['id']}", milestone, "reach")
            action = await verb(steering, path, action, each, **({"reason": "Arbitrage"} if each == "suspend" else {}))
