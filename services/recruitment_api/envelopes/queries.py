"""Statements on envelopes and on their ledger."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.recruitment import EnvelopeStatus
from services.kernel.api.reading import Reading, equal_to
from services.kernel.base.principals import Principal
from services.recruitment_api.envelopes.schemas import EnvelopeQuery
from services.recruitment_api.envelopes.tables import EnvelopeEntry, SchemeEnvelope

STANDS = col(SchemeEnvelope.status) != EnvelopeStatus.closed
"""The condition that an envelope is one that another would double."""


def check_change(caller: Principal, envelope: SchemeEnvelope) -> None:
    """Raises `Forbidden` for an envelope outside the caller's departments; one of no department is the region's."""
    caller.check_covers([envelope.department] if envelope.department else [])


ENVELOPES = Reading(
    SchemeEnvelope,
    EnvelopeQuery,
    equal_to(SchemeEnvelope, "scheme_id", "fiscal_year", "department", "status"),
    check_change=check_change,
)


def take(envelope_id: UUID, cents: int) -> ReturningUpdate[Any]:
    """Commits money if the envelope is open and has it, counting the entry to come. No row: it does not."""
    taken = col(SchemeEnvelope.committed_cents) + cents
    return (
        update(SchemeEnvelope)
        .where(
            col(SchemeEnvelope.id) == envelope_id,
            col(SchemeEnvelope.status) == EnvelopeStatus.open,
            taken <= col(SchemeEnvelope.ceiling_cents),
        )
        .values(committed_cents=taken, entry_count=col(SchemeEnvelope.entry_count) + 1)
        .returning(SchemeEnvelope)
    )


def give_back(envelope_id: UUID, cents: int) -> ReturningUpdate[Any]:
    """Frees committed money, counting the entry to come."""
    return (
        update(SchemeEnvelope)
        .where(col(SchemeEnvelope.id) == envelope_id)
        .values(committed_cents=col(SchemeEnvelope.committed_cents) - cents, entry_count=col(SchemeEnvelope.entry_count) + 1)
        .returning(SchemeEnvelope)
    )


def entries(envelope_id: UUID, before: int | None, limit: int) -> SelectOfScalar[EnvelopeEntry]:
    """A page of an envelope's entries, newest first, before an entry."""
    statement = select(EnvelopeEntry).where(EnvelopeEntry.envelope_id == envelope_id)
    if before is not None:
        statement = statement.where(EnvelopeEntry.seq < before)
    return statement.order_by(col(EnvelopeEntry.seq).desc()).limit(limit)
