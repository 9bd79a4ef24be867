"""What can be done with an envelope. Its money moves by a guarded update and an entry, in one transaction."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import insert

from services.contracts.recruitment import EnvelopeStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.lookalikes import refuse_lookalike
from services.kernel.api.paging import PageQuery, after_of
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict, invalid, member
from services.kernel.data.database import Database
from services.recruitment_api.copies import is_funder
from services.recruitment_api.envelopes import queries
from services.recruitment_api.envelopes.lifecycle import LIFECYCLE, OPERATIONS, move
from services.recruitment_api.envelopes.queries import ENVELOPES
from services.recruitment_api.envelopes.schemas import CeilingChange, EntryRead, EnvelopeCreate
from services.recruitment_api.envelopes.tables import EntryKind, EnvelopeEntry, SchemeEnvelope
from services.recruitment_api.schemes import operations as schemes

LAST_SEQ = 2**63 - 1

ALIKE = "Ce dispositif a déjà une enveloppe de ce financeur pour ce département et cet exercice, qui n'est pas close."

NO_FUNDER = (
    "Aucune organisation active ne finance sous ce code : demandez au pilotage de donner le rôle de financeur et ce code (`funder_code`) à "
    "celle qui finance. Si c'est fait à l'instant, recommencez dans quelques secondes."
)

EVENTS = {
    EntryKind.commit: "recruitment.scheme_envelope.committed",
    EntryKind.release: "recruitment.scheme_envelope.released",
    EntryKind.ceiling_change: "recruitment.scheme_envelope.ceiling_changed",
}


class EnvelopeNotOpen(Conflict):
    """Only an open envelope takes commitments, and a closed one keeps its ceiling; money committed comes back to any."""

    type = "envelope-not-open"
    title = "L'enveloppe n'est pas ouverte"
    advice = "Rouvrez d'abord l'enveloppe."


class EnvelopeExceeded(Conflict):
    """A commitment is larger than what is left: `available_cents` says how much that is."""

    type = "envelope-exceeded"
    title = "L'enveloppe serait dépassée"
    told = "350000 centimes demandés, 150000 disponibles."
    members = member("available_cents", int, "Montant encore disponible, en centimes.", 150_000)


class CeilingBelowCommitted(Conflict):
    """A ceiling would fall below what is committed, by `shortfall_cents`."""

    type = "ceiling-below-committed"
    title = "Le plafond serait inférieur au montant engagé"
    told = "Il manquerait 500,00 € : gardez un plafond d'au moins ce qui est engagé, ou libérez d'abord des engagements."
    members = member("shortfall_cents", int, "Ce qui manquerait, en centimes.", 50_000)


async def create(db: Database, body: EnvelopeCreate, *, by: Principal, force: bool = False) -> SchemeEnvelope:
    """Opens an envelope of an active scheme; its ledger begins with its ceiling.

    Raises `Invalid` for a scheme or a funder that is unknown, `SchemeNotActive`, and `LooksTwice` unless it is forced.
    """
    by.check_covers([body.department] if body.department else [])  # an envelope of no department is the region's
    if not await is_funder(db, body.funder):
        raise invalid("#/funder", "unknown_reference", NO_FUNDER)
    scheme = await schemes.load_active(db, body.scheme_id)
    if not force:
        same = {name: getattr(body, name) for name in ("scheme_id", "department", "funder", "fiscal_year")}
        await refuse_lookalike(db, SchemeEnvelope, same, queries.STANDS, said=ALIKE)
    envelope = SchemeEnvelope(**body.model_dump(), scheme_code=scheme.code, opened_on=clock.today(), entry_count=1)
    await db.save(envelope, event="recruitment.scheme_envelope.opened", by=by)
    await _insert_entry(db, envelope, EntryKind.ceiling_change, envelope.ceiling_cents, by=by, reference="Plafond initial")
    return envelope


async def change_ceiling(db: Database, envelope_id: UUID, body: CeilingChange, *, by: Principal, version: int) -> SchemeEnvelope:
    """Raises or lowers the ceiling. Raises `CeilingBelowCommitted` with the shortfall, `EnvelopeNotOpen` once closed."""
    envelope = await ENVELOPES.load_for_change(db, envelope_id, by=by, version=version, lock=Lock.update)
    if envelope.status is EnvelopeStatus.closed:
        raise EnvelopeNotOpen
    difference = body.ceiling_cents - envelope.ceiling_cents
    shortfall = envelope.committed_cents - body.ceiling_cents
    if shortfall > 0:
        said = f"Il manque {shortfall} centimes pour couvrir ce qui est engagé : libérez d'abord des engagements."
        raise CeilingBelowCommitted(said, shortfall_cents=shortfall)
    if difference == 0:
        return envelope
    envelope.ceiling_cents = body.ceiling_cents
    envelope.entry_count += 1
    await _enter(db, envelope, EntryKind.ceiling_change, abs(difference), by=by, reference=body.reason)
    return envelope


async def freeze(db: Database, envelope_id: UUID, reason: str, *, by: Principal, version: int) -> SchemeEnvelope:
    """Freezes an open envelope: no commitment until it is open again."""
    return await _move(db, envelope_id, EnvelopeStatus.frozen, "recruitment.scheme_envelope.frozen", by=by, version=version, reason=reason)


async def unfreeze(db: Database, envelope_id: UUID, *, by: Principal, version: int) -> SchemeEnvelope:
    """Opens a frozen envelope again."""
    envelope = await ENVELOPES.load_for_change(db, envelope_id, by=by, version=version)
    move(envelope, EnvelopeStatus.open, only_from=EnvelopeStatus.frozen)
    envelope.status_reason = None
    return await db.save(envelope, event="recruitment.scheme_envelope.unfrozen", by=by)


async def close(db: Database, envelope_id: UUID, reason: str, *, by: Principal, version: int) -> SchemeEnvelope:
    """Closes an envelope: it takes no more commitments, and keeps its ceiling; those that it has may still be released."""
    return await _move(db, envelope_id, EnvelopeStatus.closed, "recruitment.scheme_envelope.closed", by=by, version=version, reason=reason)


async def reopen(db: Database, envelope_id: UUID, reason: str, *, by: Principal, version: int) -> SchemeEnvelope:
    """Opens a closed envelope again, with a reason. Raises `SchemeNotActive`: a scheme retires with its last envelope."""
    envelope = await ENVELOPES.load_for_change(db, envelope_id, by=by, version=version)
    move(envelope, EnvelopeStatus.open, only_from=EnvelopeStatus.closed)
    await schemes.load_active(db, envelope.scheme_id)
    envelope.status_reason = reason
    return await db.save(envelope, event="recruitment.scheme_envelope.reopened", by=by)


@asynccontextmanager
async def take(
    db: Database, envelope_id: UUID, cents: int, *, by: Principal, reference: str, commitment_id: UUID
) -> AsyncIterator[SchemeEnvelope]:
    """Takes money from an envelope, never a cent too many: the block saves the commitment, and its end the entry and the envelope.

    Raises `Invalid`, `Forbidden`, `EnvelopeNotOpen` or `EnvelopeExceeded`.
    """
    rows = await db.fetch(queries.take(envelope_id, cents))
    if not rows:
        raise await _refusal(db, envelope_id, cents, by)
    envelope: SchemeEnvelope = rows[0]
    queries.check_change(by, envelope)
    yield envelope
    await _enter(db, envelope, EntryKind.commit, cents, by=by, reference=reference, commitment_id=commitment_id)


@asynccontextmanager
async def give_back(
    db: Database, envelope_id: UUID, cents: int, *, by: Principal, reference: str, commitment_id: UUID
) -> AsyncIterator[SchemeEnvelope]:
    """Puts money back into an envelope, even a closed one, as `take` takes it."""
    envelope: SchemeEnvelope = await db.one(queries.give_back(envelope_id, cents))
    queries.check_change(by, envelope)
    yield envelope
    await _enter(db, envelope, EntryKind.release, cents, by=by, reference=reference, commitment_id=commitment_id)


async def read_entries(db: Database, envelope_id: UUID, query: PageQuery, *, by: Principal) -> list[tuple[UUID, str]]:
    """A page of entries; the cursor's identifier is the entry's rank, since the ledger's order is the order of its ranks."""
    before = min(after_of(query.after).int, LAST_SEQ) if query.after else None
    found = await db.fetch(queries.entries(envelope_id, before, query.limit + 1))
    if not found:
        await ENVELOPES.one(db, envelope_id, by=by)
    return [(UUID(int=entry.seq), EntryRead.model_validate(entry).model_dump_json()) for entry in found]


async def _move(
    db: Database, envelope_id: UUID, to: EnvelopeStatus, event: str, *, by: Principal, version: int, reason: str
) -> SchemeEnvelope:
    envelope = await ENVELOPES.load_for_change(db, envelope_id, by=by, version=version)
    move(envelope, to)
    envelope.status_reason = reason
    return await db.save(envelope, event=event, by=by)


async def _enter(
    db: Database, envelope: SchemeEnvelope, kind: EntryKind, cents: int, *, by: Principal, reference: str, commitment_id: UUID | None = None
) -> None:
    """Writes the entry that explains an envelope's new counters, and the envelope with it."""
    await _insert_entry(db, envelope, kind, cents, by=by, reference=reference, commitment_id=commitment_id)
    await db.save(envelope, event=EVENTS[kind], by=by)


async def _insert_entry(
    db: Database, envelope: SchemeEnvelope, kind: EntryKind, cents: int, *, by: Principal, reference: str, commitment_id: UUID | None = None
) -> None:
    values = {
        "envelope_id": envelope.id,
        "seq": envelope.entry_count,
        "kind": kind,
        "amount_cents": cents,
        "reference": reference,
        "commitment_id": commitment_id,
        "balance_after_cents": envelope.available_cents,
        "by": by.subject,
        "recorded_at": clock.real_now(),
    }
    await db.fetch(insert(EnvelopeEntry).values(**values))


async def _refusal(db: Database, envelope_id: UUID, cents: int, by: Principal) -> Exception:
    envelope = await ENVELOPES.cited(db, envelope_id, by=by, pointer="#/envelope_id", unknown="Cette enveloppe n'existe pas.")
    queries.check_change(by, envelope)
    if envelope.status is not EnvelopeStatus.open:
        verb = "Dégelez" if envelope.status is EnvelopeStatus.frozen else "Rouvrez"
        return EnvelopeNotOpen(f"{verb} d'abord l'enveloppe, qui est {LIFECYCLE.words[envelope.status]}.")
    left = envelope.available_cents
    return EnvelopeExceeded(f"{cents} centimes demandés, {left} disponibles.", available_cents=left)


async def _refused_now(db: Database, envelope: SchemeEnvelope) -> Collection[str]:
    """A closed envelope stays closed once its scheme has retired."""
    ended = envelope.status is EnvelopeStatus.closed and not await schemes.is_active(db, envelope.scheme_id)
    return ("reopenEnvelope",) if ended else ()


ALLOWED = AllowedOperations(ENVELOPES, OPERATIONS, refused=_refused_now)
