"""Read-only copies of what access_api says of organisations, and of who acts for them."""

from functools import partial

from services.actions_api.base import METADATA
from services.contracts.access import MembershipState, OrganisationState, PersonState
from services.kernel.data.privacy import Privacy
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

COPIES = (ORGANISATIONS, PERSONS, MEMBERSHIPS)

apply = projector(COPIES)
holdings = HeldCopies(COPIES)
heard = partial(heard_of, COPIES)
"""What a batch is about: of each copy's table, the ids."""
