"""A seeded system, and what is known of it: the ids of every collection, which of them stand for references, cursors, codes."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from services.access_api.identities.tables import Identity
from services.access_api.notices.queries import newest
from services.access_api.notices.tables import NoticeStatus
from services.contracts.codes import Profession, Role
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import PERSON, SYSTEM, Principal
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.plam import ROUTING
from services.recruitment_api.needs.operations import expire
from services.recruitment_api.needs.tables import LegalForm
from tests.support.http import at, ok
from tests.support.story import eventually, tell

Json = dict[str, Any]

ORGANISATIONS, SITES, COMMUNES = "/access/v1/organisations", "/access/v1/sites", "/access/v1/communes"
PERSONS, MEMBERSHIPS, ME = "/access/v1/persons", "/access/v1/memberships", "/access/v1/me"
IDENTITIES = f"{ME}/identities"
NOTICES = "/access/v1/notices"
ACTIONS, MILESTONES = "/actions/v1/actions", "/actions/v1/milestones"
UNITS, OFFERS, REQUESTS = "/internships/v1/units", "/internships/v1/offers", "/internships/v1/requests"
PLACEMENTS = "/internships/v1/placements"
SCHEMES, ENVELOPES, COMMITMENTS = "/recruitment/v1/schemes", "/recruitment/v1/envelopes", "/recruitment/v1/commitments"
NEEDS, APPLICATIONS, ASSIGNMENTS = "/recruitment/v1/needs", "/recruitment/v1/applications", "/recruitment/v1/assignments"
INDICATORS = "/observatory/v1/indicators"

STARTS_IN = timedelta(days=30)
"""When the posts of the needs begin."""
MANY = 6
"""How many of each thing in each state: as many times may an operation succeed before it has to make its own."""


@dataclass
class World:
    """What the hooks draw from. Identifiers are kept in the order of their making, so that a seed draws the same ones."""

    client: httpx.Client
    random: random.Random
    pools: dict[str, dict[str, Json]] = field(default_factory=dict)
    """collection → id → the resource as last seen."""
    anchors: dict[str, list[str]] = field(default_factory=dict)
    """collection → the ids that references point at; no call changes their state."""
    cursors: dict[str, str] = field(default_factory=dict)
    communes: list[str] = field(default_factory=list)
    dimensions: set[str] = field(default_factory=set)
    known_at: str = ""
    hosts: list[tuple[str, str]] = field(default_factory=list)
    """(organisation, site) pairs; the first is where the employer of a run works."""
    institutes: list[str] = field(default_factory=list)
    funders: list[str] = field(default_factory=list)
    """Codes that envelopes may name."""
    person: str = ""
    """Who the caller of a run is."""

    def learn(self, collection: str, resource: Any) -> None:
        """Keeps a resource that an answer showed."""
        if isinstance(resource, dict) and isinstance(name := resource.get("id") or resource.get("code"), str):
            self.pools.setdefault(collection, {})[name] = resource

    def read(self, path: str) -> tuple[Json, str] | None:
        """A resource as it is now, and its ETag."""
        answer = self.client.get(path)
        return (answer.json(), answer.headers.get("etag", "")) if answer.is_success else None

    def draw(self, collection: str, *, movable: bool, wanted: Callable[[Json], bool] = lambda _resource: True) -> str | None:
        """An id of a collection: one that is wanted if there is one; an anchor only if it is not to be moved."""
        kept = set(self.anchors.get(collection, ())) if movable else set()
        pool = {name: resource for name, resource in self.pools.get(collection, {}).items() if name not in kept}
        names = [name for name, resource in pool.items() if wanted(resource)] or list(pool)
        return self.random.choice(names) if names else None


def seeded(client: httpx.Client, token: str, seed: int, settings: Settings) -> World:
    """Fills a fresh system through its own API, until it has something in every state."""
    world = World(client, random.Random(seed))  # noqa: S311  the same draws for the same seed
    world.communes = [commune["code"] for commune in _items(client, COMMUNES)]
    for indicator in _items(client, INDICATORS, limit=None):
        world.dimensions |= {dimension["name"] for dimension in indicator["dimensions"]}
        world.learn(INDICATORS, indicator)
    asyncio.run(_story(str(client.base_url), token))
    _organisations(world)
    _people(world, Tokens(settings))
    asyncio.run(_identities(settings, world.person))
    asyncio.run(_notices_that_fail(settings))
    _plan(world)
    _internships(world)
    _recruitment(world)
    asyncio.run(_expire(settings))
    for collection in (
        ORGANISATIONS, SITES, PERSONS, MEMBERSHIPS, IDENTITIES, NOTICES, ACTIONS, MILESTONES, UNITS, OFFERS, REQUESTS, PLACEMENTS,
        SCHEMES, ENVELOPES, COMMITMENTS, NEEDS, APPLICATIONS, ASSIGNMENTS,
    ):  # fmt: skip
        for resource in reversed(_items(client, collection)):
            world.learn(collection, resource)
        world.cursors[collection] = client.get(collection, params={"limit": 1}).json()["next"]
    world.known_at = ok(client.get("/observatory/v1/values"))["known_at"]
    world.cursors[COMMUNES] = client.get(COMMUNES, params={"limit": 1}).json()["next"]
    return world


async def _expire(settings: Settings) -> None:
    """Time passes for the needs that were to expire tomorrow: the one thing that no call can do."""
    databases = Databases(settings, ROUTING)
    async with databases.open("recruitment", "worker") as db:
        await expire(db, clock.today() + timedelta(days=2))
    await databases.close()


async def _story(address: str, token: str) -> None:
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        await tell(client)


def _items(client: httpx.Client, collection: str, limit: int | None = 200) -> list[Json]:
    items: list[Json] = ok(client.get(collection, params={} if limit is None else {"limit": limit}))["items"]
    return items


def _organisations(world: World) -> None:
    for number in (1, 2):
        host = _make(world, ORGANISATIONS, name=f"CH de l'essai {number}", roles=["employer", "host"], department="44")
        site = _make(world, SITES, organisation_id=host["id"], name=f"Site {number}", commune_code=world.communes[0], sector="sanitary")
        world.hosts.append((host["id"], site["id"]))
        institute = _make(world, ORGANISATIONS, name=f"IFSI de l'essai {number}", roles=["institute"], department="44")
        world.institutes.append(institute["id"])
    world.anchors[ORGANISATIONS] = [host for host, _ in world.hosts] + world.institutes
    world.anchors[SITES] = [site for _, site in world.hosts]
    for number in range(MANY):
        funder = _make(world, ORGANISATIONS, name=f"Financeur {number}", roles=["funder"], funder_code=f"ESSAI-{number}")
        world.funders.append(funder["funder_code"])
        other = _make(world, ORGANISATIONS, name=f"Association {number}", roles=["employer", "partner"])
        site = _make(world, SITES, organisation_id=world.hosts[0][0], name=f"Annexe {number}", commune_code=world.communes[1])
        if number % 2:
            _move(world, ORGANISATIONS, other, "close", reason="Fusion")
            _move(world, SITES, site, "close", reason="Travaux")
        _move(world, ORGANISATIONS, _make(world, ORGANISATIONS, name=f"Mutuelle {number}", roles=["partner"]), "suspend", reason="Contrôle")


def _people(world: World, tokens: Tokens) -> None:
    """Persons and memberships in each state; the caller of the run is invited by many, and sees what is their own."""
    host = world.hosts[0][0]
    world.person = _make(world, PERSONS, given_name="Claire", email="claire@example.org")["id"]
    world.anchors[PERSONS] = [world.person]  # suspended, the run would end there
    others = [_make(world, PERSONS, given_name=f"Personne {number}") for number in range(2 * MANY)]
    for other in others[::2]:
        _move(world, PERSONS, other, "suspend", reason="Adresse compromise")
    for number in range(2 * MANY):
        organisation = _make(world, ORGANISATIONS, name=f"Cabinet {number}", roles=["employer"])["id"]
        _make(world, MEMBERSHIPS, organisation_id=organisation, address="claire@example.org", roles=["reader"])
    for number in range(5 * MANY):
        address = f"membre-{number}@example.org"
        manager = number < MANY
        membership = _make(world, MEMBERSHIPS, organisation_id=host, address=address, roles=["reader"], manager=manager)
        own = {"Authorization": f"Bearer {tokens.issue(_themself(membership['person_id']), timedelta(hours=1))}"}
        if number % 5 == 1:
            _move(world, MEMBERSHIPS, membership, "end", reason="Par erreur")
            body = {"organisation_id": host, "roles": ["reader"]}
            ok(world.client.post(f"{MEMBERSHIPS}/requests", json=body, headers=own))
        elif number % 5 > 1 or manager:
            accepted = ok(world.client.post(f"{MEMBERSHIPS}/{membership['id']}/accept", headers=at(membership) | own))
            if number % 5 == 4 and not manager:
                _move(world, MEMBERSHIPS, accepted, "suspend", reason="Absence")
    seed = Principal(f"{PERSON}{world.person}", frozenset({Role.steering}))
    world.client.headers["Authorization"] = f"Bearer {tokens.issue(seed, timedelta(hours=2))}"


def _themself(person: str) -> Principal:
    return Principal(f"{PERSON}{person}", frozenset({Role.reader}))


async def _identities(settings: Settings, person: str) -> None:
    """By what the caller of the run signs in, which no call makes yet."""
    databases = Databases(settings, ROUTING)
    async with databases.open("access", "worker") as db:
        made = [Identity(person_id=UUID(person), issuer="https://connexion.example.org", subject=str(number)) for number in range(3 * MANY)]
        await db.save_many(made, by=SYSTEM)
    await databases.close()


async def _notices_that_fail(settings: Settings) -> None:
    """What no server has taken: there is none here."""
    databases = Databases(settings, ROUTING)
    async with databases.open("access", "worker") as db:
        failed = await db.fetch(newest(NoticeStatus.pending, 3 * MANY))
        for notice in failed:
            notice.status = NoticeStatus.failed
        await db.save_many(failed, by=SYSTEM)
    await databases.close()


def _plan(world: World) -> None:
    lead = world.anchors[ORGANISATIONS][0]
    today = clock.today()
    anchor = _until_known(lambda: _make(world, ACTIONS, **_action(lead)))
    world.anchors[ACTIONS] = [anchor["id"]]
    verbs: tuple[tuple[str, Json], ...] = (
        ("submit", {}), ("approve", {"decision_ref": "COPIL-1"}), ("start", {}), ("suspend", {"reason": "Arbitrage"}),
        ("resume", {}), ("complete", {}), ("evaluate", {}),
    )  # fmt: skip
    for reached in range(len(verbs) + 1):
        for number in range(MANY):
            action = _make(world, ACTIONS, **_action(lead))
            milestone = _make(world, MILESTONES, action_id=action["id"], title="Charte signée", due=_day(today, 30))
            if reached >= verbs.index(("complete", {})) or number % 2:
                _move(world, MILESTONES, milestone, "reach")
            for verb, body in verbs[:reached]:
                action = _move(world, ACTIONS, action, verb, **body)
    for number in range(2 * MANY):
        _make(world, MILESTONES, action_id=anchor["id"], title=f"Jalon {number}", due=_day(today, number - 4))


def _internships(world: World) -> None:
    everybody = [profession.value for profession in Profession]
    monday = clock.today() + timedelta(days=28 - clock.today().weekday())
    period = {"starts_on": monday.isoformat(), "ends_on": (monday + timedelta(weeks=3)).isoformat()}
    for host, site in world.hosts:
        unit = _until_known(
            lambda host=host, site=site: _make(  # type: ignore[misc]  # mypy has no types for a lambda's defaults
                world, UNITS, organisation_id=host, site_id=site, code=uuid4().hex[:8], name="Médecine", professions=everybody
            )
        )
        weeks = {"from_week": monday.isoformat(), "to_week": (monday + timedelta(weeks=100)).isoformat()}
        ok(world.client.put(f"{UNITS}/{unit['id']}/capacity", json={**weeks, "capacity_tenths": 10_000}))
        open_offer = {"unit_id": unit["id"], "professions": everybody, "seats": 200, **period}
        world.anchors.setdefault(UNITS, []).append(unit["id"])
        offer = _move(world, OFFERS, _make(world, OFFERS, **open_offer), "publish")
        world.anchors.setdefault(OFFERS, []).append(offer["id"])
        for number in range(MANY):
            where = {"organisation_id": host, "site_id": site, "code": uuid4().hex[:8]}
            other = _make(world, UNITS, **where, name=f"Unité {number}", professions=["ide"])
            if number % 2:
                _move(world, UNITS, other, "suspend", reason="Travaux")
            draft = _make(world, f"{OFFERS}?force=true", **{**open_offer, "seats": 1})
            if number % 2:
                _move(world, OFFERS, draft, "publish")
            published = _move(world, OFFERS, _make(world, f"{OFFERS}?force=true", **{**open_offer, "seats": 1}), "publish")
            _move(world, OFFERS, published, "close")
            for verb in (None, None, "accept"):
                request = {"offer_id": offer["id"], "institute_id": world.institutes[number % 2], "profession": "ide", "learners": 2}
                made = _make(world, f"{REQUESTS}?force=true", **request)
                if verb:
                    _move(world, REQUESTS, made, verb)


def _recruitment(world: World) -> None:
    today = clock.today()
    scheme = _scheme(world, "activate")
    world.anchors[SCHEMES] = [scheme["id"]]
    for number in range(MANY):
        _scheme(world, *("activate",) * (number % 2))
    money = {"scheme_id": scheme["id"], "fiscal_year": 2026, "ceiling_cents": 1_000_000_000_000, "funder": world.funders[0]}
    envelope = _until_known(lambda: _make(world, ENVELOPES, **money))
    world.anchors[ENVELOPES] = [envelope["id"]]
    for number in range(2 * MANY):
        other = _make(world, f"{ENVELOPES}?force=true", **money)
        if number % 2:
            _move(world, ENVELOPES, other, "freeze", reason="Contrôle")
        closed = _make(world, f"{ENVELOPES}?force=true", **money)
        _move(world, ENVELOPES, closed, "close", reason="Fin d'exercice")
        _make(world, COMMITMENTS, envelope_id=envelope["id"], amount_cents=100, reference=f"CAE-{number}-{uuid4().hex[:6]}")
    forms = [form.value for form in LegalForm]
    for host, site in world.hosts:
        body = {
            "organisation_id": host, "site_id": site, "profession": "ide", "legal_forms": forms, "headcount": 500,
            "starts_on": (today + STARTS_IN).isoformat(), "expires_on": _day(today, 60),
        }  # fmt: skip
        need = _until_known(lambda body=body: _make(world, NEEDS, **body))  # type: ignore[misc]  # mypy has no types for a lambda's defaults
        need = _move(world, NEEDS, need, "publish")
        world.anchors.setdefault(NEEDS, []).append(need["id"])
        for number in range(MANY):
            draft = _make(world, f"{NEEDS}?force=true", **{**body, "headcount": 2})
            if number % 2:
                _move(world, NEEDS, draft, "publish")
            _move(world, NEEDS, _make(world, f"{NEEDS}?force=true", **{**body, "expires_on": _day(today, 1)}), "publish")
            for verb in (None, None, "accept"):
                made = _make(world, APPLICATIONS, need_id=need["id"], candidate_ref=f"C{uuid4().hex[:8]}1".upper())
                if verb:
                    _move(world, APPLICATIONS, made, verb, legal_form=forms[0])


def _scheme(world: World, *verbs: str) -> Json:
    scheme = _make(world, SCHEMES, code=f"S-{uuid4().hex[:8]}", kind="study_allowance", label="Allocation d'études")
    for verb in verbs:
        scheme = _move(world, SCHEMES, scheme, verb)
    return scheme


def _action(lead: str) -> Json:
    ref = f"F-{uuid4().hex[:10]}"
    ends_on = _day(clock.today(), 2_000)  # beyond the plan's years
    return {
        "ref": ref,
        "title": "Valoriser les tuteurs",
        "axis": "A4",
        "objectives": ["O2"],
        "lead_organisation_id": lead,
        "ends_on": ends_on,
    }


def _make(world: World, collection: str, /, **body: Any) -> Json:
    return ok(world.client.post(collection, json=body, headers={"Idempotency-Key": uuid4().hex}))


def _move(world: World, collection: str, resource: Mapping[str, Any], verb: str, **body: Any) -> Json:
    path = f"{collection}/{resource['id']}"
    now = ok(world.client.get(path))  # an action that moves moves its milestones' versions too
    return ok(world.client.post(f"{path}/{verb}", json=body, headers={**at(now), "Idempotency-Key": uuid4().hex}))


def _until_known(attempt: Callable[[], Json]) -> Json:
    async def once() -> Json:
        return attempt()

    return asyncio.run(eventually(once))


def _day(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()


def collections(path: str) -> Iterator[str]:
    """The collections that a path template passes through, the innermost first: `/a/v1/b/{id}/c` gives `/a/v1/b`."""
    parts = path.split("/")
    for index in range(len(parts) - 1, 0, -1):
        if parts[index].startswith("{"):
            yield "/".join(parts[:index])
