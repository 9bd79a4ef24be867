"""Statements on the copies of sites."""

from uuid import UUID

from sqlmodel import select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.access import OrganisationStatus
from services.internships_api.sites.tables import SiteCopy


def active_site(site_id: UUID, organisation_id: UUID) -> SelectOfScalar[SiteCopy]:
    """A site of an organisation, that is open."""
    return select(SiteCopy).where(
        SiteCopy.id == site_id, SiteCopy.organisation_id == organisation_id, SiteCopy.status == OrganisationStatus.active
    )
