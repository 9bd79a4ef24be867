"""How a person receives notices: by default and by topic, changed by themself, or stopped by the link of a message."""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from services.access_api.notices.links import is_signed, unsubscribe_link
from services.access_api.notices.sending import send_notices
from services.access_api.notices.tables import NoticeStatus
from services.access_api.persons.tables import Person
from services.contracts.access import NoticeTopic
from services.contracts.codes import Role
from services.kernel.data.database import Databases
from services.plam import ROUTING
from tests.conftest import Client
from tests.support.http import at, ok
from tests.support.mail import Mailbox, a_person, notices_of, sending_by, smtp_server, told

PREFERENCES = "/access/v1/me/preferences"


def themself(client: Client, person: Person) -> httpx.AsyncClient:
    return client(Role.employer, person=person.id)


async def chosen(caller: httpx.AsyncClient) -> dict[str, Any]:
    """What differs from the beginning."""
    return {name: value for name, value in ok(await caller.get(PREFERENCES)).items() if value is not None}


async def test_preferences_are_changed_by_topic_and_by_default(client: Client, databases: Databases) -> None:
    person = await a_person(databases)
    caller = themself(client, person)
    answer = await caller.get(PREFERENCES)
    assert answer.json() == {"default": "immediate", **{topic.value: None for topic in NoticeTopic}}
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"1"', "no-store")

    changed = await caller.patch(PREFERENCES, json={"default": "digest", "request_received": "off"}, headers=at({"version": 1}))
    assert (ok(changed)["default"], changed.headers["etag"]) == ("digest", '"2"')
    assert await chosen(caller) == {"default": "digest", "request_received": "off"}
    assert (await caller.patch(PREFERENCES, json={"default": "off"}, headers=at({"version": 1}))).status_code == 412
    assert (await caller.patch(PREFERENCES, json={"default": "off"})).status_code == 428
    ok(await caller.patch(PREFERENCES, json={"request_received": None}, headers=at({"version": 2})))
    assert await chosen(caller) == {"default": "digest"}
    unchanged = await caller.patch(PREFERENCES, json={"default": "digest"}, headers=at({"version": 3}))
    assert unchanged.headers["etag"] == '"3"'


@pytest.mark.parametrize("body", [{"default": "weekly"}, {"default": None}, {"no_such_topic": "off"}, {"request_received": 1}], ids=repr)
async def test_what_is_no_preference_is_refused(client: Client, databases: Databases, body: dict[str, Any]) -> None:
    caller = themself(client, await a_person(databases))
    answer = await caller.patch(PREFERENCES, json=body, headers=at({"version": 1}))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"#/{next(iter(body))}")


async def test_preferences_are_of_a_person(client: Client, databases: Databases) -> None:
    await a_person(databases)
    assert (await client().get(PREFERENCES)).status_code == 401
    assert (await client(Role.steering, person=uuid4()).get(PREFERENCES)).status_code == 404


async def test_who_wants_none_has_none_even_of_what_was_waiting(client: Client, databases: Databases) -> None:
    mailbox, person = Mailbox(), await a_person(databases)
    await told(databases, person)
    caller = themself(client, person)
    ok(await caller.patch(PREFERENCES, json={"credential_expiring": "off"}, headers=at({"version": 1})))
    await told(databases, person, urgent=True)
    with smtp_server(mailbox) as url:
        async with sending_by(databases, url) as sending, sending.open("access", "worker") as db:
            await send_notices(db)
    assert {notice.status for notice in await notices_of(databases, person.id)} == {NoticeStatus.muted}
    assert mailbox.asked == 0


async def link_of(databases: Databases, person: Person, **given: Any) -> str:
    """The link of a message to a person, as a path."""
    *_, notice = await told(databases, person, **given)
    return urlsplit(unsubscribe_link(databases, notice)).path


async def test_one_click_stops_a_topic_and_a_look_at_the_link_does_not(client: Client, databases: Databases) -> None:
    person = await a_person(databases)
    link = await link_of(databases, person)
    caller, nobody = themself(client, person), client()
    for _ in range(2):
        page = await nobody.get(link)
        assert (page.status_code, page.headers["cache-control"], page.headers["referrer-policy"]) == (200, "no-store", "no-referrer")
        assert "Vous ne recevrez plus de message « Clé d&#39;accès qui expire bientôt »." in page.text
        assert '<form method="post">' in page.text
    assert await chosen(caller) == {"default": "immediate"}
    for _ in range(2):
        assert (await nobody.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert await chosen(caller) == {"default": "immediate", "credential_expiring": "off"}
    person_of = ok(await caller.get("/access/v1/me"))
    assert person_of["version"] == 2


async def test_the_link_of_a_digest_stops_what_came_in_it(client: Client, databases: Databases) -> None:
    person = await a_person(databases, {"request_received": "digest", "credential_expiring": "digest"})
    link = await link_of(databases, person)
    assert "récapitulatif" in (await client().get(link)).text
    assert (await client().post(link)).status_code == 200
    assert await chosen(themself(client, person)) == {"default": "immediate", "request_received": "off", "credential_expiring": "off"}


async def test_a_link_is_of_one_notice_and_nobody_makes_one(client: Client, databases: Databases) -> None:
    first, second = await a_person(databases), await a_person(databases)
    link, other = await link_of(databases, first), await link_of(databases, second)
    start, _, signature = link.rpartition("/")
    forged = f"{other.rpartition('/')[0]}/{signature}"
    for path in (forged, f"{start}/{'0' * 40}", f"{start}/{signature[:-1]}", f"{start}/é", f"/access/unsubscribe/{uuid4()}/{signature}"):
        for answer in (await client().get(path), await client().post(path)):
            assert answer.status_code == 404
    assert await chosen(themself(client, second)) == {"default": "immediate"}


async def test_a_link_of_the_previous_secret_still_serves(databases: Databases) -> None:
    person = await a_person(databases)
    found = re.fullmatch(r".*/([0-9a-f-]{36})/([0-9a-f]{40})", await link_of(databases, person))
    assert found
    rotated = {"secret": SecretStr("another secret of the tests"), "secret_previous": databases.settings.secret}
    others = Databases(databases.settings.model_copy(update=rotated), ROUTING)
    assert is_signed(others, UUID(found[1]), found[2])
    assert not is_signed(Databases(others.settings.model_copy(update={"secret_previous": None}), ROUTING), UUID(found[1]), found[2])
