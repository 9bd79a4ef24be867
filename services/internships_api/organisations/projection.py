"""How the copies of organisations and of their sites are kept."""

from services.internships_api.organisations.tables import OrganisationCopy
from services.internships_api.sites.tables import SiteCopy
from services.kernel.events.copies import Copies
from services.kernel.events.projection import Copied, projector

COPIES: Copied = {"organisation": OrganisationCopy, "site": SiteCopy}

apply = projector(COPIES)
holdings = Copies(COPIES)
