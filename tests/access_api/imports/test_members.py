"""`plam import members`: who acts for which organisation, by a file; all of it or nothing, and nothing the second time."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from services.access_api.imports.members import import_members
from services.kernel.base.file_reports import Report
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import an_organisation, finess, invited, member, move
from tests.support.http import ok

HEADER = "address,given_name,family_name,organisation,roles,departments,manager"
UAI = "0440105A"


async def imported(databases: Databases, tmp_path: Path, *lines: str, header: str = HEADER, rehearsal: bool = False) -> Report:
    path = tmp_path / "members.csv"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    async with databases.open("access", "worker", rehearsal=rehearsal) as db:
        return await import_members(db, path)


def counts(report: Report) -> dict[str, tuple[int, int, int]]:
    return {kind: (each.created, each.changed, each.unchanged) for kind, each in report.counts.items()}


def said(report: Report, *, blocking: bool) -> list[str]:
    return [str(problem) for problem in report.problems if problem.blocking is blocking]


async def rows(steering: httpx.AsyncClient, noun: str) -> dict[str, Any]:
    found = ok(await steering.get(f"/access/v1/{noun}", params={"limit": "200"}))["items"]
    return {row.get("email") or row["person_id"]: row for row in found}


async def test_a_file_is_rehearsed_imported_and_found_unchanged(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    hospital = await an_organisation(steering, finess_ej=finess(1), roles=["employer", "host"])
    institute = await an_organisation(steering, uai=UAI, roles=["institute"], name="IFSI de l'Estuaire")
    lines = (
        f"Claire@Example.org,Claire,Martin,{finess(1)},employer reader,44 85,oui",
        f"luc@example.org,,,{UAI.lower()},institute,,",
        "luc@example.org,Luc,,Ifsi de l’estuaire,institute,,non",
        "luc@example.org,,Petit," + finess(1)[:2] + " " + finess(1)[2:] + ",reader,44,non",
    )

    rehearsed = await imported(databases, tmp_path, *lines, rehearsal=True)
    assert await rows(steering, "persons") == {}
    first = await imported(databases, tmp_path, *lines)
    second = await imported(databases, tmp_path, *lines)

    assert counts(rehearsed) == counts(first) == {"person": (2, 0, 0), "membership": (3, 0, 0)}
    assert counts(second) == {"person": (0, 0, 2), "membership": (0, 0, 3)}
    assert said(first, blocking=False) == ["ligne 4, address : déjà à la ligne 3, pour la même organisation : une seule est retenue"]
    persons = await rows(steering, "persons")
    claire, luc = persons["claire@example.org"], persons["luc@example.org"]
    assert (claire["given_name"], luc["given_name"], luc["family_name"]) == ("Claire", "Luc", "Petit")
    theirs = ok(await steering.get("/access/v1/memberships", params={"person_id": claire["id"]}))["items"]
    assert [(each["organisation_id"], each["organisation_name"], each["status"]) for each in theirs] == [
        (hospital["id"], hospital["name"], "active")
    ]
    assert (theirs[0]["roles"], theirs[0]["departments"], theirs[0]["manager"]) == (["employer", "reader"], ["44", "85"], True)
    of_luc = ok(await steering.get("/access/v1/memberships", params={"person_id": luc["id"]}))["items"]
    assert {each["organisation_id"] for each in of_luc} == {hospital["id"], institute["id"]}


async def test_a_difference_is_written_and_what_is_known_of_a_person_stays(
    databases: Databases, client: Client, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    hospital = await an_organisation(steering, finess_ej=finess(1))
    someone = await member(client, hospital, address="claire@example.org", given_name="Claire")
    waiting = await invited(steering, hospital, address="luc@example.org")
    asking = await member(client, await an_organisation(steering), address="zoe@example.org")
    body = {"organisation_id": hospital["id"], "roles": ["reader"]}
    asked = ok(await asking.client.post("/access/v1/memberships/requests", json=body))

    report = await imported(
        databases,
        tmp_path,
        f"claire@example.org,Clara,Martin,{finess(1)},employer,44,oui",
        f"luc@example.org,,,{finess(1)},employer,,",
        f"zoe@example.org,,,{finess(1)},employer,,",
    )

    assert counts(report) == {"person": (0, 1, 2), "membership": (0, 2, 1)}
    assert said(report, blocking=False) == [
        "ligne 2, given_name : claire@example.org est connu sous un autre nom, qui reste : à lui de le changer",
        "ligne 3, address : l'appartenance de luc@example.org est invitée : elle reste à accepter par la personne",
    ]
    persons, memberships = await rows(steering, "persons"), ok(await steering.get("/access/v1/memberships"))["items"]
    assert (persons["claire@example.org"]["given_name"], persons["claire@example.org"]["family_name"]) == ("Claire", "Martin")
    by_id = {each["id"]: each for each in memberships}
    assert (by_id[someone.membership["id"]]["departments"], by_id[someone.membership["id"]]["manager"]) == (["44"], True)
    assert by_id[waiting["id"]]["status"] == "invited"
    assert (by_id[asked["id"]]["status"], by_id[asked["id"]]["roles"]) == ("active", ["employer"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("personne,,,CH,employer,,", "address : « personne » n'est pas une adresse électronique"),
        ("a@example.org,,,,employer,,", "organisation : organisation attendue : son FINESS, son UAI, ou son nom"),
        (
            "a@example.org,,,Ailleurs,employer,,",
            "organisation : « Ailleurs » n'est le FINESS juridique, l'UAI ni le nom d'aucune organisation",
        ),
        ("a@example.org,,,Close,employer,,", "organisation : « Close » n'est pas en activité"),
        ("a@example.org,,,Double,employer,,", "organisation : plusieurs organisations s'appellent « Double »"),
        ("a@example.org,,,CH,,,", "roles : un rôle au moins, de : steering, committee"),
        ("a@example.org,,,CH,directeur,,", "roles : « directeur » n'est pas un de : steering"),
        ("a@example.org,,,CH,institute,,", "roles : « CH » est : Employeur, Accueil de stagiaires. Le rôle « Institut de formation »"),
        ("a@example.org,,,CH,employer,75,", "departments : « 75 » n'est pas un de : 44, 49, 53, 72, 85"),
        ("a@example.org,,,CH,employer,,peut-être", "manager : « peut-être » : oui, ou non"),
        ("a@example.org,2 95 10 99 126 111 93,,CH,employer,,", "given_name : un numéro de sécurité sociale"),
    ],
)
async def test_a_line_that_cannot_be_keeps_all_from_being_written(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path, line: str, words: str
) -> None:
    await an_organisation(steering, name="CH")
    closed = await an_organisation(steering, name="Close")
    ok(await move(steering, "organisations", closed, "close", reason="Fusion"))
    for _ in range(2):
        await an_organisation(steering, name="Double")

    report = await imported(databases, tmp_path, "sound@example.org,,,CH,employer,,", line)

    assert report.refused
    [problem] = said(report, blocking=True)
    assert problem.startswith(f"ligne 3, {words}"), problem
    assert await rows(steering, "persons") == {}


async def test_two_lines_that_contradict_each_other_are_refused(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    await an_organisation(steering, name="CH")

    report = await imported(databases, tmp_path, "a@example.org,,,CH,employer,,", "A@example.org,,,ch,reader,,")

    assert said(report, blocking=True) == [
        "ligne 3, address : déjà à la ligne 2, pour la même organisation, avec d'autres droits : gardez une seule ligne"
    ]


async def test_a_file_takes_no_last_manager_away(databases: Databases, client: Client, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    hospital = await an_organisation(steering, name="CH")
    await member(client, hospital, address="a@example.org", manager=True)

    alone = await imported(databases, tmp_path, "a@example.org,,,CH,employer,,non")
    instead = await imported(databases, tmp_path, "a@example.org,,,CH,employer,,non", "b@example.org,,,CH,employer,,oui")

    [problem] = said(alone, blocking=True)
    assert problem.startswith("ligne 2, manager : le fichier ôte à l'organisation son dernier gestionnaire")
    assert counts(instead) == {"person": (1, 0, 1), "membership": (1, 1, 0)}


async def test_who_is_suspended_stays_so_and_it_is_said(
    databases: Databases, client: Client, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    hospital = await an_organisation(steering, name="CH")
    someone, other = await member(client, hospital, address="a@example.org"), await member(client, hospital, address="b@example.org")
    ok(await move(steering, "memberships", someone.membership, "suspend", reason="Absence"))
    person = ok(await steering.get(f"/access/v1/persons/{other.membership['person_id']}"))
    ok(await move(steering, "persons", person, "suspend", reason="Départ"))

    report = await imported(databases, tmp_path, "a@example.org,,,CH,employer,,", "b@example.org,,,CH,employer,,")

    assert counts(report) == {"person": (0, 0, 2), "membership": (0, 0, 2)}
    assert [each.partition(" : ")[2] for each in said(report, blocking=False)] == [
        "l'appartenance de a@example.org est suspendue : elle le reste",
        "b@example.org est suspendu, et n'agit pas tant que le pilotage ne le reprend pas",
    ]


async def test_only_three_columns_are_needed_and_another_file_is_recognised(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await an_organisation(steering, name="CH")

    few = await imported(databases, tmp_path, "employer;CH;a@example.org", header="roles;organisation;address")
    other = await imported(databases, tmp_path, header="code_insee_ancien,nom_ancien,code_insee_actuel")
    empty = await imported(databases, tmp_path)

    assert counts(few) == {"person": (1, 0, 0), "membership": (1, 0, 0)}
    assert "ce fichier est reconnu comme « anciennes communes »" in said(other, blocking=True)[0]
    assert said(empty, blocking=True) == ["fichier : le fichier n'a aucun membre"]
