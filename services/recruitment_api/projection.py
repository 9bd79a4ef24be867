"""How the copies of organisations and of sites are kept."""

from services.kernel.events.copies import Copies
from services.kernel.events.projection import Copied, projector
from services.recruitment_api.organisations.tables import OrganisationCopy
from services.recruitment_api.sites.tables import SiteCopy

COPIES: Copied = {"organisation": OrganisationCopy, "site": SiteCopy}

apply = projector(COPIES)
holdings = Copies(COPIES)
