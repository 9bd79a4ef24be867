"""Statements on sites."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, column, exists, func, literal, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.communes.queries import found_by_term
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.schemas import SiteQuery
from services.access_api.sites.tables import WORDS, Site
from services.contracts.access import SiteStatus
from services.contracts.codes import OrganisationRole
from services.kernel.api.reading import Reading, equal_to
from services.kernel.data.conditions import among, holds
from services.kernel.data.folded import begin_words

HOME = "500"
"""The FINESS category of homes for dependent older people (EHPAD)."""
STANDS = col(Site.status) == SiteStatus.active
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


def of_organisations(organisation_ids: Sequence[UUID]) -> SelectOfScalar[Site]:
    """The sites of several organisations, the oldest first."""
    return select(Site).where(among(Site.organisation_id, organisation_ids)).order_by(col(Site.id))


def open_homes(commune_codes: Sequence[str]) -> SelectOfScalar[Site]:
    """The open sites of some communes that are homes for dependent older people, or an employer's of which nobody said what they are."""
    employers = select(Organisation.id).where(holds(Organisation.roles, literal(OrganisationRole.employer.value)))
    unsaid = and_(col(Site.category_code).is_(None), col(Site.organisation_id).in_(employers))
    is_home = or_(col(Site.category_code) == HOME, unsaid)
    return select(Site).where(among(Site.commune_code, commune_codes), STANDS, is_home).order_by(col(Site.id))


def numbers_of(organisation_ids: Sequence[UUID]) -> Executable:
    """The FINESS numbers of the sites that several organisations have, or had before another."""
    owner = func.jsonb_array_elements(col(Site.owners)).table_valued(column("value", JSONB))
    had = exists().select_from(owner).where(owner.c.value["organisation_id"].astext == any_(_texts(organisation_ids)))
    return select(col(Site.finess_et)).where(or_(among(Site.organisation_id, organisation_ids), had))


def _texts(organisation_ids: Sequence[UUID]) -> ColumnElement[Any]:
    return literal([str(organisation_id) for organisation_id in organisation_ids], ARRAY(Text))
