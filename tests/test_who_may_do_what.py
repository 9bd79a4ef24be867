"""What is declared beside a route is what is done: every operation of the documents, asked for by every kind of caller.

A caller within a right is answered as steering is; any other is refused, or sees nothing. Nothing of it is committed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine
from pydantic import SecretStr

from services.access_api.identities.tables import Identity
from services.access_api.revocations.operations import revoke
from services.access_api.service import SERVICE as ACCESS
from services.contracts.access import Revocable
from services.contracts.codes import STAFF, Department, Role
from services.internships_api.placements.queries import PLACEMENTS
from services.kernel.api import rights
from services.kernel.api.allowed_operations import declared
from services.kernel.api.auth import Public, Tokens
from services.kernel.api.reading import any_row, everybody
from services.kernel.api.revocations import FRESH
from services.kernel.api.rights import Extent, Right, published
from services.kernel.api.routing import router
from services.kernel.base import clock
from services.kernel.base.principals import CREDENTIAL, SYSTEM, Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database, Databases
from services.kernel.process.app import service_app
from services.plam import ROUTING
from services.recruitment_api.needs.queries import NEEDS
from tests.conftest import Client
from tests.support.api import BY_STANDARD, Operation, operations
from tests.support.database import SECRET
from tests.support.delivering import deliver
from tests.support.hostile import PROBES, sound
from tests.support.http import at, ok
from tests.support.story import FUNDER, Resource, a_commune, action_of, day, make, verb
from tests.support.trying import LACKS, Stage, prepared, undone, word

TODAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
HERE, ELSEWHERE = Department.loire_atlantique, Department.vendee
WITHIN: Mapping[str, frozenset[Department]] = {
    "here": frozenset({HERE}),
    "elsewhere": frozenset({ELSEWHERE}),
    "region": frozenset(),
}
ME = "/access/v1/me"
REFUSALS = {"unauthenticated", "revoked", "forbidden", "not-found", "shows nothing", "cites nothing"}
VOID = {"expired", "suspended", "revoked", "of another service"}
FIGURES = {"department": HERE.value}
QUERIES: Mapping[str, Mapping[str, str]] = {"readIndicatorValues": FIGURES}
"""What makes a request be about a department, where no row does."""


class Caller(NamedTuple):
    """Who asks: a role, of the organisation that the row is of or of another, within departments. No role: nobody known.

    Some are a manager of their organisation; some are the person that the row is of.
    """

    name: str
    role: Role | None
    own: bool
    departments: frozenset[Department]
    client: httpx.AsyncClient
    manager: bool = False
    person: str | None = None


class Asked(NamedTuple):
    """A sound request, and the row that it is about; `shown`: what a list has to show."""

    send: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
    about: Resource
    shown: str | None = None

    async def outcome(self, caller: httpx.AsyncClient) -> str:
        """What a caller is answered, in a word."""
        answer = await self.send(caller)
        if answer.status_code == 422 and {error["code"] for error in answer.json()["errors"]} == {"unknown_reference"}:
            return "cites nothing"
        if answer.is_success and self.shown is not None and self.shown not in {each["id"] for each in answer.json()["items"]}:
            return "shows nothing"
        return word(answer)


class Cell(NamedTuple):
    """An operation that a caller asked for: the right that lets them, and what was answered."""

    operation: str
    caller: Caller
    right: Right | None
    outcome: str
    as_steering: str

    @property
    def contradicts(self) -> bool:
        """Whether somebody with a right was refused, or somebody without one was not."""
        return self.outcome != self.as_steering if self.right else self.outcome not in REFUSALS

    def __str__(self) -> str:
        return f"{self.operation} {self.caller.name} {self.right and self.right.extent}: {self.outcome} ({self.as_steering})"


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which the story is told."""
    with time_machine.travel(TODAY):
        yield


def every_operation() -> list[Operation]:
    """Every operation of the documents, but for the probes of health, and for who shows a credential and no token."""
    return [each for each in operations() if each.path.rpartition("/")[2] not in PROBES and each.id not in BY_STANDARD]


def unsaid(asked: Sequence[Operation]) -> list[str]:
    """The operations whose route says of nobody that they may ask for them, not even of everybody."""
    said = {(each.service, each.operation) for each in published()}
    return [operation.path for operation in asked if (operation.service, operation.id) not in said]


def is_own(row: Resource, role: Role, organisation: str) -> bool:
    """Whether a row is of an organisation, for a role: an institute answers for what it asked, the others for what they offer or lead."""
    owner = row["institute_id"] if role is Role.institute and "institute_id" in row else row.get("organisation_id")
    return organisation in (owner, row.get("lead_organisation_id"))


def departments_of(row: Resource) -> frozenset[Department]:
    """The departments of a row; none: it is of the whole region."""
    named = row.get("departments") or [code for code in (row.get("department"),) if code]
    return frozenset(map(Department, named))


def right_of(caller: Caller, granted: Collection[Right], row: Resource, organisation: str) -> Right | None:
    """The right by which a caller of a role may ask for something about a row."""
    for right in granted:
        within = not caller.departments or (departments_of(row) and departments_of(row) <= caller.departments)
        reaches = {
            Extent.region: True,
            Extent.departments: bool(within),
            Extent.organisation: caller.own and is_own(row, right.role, organisation),
            Extent.managed: caller.manager and (row.get("theirs") or (caller.own and is_own(row, right.role, organisation))),
            Extent.self: caller.person is not None and caller.person == row.get("person_id"),
        }
        if right.role is caller.role and reaches[right.extent]:
            return right
    return None


class Matrix:
    """Every operation of the documents, tried by every caller on a row that is of the hospital, in its department."""

    def __init__(self, client: Client, databases: Databases, stage: Stage, void: Mapping[str, str]) -> None:
        self.stage = stage
        self.client, self.databases = client, databases
        self.rights = {(each.service, each.operation): each.rights for each in published()}
        self.callers = [Caller(name, None, False, frozenset(), client()) for name in ("nobody", *void)]
        for caller in self.callers[1:]:
            caller.client.headers["Authorization"] = f"Bearer {void[caller.name]}"
        organisations = {"own": UUID(stage.hospital["id"]), "other": UUID(stage.other["id"])}
        for role, (which, organisation), (where, departments) in product(STAFF, organisations.items(), WITHIN.items()):
            asking = client(role, organisation=organisation, departments=departments)
            self.callers.append(Caller(f"{role} of {which}, {where}", role, which == "own", departments, asking))
        for role, (which, organisation) in product(STAFF, organisations.items()):
            asking = client(role, organisation=organisation, manager=True)
            self.callers.append(Caller(f"{role}, manager of {which}", role, which == "own", frozenset(), asking, manager=True))

    async def tried(self, asked: Sequence[Operation], monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
        """The cells of operations. Fails for one of which no sound request is known."""
        rows = await self._rows()
        creations = await self._creations(rows)
        cells: list[Cell] = []
        for operation in asked:
            granted = self.rights[operation.service, operation.id]
            with monkeypatch.context() as undoing:
                if operation.method != "get":
                    undoing.setattr(Database, "commit", undone)
                request, as_steering = await self._sound(operation, rows, creations)
                for caller in [*self.callers, *self._themselves(request.about.get("person_id"))]:
                    right = right_of(caller, granted, request.about, self.stage.hospital["id"]) if granted else everybody_s(caller)
                    cells.append(Cell(operation.id, caller, right, await request.outcome(caller.client), as_steering))
        return cells

    def _themselves(self, person: str | None) -> list[Caller]:
        """Callers of each role who are the person that a row is of."""
        if person is None:
            return []
        return [
            Caller(
                f"{role}, themself", role, own=False, departments=frozenset(), client=self.client(role, person=UUID(person)), person=person
            )
            for role in STAFF
        ]

    def _who_may(self, request: Asked) -> httpx.AsyncClient:
        """Who may ask for whatever is declared: steering, as the person that the row is of where it is of one."""
        if request.about.get("managed"):
            return self.client(Role.steering, organisation=UUID(request.about["organisation_id"]), manager=True)
        person = request.about.get("person_id")
        return self.client(Role.steering, person=UUID(person)) if person else self.stage.steering

    async def _rows(self) -> dict[tuple[str, str], list[Resource]]:
        """(service, collection) → its rows, those first that are the hospital's, and of its department."""
        found: dict[tuple[str, str], list[Resource]] = {}
        for service, collection, row in await self.stage.rows():
            found.setdefault((service, collection), []).append(row)
        leads = {action["id"]: action["lead_organisation_id"] for action in found["actions", "actions"]}
        for milestone in found["actions", "milestones"]:
            milestone["lead_organisation_id"] = leads[milestone["action_id"]]
        own = self.stage.hospital["id"]
        acting = self.stage.memberships["active"]
        for person in found["access", "persons"]:
            person["person_id"] = person["id"]
            person["organisation_id"] = acting["organisation_id"] if person["id"] == acting["person_id"] else None
        for rows in found.values():
            rows.sort(key=lambda row: (departments_of(row) != {HERE}, not is_own(row, Role.employer, own)))
        return found

    async def _sound(
        self, operation: Operation, rows: Mapping[tuple[str, str], list[Resource]], creations: Mapping[str, Asked]
    ) -> tuple[Asked, str]:
        """A request that steering may make, and what it is answered."""
        for request in self._requests(operation, rows, creations):
            outcome = await request.outcome(self._who_may(request))
            if outcome == "done" or outcome in LACKS:
                return request, outcome
        raise AssertionError(f"{operation.id} : aucune requête saine ; dites-en une dans _creations, BODIES ou QUERIES")

    def _requests(
        self, operation: Operation, rows: Mapping[tuple[str, str], list[Resource]], creations: Mapping[str, Asked]
    ) -> Iterator[Asked]:
        if operation.id in creations:
            yield creations[operation.id]
            return
        parts = operation.path.split("/")
        of_collection = rows.get((operation.service, parts[3]) if len(parts) > 3 else ("", ""), [])
        shown = [row for row in of_collection if row["status"] != "draft"]
        if operation.method != "get":
            yield from (self._on(operation, row) for row in of_collection if row["status"] in declared().get(operation.id, ()))
        elif shown and len(parts) > 4:
            yield from (self._on(operation, row) for row in shown)
        elif shown and any(parameter["name"] == "id" for parameter in operation.parameters("query")):
            yield from (self._listed(operation, row) for row in shown)
        else:
            target, headers, body = sound(operation)
            query = QUERIES.get(operation.id, {})
            yield Asked(lambda by: by.request(operation.method, target, headers=headers, json=body, params=query or None), dict(query))

    def _on(self, operation: Operation, row: Resource) -> Asked:
        return Asked(lambda by: self.stage.ask(by, operation, row), row)

    def _listed(self, operation: Operation, row: Resource) -> Asked:
        return Asked(lambda by: by.get(operation.path, params={"id": row["id"]}), row, row["id"])

    async def _creations(self, rows: Mapping[tuple[str, str], list[Resource]]) -> dict[str, Asked]:
        """OperationId → what creates something that is the hospital's, and of its department."""
        own, today = self.stage.hospital["id"], clock.today()
        commune = await a_commune(self.stage.steering)
        here = {"departments": [HERE], "lead_organisation_id": own}
        site = next(row for row in rows["access", "sites"] if row["organisation_id"] == own and row["status"] == "active")
        unit = next(row for row in rows["internships", "units"] if row["status"] == "active")
        offer = next(row for row in rows["internships", "offers"] if row["status"] == "published")
        scheme = next(row for row in rows["recruitment", "schemes"] if row["status"] == "active")
        envelope = next(row for row in rows["recruitment", "envelopes"] if row["status"] == "open")
        need = next(row for row in rows["recruitment", "needs"] if row["status"] == "open")
        action = next(row for row in rows["actions", "actions"] if row["status"] == "approved")
        milestone = {"action_id": action["id"], "title": "Annuaire", "due": day(today, 40)}
        place = {"organisation_id": own, "site_id": site["id"], "department": HERE}
        new_unit = {"organisation_id": own, "site_id": site["id"], "code": "U-NEW", "name": "Chirurgie", "professions": ["ide"]}
        weeks = {"starts_on": offer["starts_on"], "ends_on": offer["ends_on"]}
        new_offer = {"unit_id": unit["id"], "professions": ["ide"], "seats": 1, **weeks}
        request = {"offer_id": offer["id"], "institute_id": own, "profession": "ide", "learners": 1}
        money = {"scheme_id": scheme["id"], "fiscal_year": 2029, "funder": FUNDER, "ceiling_cents": 1_000, "department": HERE}
        seeks = {"organisation_id": own, "site_id": site["id"], "profession": "ide", "headcount": 1, "legal_forms": ["cdd"]}
        seeks |= {"starts_on": day(today, 30), "expires_on": day(today, 10)}
        commitment = {"envelope_id": envelope["id"], "amount_cents": 100, "reference": "CAE-NEW"}
        application = {"need_id": need["id"], "candidate_ref": "C7NEW00001"}
        [revocation, *_] = ok(await self.stage.steering.get("/access/v1/revocations"))["items"]
        invited = {"organisation_id": own, "address": "nouveau@example.org", "roles": ["reader"], "departments": [HERE]}
        return {
            **await self._of_themself(rows),
            **self._of_managers(rows, {"name": "Logiciel", "roles": ["reader"], "expires_on": day(today, 300)}),
            "readRevocation": Asked(lambda by: by.get(f"/access/v1/revocations/{revocation['id']}"), {}),
            "createPerson": creation("/access/v1/persons", {"given_name": "Claire"}, {}),
            "inviteMember": creation("/access/v1/memberships", invited, {"organisation_id": own, "department": HERE}),
            "createOrganisation": creation("/access/v1/organisations", {"name": "Nouvelle", "roles": ["host"]}, {}),
            "createSite": creation("/access/v1/sites", {"organisation_id": own, "name": "Neuf", "commune_code": commune}, {}),
            "createAction": creation("/actions/v1/actions", action_of(**here, cohort=None), here),
            "createMilestone": creation("/actions/v1/milestones", milestone, action),
            "createUnit": creation("/internships/v1/units", new_unit, place),
            "createOffer": creation("/internships/v1/offers?force=true", new_offer, unit),
            "submitRequest": creation("/internships/v1/requests?force=true", request, {"institute_id": own, **place}),
            "createScheme": creation("/recruitment/v1/schemes", {"code": "S-N", "kind": "apprenticeship", "label": "Neuf"}, {}),
            "createEnvelope": creation("/recruitment/v1/envelopes?force=true", money, money),
            "createCommitment": creation("/recruitment/v1/commitments", commitment, envelope),
            "createNeed": creation("/recruitment/v1/needs?force=true", seeks, place),
            "submitApplication": creation("/recruitment/v1/applications", application, need),
        }

    def _of_managers(self, rows: Mapping[tuple[str, str], list[Resource]], body: Resource) -> dict[str, Asked]:
        """OperationId → what only a manager asks for, of the organisation's own."""
        credential = next(row for row in rows["access", "credentials"] if row["status"] == "active")
        about, own = {"organisation_id": credential["organisation_id"], "managed": True}, "/access/v1/me/credentials"
        one, head = f"{own}/{credential['id']}", at(credential)
        rotated = {"expires_on": body["expires_on"]}
        return {
            "listMyCredentials": Asked(lambda by: by.get(own), about, credential["id"]),
            "createMyCredential": creation(own, body, {**about, "theirs": True}),
            "readMyCredential": Asked(lambda by: by.get(one), about),
            "readMyCredentialLive": Asked(lambda by: by.get(f"{one}/live"), about),
            "rotateMyCredential": Asked(lambda by: by.post(f"{one}/rotate", json=rotated, headers=head), about),
            "revokeMyCredential": Asked(lambda by: by.post(f"{one}/revoke", json={"reason": "Fuite"}, headers=head), about),
        }

    async def _of_themself(self, rows: Mapping[tuple[str, str], list[Resource]]) -> dict[str, Asked]:
        """OperationId → what somebody asks for of themself: who acts for the hospital."""
        membership = self.stage.memberships["active"]
        [person] = [row for row in rows["access", "persons"] if row["id"] == membership["person_id"]]
        about = {"person_id": person["id"]}
        async with self.databases.open("access", "worker") as db:
            both = [Identity(person_id=UUID(person["id"]), issuer="https://example.org", subject=uuid4().hex) for _ in range(2)]
            await db.save_many(both, by=SYSTEM)
        mine = f"{ME}/identities"
        notice = next(row for row in rows["access", "notices"] if row["person_id"] == person["id"])
        asked = {"organisation_id": self.stage.other["id"], "roles": ["reader"]}
        return {
            "readMe": Asked(lambda by: by.get(ME), about),
            "changeMe": Asked(lambda by: by.patch(ME, json={"given_name": "Luc"}, headers=at(person)), about),
            "readMyPreferences": Asked(lambda by: by.get(f"{ME}/preferences"), about),
            "changeMyPreferences": Asked(lambda by: by.patch(f"{ME}/preferences", json={"default": "digest"}, headers=at(person)), about),
            "listMyNotices": Asked(lambda by: by.get(f"{ME}/notices"), about, notice["id"]),
            "listMyIdentities": Asked(lambda by: by.get(mine), about, str(both[0].id)),
            "removeMyIdentity": Asked(lambda by: by.post(f"{mine}/{both[0].id}/remove", headers=at({"version": 1})), about),
            "requestMembership": creation("/access/v1/memberships/requests", asked, about),
        }


def creation(collection: str, body: Any, about: Resource) -> Asked:
    """What creates something about a row."""
    return Asked(lambda by: by.post(collection, json=body, headers={"Idempotency-Key": uuid4().hex}), about)


def everybody_s(caller: Caller) -> Right | None:
    """The right to what everybody may ask for: a token that is void gives none."""
    return None if caller.name in VOID else Right(Role.reader, Extent.region)


def contradictions(cells: Sequence[Cell]) -> list[str]:
    """What is declared and not done, and the reverse."""
    return [str(cell) for cell in cells if cell.contradicts]


def untried(cells: Sequence[Cell], matrix: Matrix) -> list[str]:
    """The rights that let nobody through here, and the narrower ones that kept nobody out: what was tried says nothing of them."""
    found: list[str] = []
    for service, operation in {(each.service, each.id) for each in every_operation()}:
        for right in matrix.rights[service, operation] or ():
            of_role = [cell for cell in cells if cell.operation == operation and cell.caller.role is right.role]
            if not any(cell.right == right for cell in of_role):
                found.append(f"{operation} {right.role} {right.extent} : n'a servi à personne")
            if right.extent is not Extent.region and all(cell.right for cell in of_role):
                found.append(f"{operation} {right.role} {right.extent} : n'a arrêté personne")
    return found


async def staged(client: Client, databases: Databases, tokens: Tokens) -> Matrix:
    """The matrix on a story, with tokens of all roles that are void: each of `VOID`."""
    stage = await prepared(client, databases)
    suspended = await make(stage.steering, "/access/v1/organisations", name="Établissement suspendu", roles=["employer"])
    credential, minutes = uuid4(), timedelta(minutes=5)
    callers = {
        "suspended": Principal(somebody("suspended"), frozenset(STAFF), UUID(suspended["id"])),
        "revoked": Principal(f"{CREDENTIAL}{credential}", frozenset(STAFF)),
        "of another service": Principal(f"{CREDENTIAL}{uuid4()}", frozenset(STAFF), services=frozenset({"elsewhere"})),
    }
    void = {name: tokens.issue(caller, minutes) for name, caller in callers.items()}
    with time_machine.travel(TODAY - timedelta(hours=1)):
        void["expired"] = tokens.issue(Principal(somebody("late"), frozenset(STAFF)), minutes)
    assert void.keys() == VOID
    await verb(stage.steering, f"/access/v1/organisations/{suspended['id']}", suspended, "suspend", reason="Contrôle")
    async with databases.open("access", "worker") as db:
        await revoke(db, Revocable.credential, [credential], by=SYSTEM)
    await deliver(databases)
    await asyncio.sleep(FRESH)
    return Matrix(client, databases, stage, void)


async def test_s1_what_a_route_declares_is_what_its_operation_does(
    client: Client, databases: Databases, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = await staged(client, databases, tokens)

    cells = await matrix.tried(every_operation(), monkeypatch)

    assert contradictions(cells) == []
    assert untried(cells, matrix) == []
    assert len(cells) >= 12 * len(every_operation())


async def test_s1_a_leak_and_a_right_that_is_refused_are_seen(
    client: Client, databases: Databases, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = await staged(client, databases, tokens)
    concerned = [each for each in every_operation() if each.id in {"listPlacements", "readPlacement", "changeNeed"}]

    with monkeypatch.context() as leaking:
        leaking.setattr(PLACEMENTS, "_visible", everybody)
        leaking.setattr(NEEDS, "check_change", any_row)
        leaks = await matrix.tried(concerned, monkeypatch)
    sound_cells = await matrix.tried(concerned, monkeypatch)
    matrix.rights["recruitment", "changeNeed"] = (Right(Role.reader, Extent.region),)
    unkept = await matrix.tried([each for each in concerned if each.id == "changeNeed"], monkeypatch)

    assert {cell.operation for cell in leaks if cell.contradicts} == {"listPlacements", "readPlacement", "changeNeed"}
    assert contradictions(sound_cells) == []
    assert {cell.caller.role for cell in unkept if cell.contradicts} == {Role.reader, Role.steering, Role.employer}


def test_s1_no_operation_is_without_a_right() -> None:
    assert unsaid(every_operation()) == []


def test_s1_a_route_that_says_of_nobody_that_they_may_call_it_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, secret=SecretStr(SECRET))
    monkeypatch.setattr(rights, "_DECLARED", dict(rights._DECLARED))
    planted = router("/v1/planted", "planted", "Essai", "Des adresses plantées ici.")

    async def read_planted() -> dict[str, str]:
        """Une adresse que personne ne garde."""
        return {}

    async def read_open(_caller: Public) -> dict[str, str]:
        """Une adresse ouverte à tous."""
        return {}

    for path, endpoint, name in (("", read_planted, "readPlanted"), ("/open", read_open, "readOpen")):
        endpoint.__module__ = "services.access_api.planted"
        planted.add_api_route(path, endpoint, operation_id=name)
    document = service_app(replace(ACCESS, routers=(planted,)), Databases(settings, ROUTING), Tokens(settings)).openapi()
    found = [
        Operation("access", method, f"/access{path}", spec)
        for path, methods in document["paths"].items()
        for method, spec in methods.items()
        if path.startswith("/v1/")
    ]
    assert unsaid(found) == ["/access/v1/planted"]
