"""What access_api says of its entities: who is who, and where."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from services.contracts.codes import Department, OrganisationRole, Sector
from services.contracts.envelope import State


class OrganisationStatus(StrEnum):
    """La vie d'une organisation ou d'un site."""

    active = "active"
    closed = "closed"


class OrganisationState(State):
    """Une organisation : entité juridique, avec ses identifiants nationaux et ses rôles dans le plan."""

    kind: ClassVar[str] = "organisation"
    number: ClassVar[int] = 1

    name: str
    roles: tuple[OrganisationRole, ...]
    finess_ej: str | None = None
    siren: str | None = None
    uai: str | None = None
    department: Department | None = None
    status: OrganisationStatus


class SiteState(State):
    """Un site : lieu d'exercice d'une organisation, identifié par son FINESS géographique."""

    kind: ClassVar[str] = "site"
    number: ClassVar[int] = 1

    organisation_id: UUID
    name: str
    finess_et: str | None = None
    siret: str | None = None
    commune_code: str
    department: Department
    sector: Sector | None = None
    status: OrganisationStatus
