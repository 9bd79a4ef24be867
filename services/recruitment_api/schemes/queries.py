"""Statements on schemes."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import EnvelopeStatus, SchemeStatus
from services.kernel.api.reading import Reading, equal_to, visible_to
from services.recruitment_api.envelopes.tables import SchemeEnvelope
from services.recruitment_api.schemes.schemas import SchemeQuery
from services.recruitment_api.schemes.tables import Scheme

SHARED = col(Scheme.status) != SchemeStatus.draft
"""A draft is seen by steering, the committee and finance, and by nobody else."""


SCHEMES = Reading(
    Scheme,
    SchemeQuery,
    equal_to(Scheme, "kind", "status"),
    visible=visible_to(region=(Role.steering, Role.committee, Role.finance), shared=SHARED),
)


def unclosed_envelopes(scheme_id: UUID) -> SelectOfScalar[UUID]:
    """The envelopes of a scheme that are not closed."""
    unclosed = col(SchemeEnvelope.status) != EnvelopeStatus.closed
    return select(SchemeEnvelope.id).where(SchemeEnvelope.scheme_id == scheme_id, unclosed)
