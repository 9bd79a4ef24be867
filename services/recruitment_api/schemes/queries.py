"""Statements on schemes."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import EnvelopeStatus, SchemeStatus
from services.kernel.api.reading import REGION, Reading, Scope
from services.kernel.base.principals import Principal
from services.recruitment_api.envelopes.tables import SchemeEnvelope
from services.recruitment_api.schemes.schemas import SchemeQuery
from services.recruitment_api.schemes.tables import Scheme

SHARED = col(Scheme.status) != SchemeStatus.draft
"""A draft is seen by those who prepare schemes and their money, and by nobody else."""


def visible(caller: Principal) -> Scope:
    """What a caller sees of schemes."""
    return REGION if caller.has(Role.steering, Role.committee, Role.finance) else Scope("shared", SHARED)


SCHEMES = Reading(
    Scheme,
    SchemeQuery,
    {
        "kind": lambda value: col(Scheme.kind) == value,
        "status": lambda value: col(Scheme.status) == value,
    },
    visible=visible,
)


def unclosed_envelopes(scheme_id: UUID) -> SelectOfScalar[UUID]:
    """The envelopes of a scheme that are not closed."""
    unclosed = col(SchemeEnvelope.status) != EnvelopeStatus.closed
    return select(SchemeEnvelope.id).where(SchemeEnvelope.scheme_id == scheme_id, unclosed)
