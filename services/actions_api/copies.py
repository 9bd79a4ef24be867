"""Read-only copies of what access_api says of organisations."""

from services.actions_api.base import METADATA
from services.contracts.access import OrganisationState
from services.kernel.events.copies import copy_of, projector
from services.kernel.events.copy_holdings import HeldCopies

ORGANISATIONS = copy_of(OrganisationState, METADATA, "name", "roles", "status")

COPIES = (ORGANISATIONS,)

apply = projector(COPIES)
holdings = HeldCopies(COPIES)
