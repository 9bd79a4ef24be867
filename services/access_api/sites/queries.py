"""Statements on sites."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.communes.queries import found_by_term
from services.access_api.sites.schemas import SiteQuery
from services.access_api.sites.tables import WORDS, Site
from services.contracts.access import OrganisationStatus
from services.kernel.api.reading import Reading, equal_to
from services.kernel.data.conditions import among
from services.kernel.data.folded import begin_words

STANDS = col(Site.status) == OrganisationStatus.active
"""The condition that a site is one that another would double."""

SITES = Reading(
    Site,
    SiteQuery,
    {
        **equal_to(Site, "organisation_id", "department", "commune_code", "finess_et", "siret", "sector", "status"),
        "category": lambda value: col(Site.category_code) == value,
        "q": lambda value: begin_words(value, WORDS, instead=found_by_term()),
    },
)


def several(site_ids: Sequence[UUID]) -> SelectOfScalar[Site]:
    """Several sites."""
    return select(Site).where(among(Site.id, site_ids))


def known_by(finess_et: Sequence[str]) -> SelectOfScalar[Site]:
    """The sites that bear one of these numbers."""
    return select(Site).where(among(Site.finess_et, finess_et))


def numbers_of(organisation_ids: Sequence[UUID]) -> Executable:
    """The FINESS numbers of the sites of several organisations."""
    return select(col(Site.finess_et)).where(among(Site.organisation_id, organisation_ids))
