"""Statements on revocations."""

from services.access_api.revocations.schemas import RevocationQuery
from services.access_api.revocations.tables import Revocation
from services.kernel.api.reading import Reading, equal_to

REVOCATIONS = Reading(Revocation, RevocationQuery, equal_to(Revocation, "what", "target_id"))
