"""Statements on organisations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, CompoundSelect, Text, literal, or_, select as select_columns, union
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.communes.queries import found_by_term
from services.access_api.organisations.schemas import OrganisationQuery
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import WORDS, Site
from services.contracts.access import OrganisationStatus, SiteStatus
from services.kernel.api.reading import Reading, equal_to
from services.kernel.data.conditions import among, holds
from services.kernel.data.folded import begin_words


def _found(terms: BindParameter[Any]) -> CompoundSelect[UUID]:
    """The ids of the organisations that are found by their name or by one of their sites: a union, since an OR would use no index."""
    named = select(col(Organisation.id)).where(begin_words(terms))
    at_a_site = select(col(Site.organisation_id)).where(begin_words(terms, WORDS, instead=found_by_term()))
    return union(named, at_a_site)


STANDS = col(Organisation.status) != OrganisationStatus.closed
"""The condition that an organisation is one that another would double."""

ORGANISATIONS = Reading(
    Organisation,
    OrganisationQuery,
    {
        **equal_to(Organisation, "department", "status", "finess_ej", "siren", "uai", "parent_id", "contributor", "funder_code"),
        "role": lambda value: holds(Organisation.roles, value),
        "q": lambda value: col(Organisation.id).in_(_found(value)),
    },
)


def organisations(organisation_ids: Sequence[UUID]) -> SelectOfScalar[Organisation]:
    """Several organisations."""
    return select(Organisation).where(among(Organisation.id, organisation_ids))


def found_sites(organisation_ids: Sequence[UUID], terms: list[str]) -> SelectOfScalar[Site]:
    """Of each of several organisations the oldest site that the terms of a search find."""
    found = begin_words(literal(terms, ARRAY(Text)), WORDS, instead=found_by_term())
    statement = select(Site).where(among(Site.organisation_id, organisation_ids), found)
    return statement.ext(distinct_on(col(Site.organisation_id))).order_by(col(Site.organisation_id), col(Site.id))


def acted_for(organisation_id: UUID) -> SelectOfScalar[Organisation]:
    """The organisation for which a token is issued: until the transaction ends nobody suspends or closes it."""
    return select(Organisation).where(Organisation.id == organisation_id).with_for_update(read=True)


def locked(organisation_ids: Sequence[UUID]) -> SelectOfScalar[UUID]:
    """Several organisations, locked in order: until the transaction ends nobody changes them, nor makes others depend on them."""
    statement = select(Organisation.id).where(among(Organisation.id, organisation_ids)).order_by(col(Organisation.id))
    return statement.with_for_update(key_share=True)


def first_child(organisation_id: UUID) -> SelectOfScalar[Organisation]:
    """The oldest of the organisations that depend on another, or none."""
    return select(Organisation).where(Organisation.parent_id == organisation_id).order_by(col(Organisation.id)).limit(1)


def children(organisation_id: UUID) -> SelectOfScalar[Organisation]:
    """The organisations that depend on another, locked in order."""
    statement = select(Organisation).where(Organisation.parent_id == organisation_id).order_by(col(Organisation.id))
    return statement.with_for_update(key_share=True)


def open_sites(organisation_id: UUID) -> SelectOfScalar[Site]:
    """The open sites of an organisation, locked in order."""
    open_ = Site.organisation_id == organisation_id, col(Site.status) == SiteStatus.active
    return select(Site).where(*open_).order_by(col(Site.id)).with_for_update()


def with_names(folded: Sequence[str]) -> SelectOfScalar[Organisation]:
    """The organisations that have one of these folded names."""
    return select(Organisation).where(among(Organisation.folded, folded)).order_by(col(Organisation.id))


def with_finess(finess_ej: Sequence[str]) -> SelectOfScalar[Organisation]:
    """The organisations that bear one of these FINESS of legal entities."""
    return select(Organisation).where(among(Organisation.finess_ej, finess_ej))


def with_uai(uais: Sequence[str]) -> SelectOfScalar[Organisation]:
    """The organisations that bear one of these UAI."""
    return select(Organisation).where(among(Organisation.uai, uais))


def known_by(finess_ej: Sequence[str], siren: Sequence[str]) -> Executable:
    """(id, name, finess_ej, siren, status) of the organisations that bear one of these identifiers, the oldest first."""
    columns = (col(Organisation.id), col(Organisation.name), col(Organisation.finess_ej), col(Organisation.siren), col(Organisation.status))
    either = or_(among(Organisation.finess_ej, finess_ej), among(Organisation.siren, siren))
    return select_columns(*columns).where(either).order_by(col(Organisation.id))
