"""How the copy of organisations is kept."""

from services.actions_api.organisations.tables import OrganisationCopy
from services.kernel.copies import Copies
from services.kernel.projection import Copied, projector

COPIES: Copied = {"organisation": OrganisationCopy}

apply = projector(COPIES)
holdings = Copies(COPIES)
