"""actions_api on one page: its routes, who hears its events, what it hears."""

from services.actions_api.actions.followed import FOLLOW_ACTIONS
from services.actions_api.actions.routes import routes as actions
from services.actions_api.base import METADATA
from services.actions_api.copies import holdings
from services.actions_api.meaning import MEANING
from services.actions_api.milestones.routes import routes as milestones
from services.actions_api.names import FOLLOW_NAMES, apply
from services.actions_api.referentials.routes import routes as referentials
from services.kernel.data.service import Service

SERVICE = Service(
    name="actions",
    title="PlaM · actions",
    description="Le suivi des actions du plan, de la proposition au résultat : axes, objectifs, actions, jalons.",
    metadata=METADATA,
    routers=(referentials, actions, milestones),
    consumers={"observatory": frozenset({"action", "milestone"})},
    apply=apply,
    holdings=holdings,
    jobs=(FOLLOW_NAMES, FOLLOW_ACTIONS),
    meaning=MEANING,
)
