"""What an operator does for persons: the first administrator of an organisation, and a token of somebody's."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import typer
from pydantic import SecretStr

from services.access_api.commands import invite_of, token_of_command
from services.access_api.memberships.grants import RoleNotAllowed
from services.access_api.operators import appoint, token_of
from services.access_api.persons.schemas import PersonCreate
from services.contracts.codes import Department, Role
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database, Databases
from services.plam import ROUTING
from tests.conftest import Client
from tests.support.access import an_organisation, invited, member, move
from tests.support.callers import Bearer
from tests.support.database import SECRET, empty
from tests.support.http import at, ok

T = TypeVar("T")
ADDRESS = "admin@example.org"


async def appointed(databases: Databases, organisation: str = "ARS", *, address: str = ADDRESS, roles: Any = (Role.steering,)) -> list[str]:
    async with databases.open("access", "worker") as db:
        return await appoint(db, PersonCreate(email=address), organisation, roles, ())


async def principal(databases: Databases, address: str = ADDRESS, organisation: str | None = None) -> Principal:
    async with databases.open("access", "worker") as db:
        return await token_of(db, address, organisation)


async def listed(steering: httpx.AsyncClient, noun: str) -> list[Any]:
    found: list[Any] = ok(await steering.get(f"/access/v1/{noun}"))["items"]
    return found


async def test_the_first_administrator_acts_at_once_and_runs_what_is_made(databases: Databases, steering: httpx.AsyncClient) -> None:
    said = await appointed(databases)

    [organisation], [membership] = await listed(steering, "organisations"), await listed(steering, "memberships")
    assert said == [
        "Organisation créée : « ARS » (Pilote).",
        "admin@example.org agit désormais pour « ARS », dont il gère les appartenances.",
    ]
    assert (organisation["name"], organisation["roles"]) == ("ARS", ["steering"])
    assert (membership["status"], membership["roles"], membership["manager"]) == ("active", ["steering"], True)
    assert await appointed(databases) == ["admin@example.org a déjà cette appartenance à « ARS » (active) : rien ne change."]
    assert await listed(steering, "memberships") == [membership]


@pytest.mark.parametrize(
    ("role", "kind"), [(Role.employer, "employer"), (Role.finance, "funder"), (Role.committee, "partner"), (Role.institute, "institute")]
)
async def test_an_organisation_is_made_of_the_kind_that_its_role_asks_for(
    databases: Databases, steering: httpx.AsyncClient, role: Role, kind: str
) -> None:
    await appointed(databases, roles=(role,))

    assert [each["roles"] for each in await listed(steering, "organisations")] == [[kind]]


async def test_who_comes_after_the_first_is_invited(databases: Databases, steering: httpx.AsyncClient) -> None:
    await appointed(databases)
    for words in ("est invité à agir pour « ARS »", "a déjà cette appartenance à « ARS » (invitée) : rien ne change"):
        assert words in (await appointed(databases, "ars", address="second@example.org"))[0]

    second, first = await listed(steering, "memberships")
    assert (first["status"], second["status"], second["manager"]) == ("active", "invited", True)
    with pytest.raises(ValueError, match=r"a déjà une appartenance à « ARS » .invitée., et d'autres que lui la gèrent"):
        await appointed(databases, address="second@example.org", roles=(Role.committee,))


async def test_a_member_of_an_organisation_that_nobody_runs_runs_it_then(
    client: Client, databases: Databases, steering: httpx.AsyncClient
) -> None:
    hospital = await an_organisation(steering)
    someone = await member(client, hospital, roles=["reader"], address=ADDRESS)
    waiting = await invited(steering, hospital, address="b@example.org")

    said = await appointed(databases, hospital["id"], roles=(Role.employer,))

    [_, membership] = await listed(steering, "memberships")
    assert said == [f"{ADDRESS} gère désormais les appartenances de « {hospital['name']} »."]
    assert (membership["id"], membership["roles"], membership["manager"]) == (someone.membership["id"], ["employer", "reader"], True)
    assert ok(await steering.get(f"/access/v1/memberships/{waiting['id']}"))["status"] == "invited"


async def test_what_cannot_be_is_said_in_words(databases: Databases, steering: httpx.AsyncClient) -> None:
    closed, institute = await an_organisation(steering, name="Close"), await an_organisation(steering, name="IFSI", roles=["institute"])
    await an_organisation(steering, name="Double")
    await an_organisation(steering, name="DOUBLE")
    ok(await move(steering, "organisations", closed, "close", reason="Fusion"))
    person = ok(await steering.post("/access/v1/persons", json={"email": "suspendu@example.org"}))
    ok(await move(steering, "persons", person, "suspend", reason="Départ"))

    with pytest.raises(ValueError, match=r"« Close » est fermée : rouvrez-la ou reprenez-la"):
        await appointed(databases, "Close")
    with pytest.raises(ValueError, match=r"Plusieurs organisations s'appellent ainsi : Double .*, DOUBLE .*identifiant"):
        await appointed(databases, "Double")
    with pytest.raises(ValueError, match=r"suspendu@example.org est suspendu .Départ."):
        await appointed(databases, address="suspendu@example.org")
    with pytest.raises(RoleNotAllowed, match="« IFSI » est : Institut de formation"):
        await appointed(databases, institute["id"], roles=(Role.employer,))
    assert await listed(steering, "memberships") == []


async def test_a_token_is_for_one_membership(client: Client, databases: Databases, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    one = await member(client, hospital, address=ADDRESS, departments=["44"], manager=True)
    caller = await principal(databases)
    assert (caller.subject, str(caller.organisation), str(caller.membership)) == (
        f"person:{one.membership['person_id']}",
        hospital["id"],
        one.membership["id"],
    )
    assert (caller.roles, caller.departments, caller.manager) == (
        frozenset({Role.employer}),
        frozenset({Department.loire_atlantique}),
        True,
    )

    await member(client, clinic, address=ADDRESS, roles=["reader"])
    with pytest.raises(ValueError, match=f"{hospital['id']}.*{clinic['id']}.*Dites laquelle, par --organisation"):
        await principal(databases)
    for named in (clinic["id"], clinic["name"].upper()):
        caller = await principal(databases, organisation=named)
        assert (str(caller.organisation), caller.roles, caller.manager) == (clinic["id"], frozenset({Role.reader}), False)


async def test_who_does_not_act_is_given_no_token(client: Client, databases: Databases, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    with pytest.raises(ValueError, match=r"Personne n'a l'adresse .* plam invite"):
        await principal(databases)
    waiting = await invited(steering, hospital, address=ADDRESS)
    with pytest.raises(ValueError, match=r"aucune appartenance active : .* \(invitée\)"):
        await principal(databases)
    ok(await move(steering, "memberships", waiting, "end", reason="Par erreur"))
    with pytest.raises(ValueError, match="n'a aucune appartenance :"):
        await principal(databases)
    someone = await member(client, hospital, address=ADDRESS)
    with pytest.raises(ValueError, match="Aucune organisation ne s'appelle « Ailleurs »"):
        await principal(databases, organisation="Ailleurs")

    suspended = ok(await move(steering, "memberships", someone.membership, "suspend", reason="Absence"))
    with pytest.raises(ValueError, match=r"\(suspendue\)"):
        await principal(databases)
    ok(await move(steering, "memberships", suspended, "resume"))
    hospital = ok(await steering.get(f"/access/v1/organisations/{hospital['id']}"))
    closed = ok(await move(steering, "organisations", hospital, "close", reason="Fusion"))
    with pytest.raises(ValueError, match="n'est pas en activité"):
        await principal(databases)
    reopened = ok(await move(steering, "organisations", closed, "reopen"))
    suspended = ok(await move(steering, "organisations", reopened, "suspend", reason="Audit"))
    with pytest.raises(ValueError, match="n'est pas en activité"):
        await principal(databases)
    ok(await move(steering, "organisations", suspended, "resume"))
    person = ok(await steering.get(f"/access/v1/persons/{someone.membership['person_id']}"))
    ok(await move(steering, "persons", person, "suspend", reason="Adresse compromise"))
    with pytest.raises(ValueError, match=r"est suspendu .Adresse compromise."):
        await principal(databases)


async def test_the_first_administrator_invites_the_next_with_their_own_token(databases: Databases, app: Any, tokens: Tokens) -> None:
    await appointed(databases)
    caller = await principal(databases)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plam.test", auth=Bearer(tokens, caller)) as first:
        me = ok(await first.get("/access/v1/me"))
        body = {"organisation_id": str(caller.organisation), "address": "second@example.org", "roles": ["steering"], "manager": True}
        second = ok(await first.post("/access/v1/memberships", json=body))
        changed = ok(await first.patch("/access/v1/me", json={"given_name": "Claire"}, headers=at(me)))

    assert (me["email"], second["status"], changed["given_name"]) == (ADDRESS, "invited", "Claire")


def test_the_command_signs_a_token_of_the_embedded_database_alone(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(empty(settings))
    embedded = Settings(home=tmp_path, secret=SecretStr(SECRET))

    async def on_the_tests_own(act: Callable[[Database], Awaitable[T]]) -> T:
        databases = Databases(settings, ROUTING)
        try:
            async with databases.open("access", "worker") as db:
                return await act(db)
        finally:
            await databases.close()

    def run(act: Callable[[Database], Awaitable[T]]) -> T:
        return asyncio.run(on_the_tests_own(act))

    said: list[str] = []
    invite_of(run, lambda: embedded, said.append)(ADDRESS, role=[Role.steering, Role.steering], organisation=" ARS ")
    assert said[-2:] == [
        f"Pour agir : plam token --person {ADDRESS}",
        "Pour inviter d'autres personnes, ou nommer d'autres gestionnaires : POST /access/v1/memberships (inviteMember).",
    ]
    command = token_of_command(run, lambda: embedded)
    command(person="Admin@Example.org")
    caller = Tokens(embedded).verify(capsys.readouterr().out.strip())
    command(role=[Role.reader])

    assert (caller.roles, caller.manager, caller.subject) == (frozenset({Role.steering}), True, f"person:{caller.person_id}")
    assert Tokens(embedded).verify(capsys.readouterr().out.strip()) == Principal(somebody("development"), frozenset({Role.reader}))
    for given, words in (
        ({}, "Donnez --person ADRESSE, ou --role RÔLE"),
        ({"person": ADDRESS, "role": [Role.reader]}, "l'appartenance dit les rôles"),
        ({"person": "personne"}, "n'est pas une adresse électronique"),
        ({"role": [Role.reader], "organisation": "ARS"}, "son nom ne vaut qu'avec --person"),
    ):
        with pytest.raises(typer.BadParameter, match=words):
            command(**given)
    with pytest.raises(typer.BadParameter, match="base embarquée"):
        token_of_command(run, lambda: settings)(person=ADDRESS)
