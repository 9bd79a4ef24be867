"""Statements on organisations."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.folding import begins_words
from services.access_api.organisations.schemas import OrganisationQuery
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus
from services.kernel.api.reading import Reading, equal_to
from services.kernel.data.conditions import among, holds

ORGANISATIONS = Reading(
    Organisation,
    OrganisationQuery,
    {
        **equal_to(Organisation, "department", "status", "finess_ej", "siren", "uai"),
        "role": lambda value: holds(Organisation.roles, value),
        "q": lambda value: begins_words(Organisation.folded, value),
    },
)


def organisations(organisation_ids: Sequence[UUID]) -> SelectOfScalar[Organisation]:
    """Several organisations."""
    return select(Organisation).where(among(Organisation.id, organisation_ids))


def open_sites(organisation_id: UUID) -> SelectOfScalar[Site]:
    """The open sites of an organisation, locked in order."""
    open_ = Site.organisation_id == organisation_id, col(Site.status) == OrganisationStatus.active
    return select(Site).where(*open_).order_by(col(Site.id)).with_for_update()


def known_by(finess_ej: Sequence[str], siren: Sequence[str]) -> Executable:
    """(id, finess_ej, siren, status) of the organisations that bear one of these identifiers."""
    columns = (col(Organisation.id), col(Organisation.finess_ej), col(Organisation.siren), col(Organisation.status))
    return select(*columns).where(or_(among(Organisation.finess_ej, finess_ej), among(Organisation.siren, siren)))
