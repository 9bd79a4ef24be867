"""How the copy of organisations is kept."""

from services.actions_api.organisations.tables import OrganisationCopy
from services.kernel.projection import projector

apply = projector({"organisation": OrganisationCopy})
