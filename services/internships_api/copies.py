"""Read-only copies of what access_api says of organisations, of their sites and of who acts for them, which arrive in any order."""

from functools import partial
from uuid import UUID

from services.contracts.access import MembershipState, OrganisationState, OrganisationStatus, PersonState, SiteState, SiteStatus
from services.contracts.standing import Concealment
from services.internships_api.base import METADATA
from services.kernel.data.database import Database
from services.kernel.data.privacy import Privacy
from services.kernel.data.standing import concealment_of_site, suspension_of
from services.kernel.events.copies import copy_of, heard_of, projector
from services.kernel.events.copy_holdings import HeldCopies

ORGANISATIONS = copy_of(OrganisationState, METADATA, "name", "roles", "suspended_spells", "status")
PERSONS = copy_of(PersonState, METADATA, "status", privacy=Privacy.personal)
MEMBERSHIPS = copy_of(
    MembershipState,
    METADATA,
    *("person_id", "organisation_id", "roles", "departments", "manager", "status"),
    privacy=Privacy.personal,
)
SITES = copy_of(SiteState, METADATA, "organisation_id", "owners", "name", "commune", "department", "status", "history")

COPIES = (ORGANISATIONS, SITES, PERSONS, MEMBERSHIPS)

apply = projector(COPIES)
holdings = HeldCopies(COPIES)
heard = partial(heard_of, COPIES)
"""What a batch is about: of each copy's table, the ids."""


async def active_organisation(db: Database, organisation_id: UUID) -> OrganisationState | None:
    """An organisation that is open, and suspended neither itself nor by the one on which it depends."""
    found = await ORGANISATIONS.find(db, organisation_id)
    return found if found and found.status is OrganisationStatus.active and suspension_of(found) is None else None


async def concealed_by_organisation(db: Database, organisation_id: UUID) -> Concealment | None:
    """Since when an organisation conceals what it shows and asks for, if it does."""
    return suspension_of(await ORGANISATIONS.find(db, organisation_id))


async def concealed_by_site(db: Database, site_id: UUID) -> Concealment | None:
    """Since when and why what stands at a site is concealed, if it is: by the site, or by the organisation that has it."""
    site = await SITES.find(db, site_id)
    return concealment_of_site(site) or (await concealed_by_organisation(db, site.organisation_id) if site else None)


async def active_site(db: Database, site_id: UUID, organisation_id: UUID) -> SiteState | None:
    """A site of an organisation, that is open."""
    found = await SITES.find(db, site_id)
    return found if found and found.organisation_id == organisation_id and found.status is SiteStatus.active else None
