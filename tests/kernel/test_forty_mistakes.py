"""Forty mistakes of somebody who calls for the first time: each answer says, in French, what to do next."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from services.contracts.codes import Role
from tests.conftest import Client

SOME = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
ACTIONS, NEEDS, REQUESTS = "/actions/v1/actions", "/recruitment/v1/needs", "/internships/v1/requests"
ONE = f"{ACTIONS}/{SOME}"
K03 = "/observatory/v1/indicators/K03/values"
ACTION = {"ref": "A-1", "axis": "A4", "objectives": ["O2"], "title": "Une action"}
NEED = {"site_id": SOME, "profession": "ide", "headcount": 1, "starts_on": "2027-02-01", "legal_forms": ["cdi"], "expires_on": "2027-03-01"}
OFFER = {"unit_id": SOME, "professions": ["ide"], "starts_on": "2027-02-01", "ends_on": "2027-03-01", "seats": 2}
SITE = {"organisation_id": SOME, "name": "Un site", "commune_code": "44109"}


class Mistake(NamedTuple):
    """A call, and what its answer says."""

    call: str
    status: int
    words: str
    body: Any = None
    head: Mapping[str, str] = MappingProxyType({})
    role: Role | None = Role.steering
    organisation: UUID | None = None


KEY = {"Idempotency-Key": "a-key-of-the-tests"}
EMPLOYER: dict[str, Any] = {"role": Role.employer, "organisation": UUID(SOME)}
NOBODY: dict[str, Any] = {"role": Role.employer}
MISTAKES = [
    Mistake(f"POST {ACTIONS}", 422, "Un corps JSON est attendu, avec l'en-tête Content-Type: application/json."),
    Mistake(f"POST {ACTIONS}", 422, "4 champs sont à corriger : title, axis, objectives, ref.", {}),
    Mistake(f"POST {ACTIONS}", 422, "Un objet est attendu", []),
    Mistake(f"POST {ACTIONS}", 400, "il ne se lit plus à la ligne 1, colonne 2", b"{", {"Content-Type": "application/json"}),
    Mistake(f"POST {ACTIONS}", 415, "« Content-Type: application/json »", b"{}", {"Content-Type": "text/plain"}),
    Mistake(f"POST {ACTIONS}", 422, "axis : valeurs permises : A1, A2, A3, A4, A5, A6 ou A7.", {**ACTION, "axis": "A9"}),
    Mistake(f"POST {ACTIONS}", 422, 'objectives : une liste est attendue, par exemple ["O1"].', {**ACTION, "objectives": "O2"}),
    Mistake(f"POST {ACTIONS}", 422, 'ref : ce n\'est pas la forme attendue, par exemple "F51".', {**ACTION, "ref": "a b/c"}),
    Mistake(f"POST {ACTIONS}", 422, "titel : champ inconnu ; est-ce title ? Permis : title, desc", {**ACTION, "titel": "y"}),
    Mistake(f"POST {ACTIONS}", 422, "une date s'écrit AAAA-MM-JJ", {**ACTION, "starts_on": "01/02/2026"}),
    Mistake(
        f"POST {ACTIONS}",
        422,
        "ce jour n'existe pas ; une date AAAA-MM-JJ est attendue, par exemple \"",
        {**ACTION, "starts_on": "2026-02-30"},
    ),
    Mistake(f"POST {ACTIONS}", 422, "un identifiant (UUID) est attendu, comme l'API en donne", {**ACTION, "lead_organisation_id": "CHU"}),
    Mistake(f"POST {ACTIONS}", 403, "demandez-en un qui nomme la vôtre", ACTION, role=Role.reader),
    Mistake("POST /recruitment/v1/commitments", 403, "l'un de ces rôles : finance, steering", role=Role.reader),
    Mistake(f"POST {ACTIONS}?force=oui", 422, "force : Ce paramètre n'existe pas ici : cette adresse n'en prend aucun.", ACTION),
    Mistake(f"GET {ACTIONS}?statut=draft", 422, "est-ce status ? Permis : after, axis"),
    Mistake(f"GET {ACTIONS}?status=foo", 422, "status : valeurs permises : draft, submitted, approved"),
    Mistake(f"GET {ACTIONS}?department=99", 422, "department : valeurs permises : 44, 49, 53, 72 ou 85."),
    Mistake(f"GET {ACTIONS}?limit=1000", 422, "limit : au plus 200."),
    Mistake(f"GET {ACTIONS}?limit=beaucoup", 422, "limit : un entier est attendu"),
    Mistake(f"GET {ACTIONS}?after=hello", 422, "after : au moins 22 caractère(s)"),
    Mistake(f"GET {ACTIONS}?axis=A1&axis=A2", 422, "axis : Ce paramètre est donné deux fois : gardez-en un."),
    Mistake(f"GET {ACTIONS}", 406, "« Accept: application/json »", head={"Accept": "text/csv"}),
    Mistake(f"GET {ACTIONS}", 401, "« Authorization: Bearer … »", role=None),
    Mistake(f"GET {ACTIONS}", 401, "Seul le schéma Bearer est accepté", head={"Authorization": "Basic abc"}, role=None),
    Mistake(f"GET {ACTIONS}", 401, "demandez-en un nouveau", head={"Authorization": "Bearer abc"}, role=None),
    Mistake(f"GET {ACTIONS}/42", 422, "action_id : un identifiant (UUID) est attendu"),
    Mistake(f"GET {ONE}", 404, "n'existe pas, ou vous n'y avez pas accès"),
    Mistake("GET /actions/v1/action", 404, "Cette adresse n'existe pas."),
    Mistake(f"DELETE {ONE}", 405, "Cette méthode n'est pas permise ici."),
    Mistake(f"PATCH {ONE}", 428, 'par exemple If-Match: "3"', {"title": "y"}),
    Mistake(f"PATCH {ONE}", 412, 'écrivez "1", guillemets compris', {"title": "y"}, {"If-Match": "1"}),
    Mistake(
        f"PATCH {ACTIONS}/{SOME}",
        412,
        "ne prend pas « * » : donnez l'ETag",
        {"title": "y"},
        {"If-Match": "*"},
    ),
    Mistake(f"POST {NEEDS}", 403, "Votre jeton ne nomme aucune organisation", NEED, **NOBODY),
    Mistake(
        f"POST {NEEDS}",
        422,
        "headcount : un entier est attendu, sans guillemets",
        {**NEED, "headcount": "2"},
        **EMPLOYER,
    ),
    Mistake(f"POST {NEEDS}", 422, "headcount : au moins 1.", {**NEED, "headcount": 0}, **EMPLOYER),
    Mistake(
        f"POST {REQUESTS}",
        403,
        "Votre jeton ne nomme aucune organisation",
        {"offer_id": SOME, "profession": "ide", "learners": 2},
        role=Role.institute,
    ),
    Mistake("POST /internships/v1/offers", 422, "se désigne par son lundi", {**OFFER, "starts_on": "2027-02-03"}, KEY, **EMPLOYER),
    Mistake(f"GET {K03}?department=99", 422, "department : valeurs permises : 44, 49"),
    Mistake(f"GET {K03}?by=profession", 422, "K03 n'a pas de dimension « profession » ; il a : status"),
    Mistake("GET /observatory/v1/indicators/K99/values", 404, "L'indicateur K99 n'existe pas."),
    Mistake("GET /observatory/v1/values?as_of=demain", 422, "as_of : une date s'écrit AAAA-MM-JJ."),
    Mistake("POST /access/v1/sites", 422, 'siret : au moins 14 caractère(s), par exemple "26440026800456"', {**SITE, "siret": "123"}),
    Mistake("POST /access/v1/sites", 422, "Cette commune est inconnue", {**SITE, "commune_code": "99999"}),
]
ENGLISH = re.compile(r"\b(should|must|or|and|the|input|valid|expecting)\b", re.IGNORECASE)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: f"{each.call[:60]} {each.status}")
async def test_g8_a_mistake_is_answered_with_what_to_do(client: Client, mistake: Mistake) -> None:
    caller = client(*([mistake.role] if mistake.role else []), organisation=mistake.organisation)
    method, _, path = mistake.call.partition(" ")
    raw = isinstance(mistake.body, bytes)
    answer = await caller.request(
        method, path, content=mistake.body if raw else None, json=None if raw else mistake.body, headers=mistake.head
    )
    assert answer.status_code == mistake.status, answer.text
    problem = answer.json()
    said = [problem["detail"], *(error["detail"] for error in problem.get("errors", ()))]
    assert mistake.words in problem["detail"]
    assert not [words for words in said if ENGLISH.search(words)]


async def test_g3_a_day_to_come_is_said_to_be_one(client: Client) -> None:
    for day, to_come in (("2099-01-01", True), ("2026-01-01", False)):
        for path in (K03, "/observatory/v1/values"):
            assert (await client(Role.steering).get(path, params={"as_of": day})).json()["to_come"] is to_come


@pytest.mark.parametrize("accept", ["text/csv", "text/calendar", "application/json;q=0", "image/*"])
async def test_g10_a_format_that_is_not_there_is_refused_and_no_other(client: Client, accept: str) -> None:
    steering = client(Role.steering)
    refused = await steering.get(ACTIONS, headers={"Accept": accept})
    assert (refused.status_code, refused.json()["type"]) == (406, "urn:plam:problem:not-acceptable")
    for fine in ("*/*", "application/*", "application/json", f"{accept}, application/json;q=0.1", "text/html,*/*;q=0.8"):
        assert (await steering.get(ACTIONS, headers={"Accept": fine})).status_code == 200, fine


async def test_g9_a_token_without_organisation_is_told_that_it_names_none(client: Client) -> None:
    own = client(Role.employer, organisation=UUID(SOME))
    for caller, words in ((client(Role.employer), "Votre jeton ne nomme aucune organisation"), (own, "ses propres besoins")):
        refused = await caller.post(NEEDS, json={**NEED, "organisation_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c"})
        assert refused.status_code == 403
        assert words in refused.json()["detail"]
