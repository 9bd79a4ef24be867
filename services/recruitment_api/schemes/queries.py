"""Statements on schemes."""

from sqlmodel import col

from services.contracts.codes import Role
from services.contracts.recruitment import SchemeStatus
from services.kernel.api.reading import REGION, Reading, Scope
from services.kernel.base.principals import Principal
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
