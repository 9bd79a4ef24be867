"""The command line and the one-process app: the only file that may import several services."""

from collections.abc import Sequence

from services.actions_api.service import SERVICE as ACTIONS
from services.kernel.database import Routing
from services.kernel.service import Service
from services.observatory_api.service import SERVICE as OBSERVATORY

SERVICES: Sequence[Service] = (ACTIONS, OBSERVATORY)

ROUTING: Routing = {service.name: service.consumers for service in SERVICES}
