"""Who has had a site, and since when: how it changes hands, and what tells an older file."""

from collections.abc import Set as AbstractSet
from datetime import date, datetime
from uuid import UUID

from services.access_api.sites.tables import Site
from services.contracts.standing import Owner, handed_over
from services.kernel.base.clock import day_of


def owned_since(site: Site) -> date:
    """The day since which its organisation has a site."""
    return _owners(site)[-1].since


def former_owners(site: Site) -> AbstractSet[UUID]:
    """The organisations that had a site before the one that has it."""
    return {owner.organisation_id for owner in _owners(site)[:-1]}


def hand_over(site: Site, organisation_id: UUID, *, on: date, reason: str) -> None:
    """Gives a site to another organisation from a day on."""
    site.owners = [owner.model_dump(mode="json") for owner in handed_over(_owners(site), organisation_id, on)]
    site.organisation_id, site.transfer_reason = organisation_id, reason


def _owners(site: Site) -> tuple[Owner, ...]:
    known = tuple(map(Owner.model_validate, site.owners))
    opened_on = day_of(datetime.fromisoformat(site.history[0]["at"]))
    return known or (Owner(organisation_id=site.organisation_id, since=opened_on),)
