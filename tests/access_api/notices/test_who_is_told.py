"""Who is told: by roles, departments and managers, active persons alone, once a key, as they prefer; services name nobody."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine

from services.access_api.credentials.reminders import remind
from services.access_api.notices.operations import apply
from services.access_api.notices.queries import NOTICES
from services.contracts.access import NoticeState, NoticeTopic, OrganisationState, OrganisationStatus, Recipient
from services.contracts.codes import OrganisationRole, Role
from services.contracts.envelope import Event
from services.kernel.api.auth import Tokens
from services.kernel.base import clock, ids
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.kernel.data.service import Received
from tests.conftest import Client
from tests.support.access import Member, an_organisation, invited, member, move
from tests.support.credentials import OWN, a_credential, as_caller, in_days, manager_of
from tests.support.http import at, ok, problem_type
from tests.support.mail import notices_of

ALL, MINE = "/access/v1/notices", "/access/v1/me/notices"
Json = dict[str, Any]
SOMEBODY = "0199a1b2-c3d4-7e5f-8a9b-000000000021"


def raised(*recipients: Recipient, **given: Any) -> NoticeState:
    """What a service says."""
    said = {"title": "Une demande de stage attend votre réponse", "dedup_key": f"request:{uuid4()}", "topic": NoticeTopic.request_received}
    return NoticeState(id=ids.new(), version=1, **{**said, "recipients": recipients, **given})


async def hear(databases: Databases, *states: NoticeState | OrganisationState) -> None:
    """Applies what arrives in one batch."""
    batch = [
        Received(
            Event(
                id=ids.new(),
                source="/internships",
                type=f"internships.{state.kind}.raised",
                subject=str(state.id),
                time=clock.now(),
                dataschema=state.schema_name(),
                entityversion=1,
                data=state.model_dump(mode="json"),
            ),
            state,
        )
        for state in states
    ]
    async with databases.open("access", "worker") as db:
        await apply(db, batch)


async def all_told(steering: httpx.AsyncClient, topic: NoticeTopic) -> list[Json]:
    """The notices of a topic, the newest first."""
    found: list[Json] = ok(await steering.get(ALL, params={"topic": topic}))["items"]
    return found


def persons(rows: Sequence[Json]) -> set[str]:
    return {row["person_id"] for row in rows}


async def test_a_role_in_an_organisation_and_a_department_is_told(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    organisation, other = await an_organisation(steering, roles=["host", "institute"]), await an_organisation(steering)
    here, there, everywhere = [await member(client, organisation, departments=each) for each in (["44"], ["85"], [])]
    await member(client, organisation, roles=["institute"])
    await member(client, other)
    await invited(steering, organisation)
    gone = await member(client, organisation)
    ok(await move(steering, "memberships", gone.membership, "end", reason="Mutation"))
    suspended = await member(client, organisation)
    who = ok(await steering.get(f"/access/v1/persons/{suspended.membership['person_id']}"))
    ok(await move(steering, "persons", who, "suspend", reason="Adresse compromise"))

    to = Recipient(organisation_id=UUID(organisation["id"]), role=Role.employer, department="44")
    await hear(databases, raised(to))

    assert persons(await all_told(steering, NoticeTopic.request_received)) == {each.membership["person_id"] for each in (here, everywhere)}
    assert ok(await there.client.get(MINE))["items"][0]["topic"] == "membership_invited"


async def test_what_is_said_twice_in_any_order_is_one_notice(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    organisation = await an_organisation(steering)
    acting = await member(client, organisation)
    everybody = Recipient(organisation_id=UUID(organisation["id"]))
    themself = Recipient(person_id=UUID(acting.membership["person_id"]))
    first = raised(everybody, themself, dedup_key="the same")
    await hear(databases, first, raised(themself, dedup_key="the same"))
    await hear(databases, raised(themself), first)
    late = await member(client, organisation)
    await hear(databases, first)

    rows = await all_told(steering, NoticeTopic.request_received)
    assert sorted(row["person_id"] for row in rows) == sorted([*[acting.membership["person_id"]] * 2, late.membership["person_id"]])


async def test_nobody_is_told_where_nobody_is_known_and_another_state_is_refused(databases: Databases, steering: httpx.AsyncClient) -> None:
    await hear(databases, raised(Recipient(person_id=uuid4()), Recipient(organisation_id=uuid4(), managers=True)))
    assert await all_told(steering, NoticeTopic.request_received) == []
    status, roles = OrganisationStatus.active, (OrganisationRole.host,)
    with pytest.raises(LookupError):
        await hear(databases, OrganisationState(id=ids.new(), version=1, name="CH", roles=roles, status=status))


@pytest.mark.parametrize(
    "given",
    [
        {"title": "Deux\nlignes"},
        {"title": "Objet\rBcc: a@example.org"},
        {"title": ""},
        {"lines": ["a\u2028b"]},
        {"path": "https://evil.test/"},
        {"path": "//evil.test/a"},
        {"path": "/a?b"},
        {"recipients": ()},
        {"recipients": ({},)},
        {"recipients": ({"person_id": SOMEBODY, "organisation_id": SOMEBODY},)},
    ],
    ids=repr,
)
def test_what_would_break_a_message_is_no_notice(given: Json) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        raised(Recipient(person_id=uuid4()), **given)


async def test_who_is_invited_asks_or_is_answered_is_told_and_no_notice_names_anybody(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    canary = {"given_name": "Canarie", "family_name": "Serin"}
    organisation = await an_organisation(steering, name="Clinique du Canari")
    manager = await member(client, organisation, manager=True, **canary)
    asking = await member(client, await an_organisation(steering), **canary)
    body = {"organisation_id": organisation["id"], "roles": ["employer"], "asked_message": "Je suis Canarie Serin"}
    asked = ok(await asking.client.post("/access/v1/memberships/requests", json=body))
    [told] = await all_told(steering, NoticeTopic.membership_requested)
    assert told["person_id"] == manager.membership["person_id"]
    assert told["path"] == f"/memberships/{asked['id']}"

    declined = ok(await move(manager.client, "memberships", asked, "decline", reason="Canarie Serin est inconnue"))
    asked = ok(await asking.client.post("/access/v1/memberships/requests", json=body))
    ok(await move(manager.client, "memberships", asked, "approve"))
    answered = await all_told(steering, NoticeTopic.membership_answered)
    assert [row["title"] for row in answered] == [
        "Votre demande d'appartenance est acceptée",
        "Votre demande d'appartenance est refusée",
    ]
    assert persons(answered) == {declined["person_id"]}

    invitations = await all_told(steering, NoticeTopic.membership_invited)
    assert persons(invitations) == {manager.membership["person_id"], asking.membership["person_id"]}
    async with databases.open("access", "worker") as db:
        rows = await (await db.connection()).fetch("SELECT row_to_json(n)::text AS row FROM notice n")
        versions = await (await db.connection()).fetch("SELECT document AS row FROM notice_version")
    assert len(rows) == 6
    assert [row["row"] for row in (*rows, *versions) if "Canari" in row["row"] or "Serin" in row["row"] or "@" in row["row"]] == []


async def test_managers_are_told_thirty_and_seven_days_before_a_credential_expires(
    client: Client, tokens: Tokens, steering: httpx.AsyncClient, databases: Databases
) -> None:
    organisation = await an_organisation(steering)
    acting = await member(client, organisation, manager=True)
    await member(client, organisation)
    manager = as_caller(client(), tokens, manager_of(organisation))
    made = await a_credential(manager, expires_on=in_days(40))
    replaced = await a_credential(manager, expires_on=in_days(40))
    ok(await manager.post(f"{OWN}/{replaced['id']}/rotate", json={"expires_on": in_days(400)}, headers=at(replaced)))

    titles = []
    with time_machine.travel(clock.real_now()) as now:
        for days in (0, 9, 1, 0, 10, 13, 2, 4, 1):  # 40, 31, 30, 30, 20, 7, 5, 1, 0 days before
            now.shift(timedelta(days=days))
            async with databases.open("access", "worker") as db:
                await remind(db)
            async with databases.open("access", by=SYSTEM) as db:
                rows = await db.fetch(NOTICES._list(NOTICES._visible(SYSTEM), frozenset()), limit=100)
            titles.append(len(rows) - 2)  # beside the two invitations

    assert titles == [0, 0, 1, 1, 1, 2, 2, 2, 2]
    told = [notice for notice in await notices_of(databases, UUID(acting.membership["person_id"])) if notice.topic != "membership_invited"]
    assert [notice.title for notice in told] == ["Une clé d'accès expire dans 30 jours", "Une clé d'accès expire dans 7 jours"]
    assert made["prefix"] in told[0].lines[0]
    assert made["client_secret"] not in "".join(notice.document for notice in told)


async def test_notices_are_their_persons_and_steerings(client: Client, steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    first, second = [await Member.accepting(client, await invited(steering, organisation, manager=True)) for _ in range(2)]
    [own] = ok(await first.client.get(MINE))["items"]
    assert own["person_id"] == first.membership["person_id"]
    [other] = ok(await second.client.get(MINE))["items"]
    assert other["id"] != own["id"]
    assert ok(await steering.get(f"{ALL}/{own['id']}")) == own
    assert ok(await steering.get(f"{ALL}/{own['id']}/history"))["items"][0]["document"] == own
    for path in (ALL, f"{ALL}/{own['id']}", f"{ALL}/{own['id']}/live", f"{ALL}/{own['id']}/history"):
        assert (await first.client.get(path)).status_code == 403
    assert (await first.client.post(f"{ALL}/{own['id']}/retry", headers=at(own))).status_code == 403
    assert problem_type(await steering.post(f"{ALL}/{own['id']}/retry", headers=at(own))) == "move-refused"
    assert (await steering.get(f"{ALL}/{uuid4()}")).status_code == 404
    assert (await client().get(MINE)).status_code == 401
