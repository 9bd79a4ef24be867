"""Statements on the copies of organisations."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.access import OrganisationStatus
from services.internships_api.organisations.tables import OrganisationCopy


def active_organisation(organisation_id: UUID) -> SelectOfScalar[OrganisationCopy]:
    """An organisation that is open."""
    return select(OrganisationCopy).where(OrganisationCopy.id == organisation_id, OrganisationCopy.status == OrganisationStatus.active)
