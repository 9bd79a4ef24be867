"""Read-only copies of what access_api says of organisations and of their sites, which arrive in any order."""

from functools import partial

from services.contracts.access import OrganisationState, SiteState
from services.kernel.events.copies import copy_of, heard_of, projector
from services.kernel.events.copy_holdings import HeldCopies
from services.recruitment_api.base import METADATA

ORGANISATIONS = copy_of(OrganisationState, METADATA, "name", "roles", "status")
SITES = copy_of(
    SiteState, METADATA, "organisation_id", "owners", "name", "commune_code", "commune", "department", "sector", "status", "history"
)

COPIES = (ORGANISATIONS, SITES)

apply = projector(COPIES)
holdings = HeldCopies(COPIES)
heard = partial(heard_of, COPIES)
"""What a batch is about: of each copy's table, the ids."""
