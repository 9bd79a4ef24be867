"""HTTP for commitments."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import RequiredKey
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems
from services.recruitment_api.commitments import operations
from services.recruitment_api.commitments.queries import COMMITMENTS
from services.recruitment_api.commitments.schemas import CommitmentCreate, CommitmentQuery, CommitmentRead
from services.recruitment_api.envelopes.operations import EnvelopeExceeded

routes = router("/v1/commitments", "commitments", "Engagements", "Les montants engagés sur une enveloppe, jusqu'à leur libération.")

CommitmentReader = Annotated[Principal, allow(Role.steering, Role.finance)]
CommitmentEditor = Annotated[Principal, allow(within(Role.steering, Role.finance))]


@routes.get("", operation_id="listCommitments", response_model=Page[CommitmentRead])
async def list_commitments(request: Request, query: Annotated[CommitmentQuery, Query()], caller: CommitmentReader, db: Db) -> Response:
    """Les engagements, les plus récents d'abord."""
    return await COMMITMENTS.page(request, db, query, by=caller)


@routes.post("", operation_id="createCommitment", status_code=201, response_model=CommitmentRead, responses=problems(EnvelopeExceeded))
async def create_commitment(request: Request, body: CommitmentCreate, caller: CommitmentEditor, _key: RequiredKey, db: Db) -> Response:
    """Engage un montant sur une enveloppe ouverte, jamais un centime de trop."""
    return created(request, await operations.create(db, body, by=caller))


@routes.get("/{commitment_id}", operation_id="readCommitment", response_model=CommitmentRead, responses=problems(404))
async def read_commitment(request: Request, commitment_id: UUID, caller: CommitmentReader, db: Db) -> Response:
    """Un engagement."""
    return await COMMITMENTS.document(request, db, commitment_id, by=caller)


@routes.get("/{commitment_id}/live", operation_id="readCommitmentLive", response_model=Live, responses=problems(404))
async def read_commitment_live(commitment_id: UUID, caller: CommitmentReader, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant de l'engagement."""
    return live(await operations.ALLOWED.live(db, commitment_id, by=caller))


@routes.get(
    "/{commitment_id}/history", operation_id="readCommitmentHistory", response_model=History[CommitmentRead], responses=problems(404)
)
async def read_commitment_history(
    commitment_id: UUID, query: Annotated[HistoryQuery, Query()], caller: CommitmentReader, db: Db
) -> Response:
    """Les versions successives de l'engagement, la plus récente d'abord."""
    return await COMMITMENTS.history(db, commitment_id, query, by=caller)


@routes.post("/{commitment_id}/release", operation_id="releaseCommitment", response_model=CommitmentRead, responses=MOVE)
async def release_commitment(
    commitment_id: UUID, body: Reason, caller: CommitmentEditor, version: IfMatch, _key: RequiredKey, db: Db
) -> Response:
    """Libère l'engagement, une seule fois : son montant redevient disponible."""
    return resource(await operations.release(db, commitment_id, body.reason, by=caller, version=version))
