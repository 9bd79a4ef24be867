"""HTTP for persons, and for the caller as a person."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.parties import OTHERS, person_of
from services.access_api.persons import operations
from services.access_api.persons.queries import PERSONS
from services.access_api.persons.schemas import Hold, MePatch, PersonCreate, PersonQuery, PersonRead
from services.contracts.codes import STAFF, Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import managed, self_
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

me = router("/v1/me", "me", "Soi-même", "La personne que le jeton nomme.")
routes = router("/v1/persons", "persons", "Personnes", "Les personnes qui agissent pour une organisation, ou pour elles-mêmes.")

Themself = Annotated[Principal, allow(self_(*STAFF))]
PersonReader = Annotated[Principal, allow(Role.steering, managed(*OTHERS), self_(*OTHERS))]
Steering = Annotated[Principal, allow(Role.steering)]


@me.get("", operation_id="readMe", response_model=PersonRead, responses=problems(403, 404))
async def read_me(request: Request, caller: Themself, db: Db) -> Response:
    """La personne que le jeton nomme."""
    return await PERSONS.document(request, db, person_of(caller), by=caller)


@me.patch("", operation_id="changeMe", response_model=PersonRead, responses=MOVE)
async def change_me(body: MePatch, caller: Themself, version: IfMatch, db: Db) -> Response:
    """Change ce que l'on dit de soi : nom, prénom, téléphone, langue."""
    return resource(await operations.change_me(db, body, by=caller, version=version))


@routes.get("", operation_id="listPersons", response_model=Page[PersonRead])
async def list_persons(request: Request, query: Annotated[PersonQuery, Query()], caller: PersonReader, db: Db) -> Response:
    """Les personnes, les plus récemment connues d'abord ; un gestionnaire voit celles de son organisation, chacun se voit soi-même.

    De qui est invité, une organisation ne voit le nom qu'une fois l'invitation acceptée, si d'autres connaissent déjà la personne.
    """
    return await PERSONS.page(request, db, query, by=caller)


@routes.post("", operation_id="createPerson", status_code=201, response_model=PersonRead, responses=problems(403, 409))
async def create_person(request: Request, body: PersonCreate, caller: Steering, _key: OptionalKey, db: Db) -> Response:
    """Fait connaître une personne ; elle n'a de droits que par ses appartenances."""
    return created(request, await operations.create(db, body, by=caller))


@routes.get("/{person_id}", operation_id="readPerson", response_model=PersonRead, responses=problems(404))
async def read_person(request: Request, person_id: UUID, caller: PersonReader, db: Db) -> Response:
    """Une personne."""
    return await PERSONS.document(request, db, person_id, by=caller)


@routes.get("/{person_id}/live", operation_id="readPersonLive", response_model=Live, responses=problems(404))
async def read_person_live(person_id: UUID, caller: PersonReader, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant de la personne."""
    return live(await operations.ALLOWED.live(db, person_id, by=caller))


@routes.get("/{person_id}/history", operation_id="readPersonHistory", response_model=History[PersonRead], responses=problems(403, 404))
async def read_person_history(person_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les versions successives de ce qui est su de la personne, la plus récente d'abord."""
    return await PERSONS.history(db, person_id, query, by=caller)


@routes.post("/{person_id}/suspend", operation_id="suspendPerson", response_model=PersonRead, responses=MOVE)
async def suspend_person(person_id: UUID, body: Reason, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Suspend la personne, avec un motif : elle n'agit plus pour aucune organisation ; ses appartenances demeurent."""
    return resource(await operations.suspend(db, person_id, body.reason, by=caller, version=version))


@routes.post("/{person_id}/resume", operation_id="resumePerson", response_model=PersonRead, responses=MOVE)
async def resume_person(person_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """La personne agit de nouveau, par ses appartenances telles qu'elles sont."""
    return resource(await operations.resume(db, person_id, by=caller, version=version))


@routes.post("/{person_id}/hold", operation_id="holdPerson", response_model=PersonRead, responses=MOVE)
async def hold_person(person_id: UUID, body: Hold, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Empêche, jusqu'à un jour dit, que rien de la personne ne s'efface."""
    return resource(await operations.hold(db, person_id, body, by=caller, version=version))


@routes.post("/{person_id}/release", operation_id="releasePerson", response_model=PersonRead, responses=MOVE)
async def release_person(person_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Lève ce qui empêchait que la personne s'efface."""
    return resource(await operations.release(db, person_id, by=caller, version=version))
