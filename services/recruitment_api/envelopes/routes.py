"""HTTP for envelopes and their ledgers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey, RequiredKey
from services.kernel.api.lookalikes import Force
from services.kernel.api.paging import PageQuery
from services.kernel.api.resources import IfMatch, Page, created, live, page_of, resource
from services.kernel.api.rights import within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems
from services.recruitment_api.envelopes import operations
from services.recruitment_api.envelopes.queries import ENVELOPES
from services.recruitment_api.envelopes.schemas import (
    CeilingChange,
    EntryRead,
    EnvelopeCreate,
    EnvelopeQuery,
    EnvelopeRead,
)

routes = router("/v1/envelopes", "envelopes", "Enveloppes", "Les crédits d'un dispositif pour une année, et leur registre.")

EnvelopeReader = Annotated[Principal, allow(Role.steering, Role.finance, Role.committee, Role.hr_partner, Role.reader)]
LedgerReader = Annotated[Principal, allow(Role.steering, Role.finance)]
EnvelopeEditor = Annotated[Principal, allow(within(Role.steering, Role.finance))]


@routes.get("", operation_id="listEnvelopes", response_model=Page[EnvelopeRead])
async def list_envelopes(request: Request, query: Annotated[EnvelopeQuery, Query()], caller: EnvelopeReader, db: Db) -> Response:
    """Les enveloppes, les plus récentes d'abord."""
    return await ENVELOPES.page(request, db, query, by=caller)


@routes.post("", operation_id="createEnvelope", status_code=201, response_model=EnvelopeRead, responses=problems(409))
async def create_envelope(
    request: Request, body: EnvelopeCreate, caller: EnvelopeEditor, _key: RequiredKey, db: Db, force: Force = False
) -> Response:
    """Ouvre une enveloppe d'un dispositif actif ; son registre commence par son plafond."""
    return created(request, await operations.create(db, body, by=caller, force=force))


@routes.get("/{envelope_id}", operation_id="readEnvelope", response_model=EnvelopeRead, responses=problems(404))
async def read_envelope(request: Request, envelope_id: UUID, caller: EnvelopeReader, db: Db) -> Response:
    """Une enveloppe : son plafond, ce qui est engagé, ce qui est disponible."""
    return await ENVELOPES.document(request, db, envelope_id, by=caller)


@routes.get("/{envelope_id}/live", operation_id="readEnvelopeLive", response_model=Live, responses=problems(404))
async def read_envelope_live(envelope_id: UUID, caller: EnvelopeReader, db: Db) -> Response:
    """Les opérations possibles sur l'enveloppe."""
    return live(await operations.ALLOWED.live(db, envelope_id, by=caller))


@routes.get("/{envelope_id}/history", operation_id="readEnvelopeHistory", response_model=History[EnvelopeRead], responses=problems(404))
async def read_envelope_history(envelope_id: UUID, query: Annotated[HistoryQuery, Query()], caller: EnvelopeReader, db: Db) -> Response:
    """Les versions successives de l'enveloppe, la plus récente d'abord."""
    return await ENVELOPES.history(db, envelope_id, query, by=caller)


@routes.get("/{envelope_id}/entries", operation_id="listEnvelopeEntries", response_model=Page[EntryRead], responses=problems(404))
async def list_envelope_entries(
    request: Request, envelope_id: UUID, query: Annotated[PageQuery, Query()], caller: LedgerReader, db: Db
) -> Response:
    """Le registre de l'enveloppe : ses écritures, la dernière d'abord."""
    return page_of(request, query, await operations.read_entries(db, envelope_id, query, by=caller), no_store=True)


@routes.post(
    "/{envelope_id}/ceiling",
    operation_id="changeEnvelopeCeiling",
    response_model=EnvelopeRead,
    responses=MOVE | problems(operations.CeilingBelowCommitted),
)
async def change_envelope_ceiling(
    envelope_id: UUID, body: CeilingChange, caller: EnvelopeEditor, version: IfMatch, _key: RequiredKey, db: Db
) -> Response:
    """Change le plafond de l'enveloppe, jamais au-dessous de ce qui est engagé."""
    return resource(await operations.change_ceiling(db, envelope_id, body, by=caller, version=version))


@routes.post("/{envelope_id}/freeze", operation_id="freezeEnvelope", response_model=EnvelopeRead, responses=MOVE)
async def freeze_envelope(envelope_id: UUID, body: Reason, caller: EnvelopeEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Gèle l'enveloppe : aucun engagement jusqu'au dégel."""
    return resource(await operations.freeze(db, envelope_id, body.reason, by=caller, version=version))


@routes.post("/{envelope_id}/unfreeze", operation_id="unfreezeEnvelope", response_model=EnvelopeRead, responses=MOVE)
async def unfreeze_envelope(envelope_id: UUID, caller: EnvelopeEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Dégèle l'enveloppe."""
    return resource(await operations.unfreeze(db, envelope_id, by=caller, version=version))


@routes.post("/{envelope_id}/close", operation_id="closeEnvelope", response_model=EnvelopeRead, responses=MOVE)
async def close_envelope(envelope_id: UUID, body: Reason, caller: EnvelopeEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Clôt l'enveloppe : elle ne reçoit plus d'engagement et garde son plafond ; ses engagements se libèrent encore."""
    return resource(await operations.close(db, envelope_id, body.reason, by=caller, version=version))


@routes.post("/{envelope_id}/reopen", operation_id="reopenEnvelope", response_model=EnvelopeRead, responses=MOVE)
async def reopen_envelope(envelope_id: UUID, body: Reason, caller: EnvelopeEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Rouvre une enveloppe close, avec un motif, tant que son dispositif est actif."""
    return resource(await operations.reopen(db, envelope_id, body.reason, by=caller, version=version))
