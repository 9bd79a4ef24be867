"""How the copy of organisations is kept."""

from services.actions_api.organisations.tables import OrganisationCopy
from services.kernel.events.copies import Copies
from services.kernel.events.projection import Copied, projector

COPIES: Copied = {"organisation": OrganisationCopy}

apply = projector(COPIES)
holdings = Copies(COPIES)
