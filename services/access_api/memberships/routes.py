"""HTTP for memberships."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.memberships import operations
from services.access_api.memberships.grants import GrantTooWide, RoleNotAllowed
from services.access_api.memberships.managers import LastManager
from services.access_api.memberships.operations import OrganisationNotActive
from services.access_api.memberships.queries import MEMBERSHIPS
from services.access_api.memberships.schemas import Invitation, MembershipPatch, MembershipQuery, MembershipRead, MembershipRequest
from services.access_api.parties import OTHERS
from services.contracts.codes import STAFF, Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import managed, self_, within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router("/v1/memberships", "memberships", "Appartenances", "Qui agit pour quelle organisation, et ce qu'il y peut.")

MembershipReader = Annotated[Principal, allow(Role.steering, managed(*OTHERS), self_(*OTHERS))]
Manager = Annotated[Principal, allow(within(Role.steering), managed(*OTHERS))]
Themself = Annotated[Principal, allow(self_(*STAFF))]


@routes.get("", operation_id="listMemberships", response_model=Page[MembershipRead])
async def list_memberships(request: Request, query: Annotated[MembershipQuery, Query()], caller: MembershipReader, db: Db) -> Response:
    """Les appartenances, les plus récentes d'abord : à son organisation pour un gestionnaire, et les siennes pour chacun."""
    return await MEMBERSHIPS.page(request, db, query, by=caller)


@routes.post(
    "",
    operation_id="inviteMember",
    status_code=201,
    response_model=MembershipRead,
    responses=problems(GrantTooWide, RoleNotAllowed),
)
async def invite_member(request: Request, body: Invitation, caller: Manager, _key: OptionalKey, db: Db) -> Response:
    """Invite une personne à agir pour l'organisation, par son adresse ; elle n'a pas besoin d'être connue."""
    return created(request, await operations.invite(db, body, by=caller))


@routes.post(
    "/requests",
    operation_id="requestMembership",
    status_code=201,
    response_model=MembershipRead,
    responses=problems(403, 404, RoleNotAllowed),
)
async def request_membership(request: Request, body: MembershipRequest, caller: Themself, _key: OptionalKey, db: Db) -> Response:
    """Demande, pour soi, à agir pour une organisation ; ses gestionnaires, ou le pilotage, en décident."""
    return created(request, await operations.request(db, body, by=caller), beside="/requests")


@routes.get("/{membership_id}", operation_id="readMembership", response_model=MembershipRead, responses=problems(404))
async def read_membership(request: Request, membership_id: UUID, caller: MembershipReader, db: Db) -> Response:
    """Une appartenance."""
    return await MEMBERSHIPS.document(request, db, membership_id, by=caller)


@routes.get("/{membership_id}/live", operation_id="readMembershipLive", response_model=Live, responses=problems(404))
async def read_membership_live(membership_id: UUID, caller: MembershipReader, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant de l'appartenance."""
    return live(await operations.ALLOWED.live(db, membership_id, by=caller))


@routes.get(
    "/{membership_id}/history", operation_id="readMembershipHistory", response_model=History[MembershipRead], responses=problems(403, 404)
)
async def read_membership_history(membership_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Manager, db: Db) -> Response:
    """Les versions successives de l'appartenance, la plus récente d'abord ; pour qui gère celles de l'organisation."""
    return await MEMBERSHIPS.history(db, membership_id, query, by=caller)


@routes.patch(
    "/{membership_id}", operation_id="changeMembership", response_model=MembershipRead, responses=MOVE | problems(GrantTooWide, LastManager)
)
async def change_membership(membership_id: UUID, body: MembershipPatch, caller: Manager, version: IfMatch, db: Db) -> Response:
    """Change une appartenance : rôles, départements, gestion. Personne ne donne plus qu'il n'a."""
    return resource(await operations.change(db, membership_id, body, by=caller, version=version))


@routes.post(
    "/{membership_id}/approve",
    operation_id="approveMembership",
    response_model=MembershipRead,
    responses=MOVE | problems(GrantTooWide, RoleNotAllowed),
)
async def approve_membership(membership_id: UUID, caller: Manager, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Accorde à la personne ce qu'elle a demandé ; pour lui en donner moins, changez d'abord sa demande."""
    return resource(await operations.approve(db, membership_id, by=caller, version=version))


@routes.post("/{membership_id}/decline", operation_id="declineMembership", response_model=MembershipRead, responses=MOVE)
async def decline_membership(membership_id: UUID, body: Reason, caller: Manager, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Refuse, avec un motif, ce que la personne a demandé."""
    return resource(await operations.decline(db, membership_id, body.reason, by=caller, version=version))


@routes.post(
    "/{membership_id}/accept",
    operation_id="acceptMembership",
    response_model=MembershipRead,
    responses=MOVE | problems(OrganisationNotActive),
)
async def accept_membership(membership_id: UUID, caller: Themself, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Accepte une invitation : la personne agit pour l'organisation dès aujourd'hui."""
    return resource(await operations.accept(db, membership_id, by=caller, version=version))


@routes.post(
    "/{membership_id}/suspend", operation_id="suspendMembership", response_model=MembershipRead, responses=MOVE | problems(LastManager)
)
async def suspend_membership(membership_id: UUID, body: Reason, caller: Manager, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Suspend l'appartenance, avec un motif : la personne n'agit plus pour l'organisation ; le dernier gestionnaire demeure."""
    return resource(await operations.suspend(db, membership_id, body.reason, by=caller, version=version))


@routes.post(
    "/{membership_id}/resume",
    operation_id="resumeMembership",
    response_model=MembershipRead,
    responses=MOVE | problems(GrantTooWide, OrganisationNotActive),
)
async def resume_membership(membership_id: UUID, caller: Manager, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """La personne agit de nouveau pour l'organisation ; personne ne rend plus qu'il n'a : changez d'abord ce que donne l'appartenance."""
    return resource(await operations.resume(db, membership_id, by=caller, version=version))


@routes.post("/{membership_id}/end", operation_id="endMembership", response_model=MembershipRead, responses=MOVE | problems(LastManager))
async def end_membership(membership_id: UUID, body: Reason, caller: Manager, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Met fin à l'appartenance, avec un motif ; le pilotage seul met fin à celle du dernier gestionnaire."""
    return resource(await operations.end(db, membership_id, body.reason, by=caller, version=version))


@routes.post(
    "/{membership_id}/leave", operation_id="leaveMembership", response_model=MembershipRead, responses=MOVE | problems(LastManager)
)
async def leave_membership(membership_id: UUID, caller: Themself, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Quitte l'organisation, ou renonce à une invitation ou à une demande ; le dernier gestionnaire en nomme d'abord un autre."""
    return resource(await operations.leave(db, membership_id, by=caller, version=version))
