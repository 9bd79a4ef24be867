"""How the copies of organisations and of their sites are kept."""

from services.internships_api.organisations.tables import OrganisationCopy
from services.internships_api.sites.tables import SiteCopy
from services.kernel.projection import projector

apply = projector({"organisation": OrganisationCopy, "site": SiteCopy})
