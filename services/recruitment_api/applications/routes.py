"""HTTP for applications."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import Role
from services.kernel.api.auth import allow
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey, RequiredKey
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import own, within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems
from services.recruitment_api.applications import operations
from services.recruitment_api.applications.queries import APPLICATIONS
from services.recruitment_api.applications.schemas import (
    ApplicationCreate,
    ApplicationDecline,
    ApplicationLive,
    ApplicationQuery,
    ApplicationRead,
)
from services.recruitment_api.assignments.schemas import Acceptance
from services.recruitment_api.needs.operations import NeedNotOpen, NoPostLeft

routes = router("/v1/applications", "applications", "Candidatures", "Les candidatures à un besoin, et la réponse de l'employeur.")

Party = Annotated[Principal, allow(Role.steering, own(Role.employer), within(Role.hr_partner))]
Employer = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="listApplications", response_model=Page[ApplicationRead])
async def list_applications(request: Request, query: Annotated[ApplicationQuery, Query()], caller: Party, db: Db) -> Response:
    """Les candidatures qui concernent l'appelant, les plus récentes d'abord."""
    return await APPLICATIONS.page(request, db, query, by=caller)


@routes.post("", operation_id="submitApplication", status_code=201, response_model=ApplicationRead, responses=problems(NeedNotOpen))
async def submit_application(request: Request, body: ApplicationCreate, caller: Party, _key: OptionalKey, db: Db) -> Response:
    """Dépose une candidature à un besoin ouvert : une seule en attente par personne et par besoin, aucune de qui y a déjà un poste."""
    return created(request, await operations.submit(db, body, by=caller))


@routes.get("/{application_id}", operation_id="readApplication", response_model=ApplicationRead, responses=problems(404))
async def read_application(request: Request, application_id: UUID, caller: Party, db: Db) -> Response:
    """Une candidature."""
    return await APPLICATIONS.document(request, db, application_id, by=caller)


@routes.get("/{application_id}/live", operation_id="readApplicationLive", response_model=ApplicationLive, responses=problems(404))
async def read_application_live(application_id: UUID, caller: Party, db: Db) -> Response:
    """Le délai de réponse restant à la candidature et les opérations possibles, à la date du jour."""
    return live(await operations.read_live(db, application_id, by=caller))


@routes.get(
    "/{application_id}/history", operation_id="readApplicationHistory", response_model=History[ApplicationRead], responses=problems(404)
)
async def read_application_history(application_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Party, db: Db) -> Response:
    """Les versions successives de la candidature, la plus récente d'abord."""
    return await APPLICATIONS.history(db, application_id, query, by=caller)


@routes.post(
    "/{application_id}/accept", operation_id="acceptApplication", response_model=ApplicationRead, responses=MOVE | problems(NoPostLeft)
)
async def accept_application(
    application_id: UUID, body: Acceptance, caller: Employer, version: IfMatch, _key: RequiredKey, db: Db
) -> Response:
    """Accepte la candidature : un poste est pourvu, une affectation confirmée ; le dernier met fin aux candidatures en attente."""
    return resource(await operations.accept(db, application_id, body, by=caller, version=version))


@routes.post("/{application_id}/decline", operation_id="declineApplication", response_model=ApplicationRead, responses=MOVE)
async def decline_application(
    application_id: UUID, body: ApplicationDecline, caller: Employer, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Refuse la candidature, avec un motif."""
    return resource(await operations.decline(db, application_id, body.reason, by=caller, version=version))


@routes.post("/{application_id}/withdraw", operation_id="withdrawApplication", response_model=ApplicationRead, responses=MOVE)
async def withdraw_application(application_id: UUID, caller: Party, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Retire la candidature, à la demande de la personne."""
    return resource(await operations.withdraw(db, application_id, by=caller, version=version))
