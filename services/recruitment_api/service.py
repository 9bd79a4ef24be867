"""recruitment_api on one page: its routes, who hears its events, what it hears, what it does at regular times."""

from datetime import timedelta

from services.kernel.data.service import Job, Service
from services.recruitment_api.applications.routes import routes as applications
from services.recruitment_api.assignments.routes import routes as assignments
from services.recruitment_api.base import METADATA
from services.recruitment_api.commitments.routes import routes as commitments
from services.recruitment_api.copies import holdings
from services.recruitment_api.envelopes.routes import routes as envelopes
from services.recruitment_api.meaning import MEANING
from services.recruitment_api.names import FOLLOW_NAMES
from services.recruitment_api.needs.endings import end_applications_left_pending
from services.recruitment_api.needs.operations import expire_all
from services.recruitment_api.needs.routes import routes as needs
from services.recruitment_api.schemes.routes import routes as schemes
from services.recruitment_api.standing import FOLLOW, apply

SERVICE = Service(
    name="recruitment",
    title="PlaM · recrutement",
    description="Les dispositifs de recrutement d'urgence : enveloppes et engagements, besoins, candidatures, affectations.",
    metadata=METADATA,
    routers=(schemes, envelopes, commitments, needs, applications, assignments),
    consumers={"observatory": frozenset({"scheme", "scheme_envelope", "commitment", "need", "application", "assignment"})},
    apply=apply,
    holdings=holdings,
    jobs=(
        Job("expire_needs", timedelta(hours=1), expire_all),
        Job("end_applications", timedelta(hours=1), end_applications_left_pending),
        FOLLOW,
        FOLLOW_NAMES,
    ),
    meaning=MEANING,
)
