"""Read-only copies of what access_api says of organisations."""

from functools import partial

from services.actions_api.base import METADATA
from services.contracts.access import OrganisationState
from services.kernel.events.copies import copy_of, heard_of, projector
from services.kernel.events.copy_holdings import HeldCopies

ORGANISATIONS = copy_of(OrganisationState, METADATA, "name", "roles", "suspended_spells", "status")

COPIES = (ORGANISATIONS,)

apply = projector(COPIES)
holdings = HeldCopies(COPIES)
heard = partial(heard_of, COPIES)
"""What a batch is about: of each copy's table, the ids."""
