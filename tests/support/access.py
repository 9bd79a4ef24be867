"""Builders for organisations, sites and communes: keywords for what a test is about, defaults for the rest."""

import csv
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from services.access_api.identifiers import is_finess, is_siren, is_siret
from services.access_api.imports.communes import import_communes
from services.access_api.imports.establishments import COLUMNS
from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases

_numbers = count(1)


def finess(number: int, department: str = "44") -> str:
    """A FINESS number with its key."""
    return next(code for key in range(10) if is_finess(code := f"{department}{number:06d}{key}"))


def siren(number: int) -> str:
    """A SIREN with its key."""
    return next(code for key in range(10) if is_siren(code := f"{number:08d}{key}"))


def siret(of_siren: str, number: int) -> str:
    """A SIRET of a SIREN, with its key."""
    return next(code for key in range(10) if is_siret(code := f"{of_siren}{number:04d}{key}"))


async def load_communes(databases: Databases) -> None:
    """The communes of the region, as the project ships them."""
    async with databases.open("access", "worker") as db:
        assert not (await import_communes(db)).refused


def organisation_body(**given: Any) -> dict[str, Any]:
    """The body of a new organisation."""
    number = next(_numbers)
    return {"name": f"Centre hospitalier {number}", "roles": ["employer", "host"], "department": "44", **given}


async def an_organisation(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """An active organisation."""
    answer = await steering.post("/access/v1/organisations", json=organisation_body(**given))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def site_body(organisation: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The body of a new site; the communes must be loaded."""
    return {"organisation_id": organisation["id"], "name": f"Site {next(_numbers)}", "commune_code": "44184", **given}


async def a_site(steering: httpx.AsyncClient, organisation: dict[str, Any], **given: Any) -> dict[str, Any]:
    """An open site of an organisation."""
    answer = await steering.post("/access/v1/sites", json=site_body(organisation, **given))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def invitation(organisation: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The body of an invitation."""
    number = next(_numbers)
    return {"organisation_id": organisation["id"], "address": f"personne-{number}@example.org", "roles": ["employer"], **given}


async def invited(by: httpx.AsyncClient, organisation: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A membership that waits for its person."""
    answer = await by.post("/access/v1/memberships", json=invitation(organisation, **given))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def member(client: Callable[..., httpx.AsyncClient], organisation: dict[str, Any], **given: Any) -> "Member":
    """Somebody who acts for an organisation."""
    membership = await invited(client(Role.steering), organisation, **given)
    return await Member.accepting(client, membership)


class Member(NamedTuple):
    """A person who acts for an organisation: their membership, and their client."""

    membership: dict[str, Any]
    client: httpx.AsyncClient

    @classmethod
    async def accepting(cls, client: Callable[..., httpx.AsyncClient], membership: dict[str, Any]) -> "Member":
        """Who accepts an invitation."""
        caller = client(
            *map(Role, membership["roles"]),
            organisation=UUID(membership["organisation_id"]),
            departments=frozenset(map(Department, membership["departments"])),
            person=UUID(membership["person_id"]),
            manager=membership["manager"],
        )
        answer = await move(caller, "memberships", membership, "accept")
        assert answer.status_code == 200, answer.text
        return cls(answer.json(), caller)


async def move(steering: httpx.AsyncClient, noun: str, row: dict[str, Any], verb: str, **body: Any) -> httpx.Response:
    """Asks for a move of a row, at the version that the test holds."""
    headers = {"If-Match": f'"{row["version"]}"'}
    return await steering.post(f"/access/v1/{noun}/{row['id']}/{verb}", json=body or None, headers=headers)


def establishment(number: int, entity: int = 1, **given: str) -> dict[str, str]:
    """A line of a file of establishments."""
    of_entity = siren(30_000_000 + entity)
    return {
        "finess": finess(number),
        "finess_ej": finess(900_000 + entity),
        "raison_sociale": f"CH N° {number}",
        "raison_sociale_complementaire": "",
        "categorie_finess": "355",
        "libelle_categorie": "Centre Hospitalier (C.H.)",
        "statut_juridique_code": "13",
        "libelle_statut_juridique": "Etablissement Public Communal d'Hospitalisation",
        "siren": of_entity,
        "siret": siret(of_entity, number),
        "code_departement": "44",
        "code_insee_commune": "44184",
        "code_postal": "44600",
        "adresse": "11, BD GEORGES CHARPAK",
        **given,
    }


def write_csv(path: Path, rows: Sequence[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """A file of establishments."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def windows_copy(path: Path, to: Path) -> Path:
    """A file as a spreadsheet on Windows saves it: semicolons, CRLF, Windows-1252."""
    with path.open(encoding="utf-8", newline="") as read, to.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows(csv.reader(read))
    return to


def spoilt_by_a_spreadsheet(path: Path, to: Path, *columns: str) -> Path:
    """A file whose columns a spreadsheet took for numbers: those are shown with an exponent, other codes have lost their zeros."""
    with path.open(encoding="utf-8", newline="") as read, to.open("w", encoding="utf-8-sig", newline="") as file:
        names, *rows = csv.reader(read)
        writer = csv.writer(file, delimiter=";")
        writer.writerow(names)
        for row in rows:
            spoilt = [_spoilt(cell) if name in columns else cell for name, cell in zip(names, row, strict=True)]
            writer.writerow(spoilt)
    return to


def _spoilt(cell: str) -> str:
    return f"{float(cell):.4E}".replace(".", ",") if cell.isdecimal() else cell.lstrip("0")
