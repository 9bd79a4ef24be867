"""How the copies of organisations and of sites are kept."""

from services.kernel.projection import projector
from services.recruitment_api.organisations.tables import OrganisationCopy
from services.recruitment_api.sites.tables import SiteCopy

apply = projector({"organisation": OrganisationCopy, "site": SiteCopy})
