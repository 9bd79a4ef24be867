"""A token that stands on what was closed, suspended or revoked after it was issued is refused, in every service, within a second."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.access_api.revocations.operations import revoke
from services.contracts.access import Revocable
from services.contracts.codes import STAFF
from services.kernel.api import revocations
from services.kernel.api.auth import Tokens
from services.kernel.api.revocations import BLIND, FRESH, Revocations, Revoked
from services.kernel.base import clock
from services.kernel.base.principals import CREDENTIAL, PERSON, SYSTEM, Principal, somebody
from services.kernel.base.problems import Unavailable
from services.kernel.data.database import Databases
from services.kernel.events.following import follow, links
from services.kernel.events.resync import published
from services.plam import SERVICES
from tests.conftest import Client
from tests.support.access import an_organisation, move
from tests.support.delivering import deliver
from tests.support.http import ok, problem_type

ADDRESSES = {
    "access": "/access/v1/organisations",
    "actions": "/actions/v1/actions",
    "internships": "/internships/v1/offers",
    "recruitment": "/recruitment/v1/needs",
    "observatory": "/observatory/v1/indicators/K05/values",
}
PUBLIC = "/actions/v1/axes"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request reads what is revoked, so that a test need not wait."""
    monkeypatch.setattr(revocations, "FRESH", 0.0)


def issued(tokens: Tokens, **given: Any) -> dict[str, str]:
    """The header of a token that is issued once, now."""
    caller = Principal(**{"subject": somebody("tests"), "roles": frozenset(STAFF), **given})
    return {"Authorization": f"Bearer {tokens.issue(caller, timedelta(minutes=5))}"}


async def statuses(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, int]:
    return {service: (await client.get(path, headers=headers)).status_code for service, path in ADDRESSES.items()}


async def revoked_now(databases: Databases, what: Revocable, target_id: UUID) -> None:
    async with databases.open("access", "worker") as db:
        await revoke(db, what, [target_id], by=SYSTEM)
    await deliver(databases)


@pytest.mark.usefixtures("at_once")
async def test_closing_an_organisation_is_felt_by_every_service(
    client: Client, steering: httpx.AsyncClient, databases: Databases, tokens: Tokens
) -> None:
    closed, other = await an_organisation(steering), await an_organisation(steering)
    theirs, others = (issued(tokens, organisation=UUID(each["id"])) for each in (closed, other))
    anonymous = client()
    assert set((await statuses(anonymous, theirs)).values()) == {200}

    closed = ok(await move(steering, "organisations", closed, "close", reason="Fusion"))
    assert await statuses(anonymous, theirs) == dict.fromkeys(ADDRESSES, 200) | {"access": 401}
    await deliver(databases)

    assert await statuses(anonymous, theirs) == dict.fromkeys(ADDRESSES, 401)
    assert (await anonymous.get(PUBLIC, headers=theirs)).status_code == 401
    refused = await anonymous.get(ADDRESSES["actions"], headers=theirs)
    assert (problem_type(refused), refused.headers["www-authenticate"]) == ("revoked", "Bearer")
    assert set((await statuses(anonymous, others)).values()) == {200}
    assert set((await statuses(anonymous, issued(tokens, organisation=UUID(closed["id"])))).values()) == {200}, "issued since"


@pytest.mark.usefixtures("at_once")
async def test_a_suspended_organisation_stops_with_those_that_depend_on_it(
    client: Client, steering: httpx.AsyncClient, databases: Databases, tokens: Tokens
) -> None:
    parent = await an_organisation(steering)
    child, other = await an_organisation(steering, parent_id=parent["id"]), await an_organisation(steering)

    def of_all() -> list[dict[str, str]]:
        return [issued(tokens, organisation=UUID(each["id"])) for each in (parent, child, other)]

    before, anonymous = of_all(), client()
    suspended = ok(await move(steering, "organisations", parent, "suspend", reason="Contrôle"))
    await deliver(databases)
    assert [set((await statuses(anonymous, token)).values()) for token in before] == [{401}, {401}, {200}]
    ok(await move(steering, "organisations", suspended, "resume"))
    await deliver(databases)
    assert [set((await statuses(anonymous, token)).values()) for token in before] == [{401}, {401}, {200}], "those stay refused"
    assert [set((await statuses(anonymous, token)).values()) for token in of_all()] == [{200}] * 3


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("what", Revocable)
async def test_whatever_a_token_stands_on_may_be_revoked(what: Revocable, client: Client, databases: Databases, tokens: Tokens) -> None:
    target = uuid4()
    stands: dict[Revocable, dict[str, Any]] = {
        Revocable.person: {"subject": f"{PERSON}{target}"},
        Revocable.credential: {"subject": f"{CREDENTIAL}{target}"},
        Revocable.membership: {"membership": target},
        Revocable.organisation: {"organisation": target},
    }
    before = issued(tokens, **stands[what])
    await revoked_now(databases, what, target)
    assert await statuses(client(), before) == dict.fromkeys(ADDRESSES, 401)
    assert set((await statuses(client(), issued(tokens, organisation=uuid4()))).values()) == {200}


@pytest.mark.usefixtures("at_once")
async def test_an_answer_that_was_kept_is_not_for_who_is_revoked(client: Client, databases: Databases, tokens: Tokens) -> None:
    person = uuid4()
    headers = {**issued(tokens, subject=f"{PERSON}{person}"), "Idempotency-Key": str(uuid4())}
    body = {"ref": "R1", "title": "Charte du tutorat", "axis": "A4", "objectives": ["O2"]}
    assert (await client().post(ADDRESSES["actions"], json=body, headers=headers)).status_code == 201
    assert (await client().post(ADDRESSES["actions"], json=body, headers=headers)).status_code == 201
    await revoked_now(databases, Revocable.person, person)
    assert (await client().post(ADDRESSES["actions"], json=body, headers=headers)).status_code == 401


@pytest.mark.usefixtures("at_once")
async def test_a_token_of_one_service_is_refused_by_the_others(client: Client, databases: Databases, tokens: Tokens) -> None:
    narrowed = issued(tokens, services=frozenset({"actions", "internships"}))
    assert await statuses(client(), narrowed) == {"actions": 200, "internships": 200, "access": 403, "recruitment": 403, "observatory": 403}


async def test_what_is_revoked_is_read_again_within_a_second(databases: Databases) -> None:
    assert FRESH < 0.5
    known, person = Revocations(databases, "access"), uuid4()
    caller = Principal(f"{PERSON}{person}", issued_at=clock.real_now())
    await known.check(caller)
    async with databases.open("access", "worker") as db:
        await revoke(db, Revocable.person, [person], by=SYSTEM)
    await asyncio.sleep(FRESH)
    with pytest.raises(Revoked):
        await known.check(caller)


async def test_a_process_whose_database_is_silent_lets_nobody_in(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    known, caller = Revocations(databases, "access"), Principal(somebody("tests"), issued_at=clock.real_now())
    asked = Counter[str]()

    class Silent:
        def open(self, service: str) -> Any:
            asked[service] += 1
            raise Unavailable("silence")

    await known.check(caller)
    now = known._read_at  # a request after that instant finds it older
    monkeypatch.setattr(known, "_databases", Silent())
    for later, passes in ((FRESH / 2, True), (FRESH + 0.1, True), (BLIND - 0.1, True), (BLIND + 0.1, False), (BLIND + 60, False)):
        monkeypatch.setattr(time, "monotonic", lambda later=later: now + later)
        if passes:
            await known.check(caller)
        else:
            with pytest.raises(Unavailable):
                await known.check(caller)
    assert asked == {"access": 4}
    with pytest.raises(Unavailable):
        await Revocations(Silent(), "access").check(caller)  # type: ignore[arg-type]


async def test_what_is_revoked_is_known_to_who_was_away(databases: Databases) -> None:
    """`plam follow`, and the count of `plam verify`, take revocations as they take other states."""
    person = uuid4()
    async with databases.open("access", "worker") as db:
        await revoke(db, Revocable.person, [person], by=SYSTEM)
    consumers, access = {service.name: service for service in SERVICES}, next(each for each in SERVICES if each.name == "access")
    of_revocations = [link for link in links(databases, access, consumers, published(access)) if link.kind == "revocation"]
    assert {link.consumer.name for link in of_revocations} == consumers.keys() - {"access"}
    assert (await follow(of_revocations, drops=True)).taken == 4
    assert (await follow(of_revocations, drops=True)).taken == 0
    for service in consumers:
        async with databases.open(service, "worker") as db:
            rows = await (await db.connection()).fetch("SELECT target_id FROM revoked")
        assert [row["target_id"] for row in rows] == [person]


async def test_steering_reads_what_was_revoked(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    first, second = uuid4(), uuid4()
    await revoked_now(databases, Revocable.person, first)
    await revoked_now(databases, Revocable.credential, second)
    rows = ok(await steering.get("/access/v1/revocations"))["items"]
    assert [(row["what"], row["target_id"]) for row in rows] == [("credential", str(second)), ("person", str(first))]
    found = ok(await steering.get("/access/v1/revocations", params={"target_id": str(first)}))["items"]
    assert found == [ok(await steering.get(f"/access/v1/revocations/{found[0]['id']}"))] == rows[1:]
    assert (await client(*(set(STAFF) - {STAFF[0]})).get("/access/v1/revocations")).status_code == 403
