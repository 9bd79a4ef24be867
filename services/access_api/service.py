"""access_api on one page: its routes, who hears its events."""

from services.access_api.base import METADATA
from services.access_api.communes.routes import routes as communes
from services.access_api.credentials.operations import EXPIRE
from services.access_api.credentials.routes import own as own_credentials, routes as credentials
from services.access_api.identities.routes import routes as identities
from services.access_api.meaning import MEANING
from services.access_api.memberships.routes import routes as memberships
from services.access_api.names import FOLLOW_NAMES
from services.access_api.organisations.routes import routes as organisations
from services.access_api.permissions.routes import routes as permissions
from services.access_api.persons.routes import me, routes as persons
from services.access_api.revocations.routes import routes as revocations
from services.access_api.sites.routes import routes as sites
from services.access_api.tokens.routes import routes as tokens
from services.kernel.data.service import Service

ALL = frozenset({"revocation"})
"""What every service hears: whose tokens it refuses."""
BOTH = ALL | {"organisation", "site"}
PEOPLE = frozenset({"person", "membership"})

SERVICE = Service(
    name="access",
    title="PlaM · accès",
    description="Qui est qui, où, et pour qui : organisations, sites, communes, personnes, appartenances.",
    metadata=METADATA,
    routers=(
        organisations,
        sites,
        communes,
        me,
        identities,
        persons,
        memberships,
        own_credentials,
        credentials,
        tokens,
        permissions,
        revocations,
    ),
    consumers={
        "observatory": BOTH,
        "actions": ALL | PEOPLE | {"organisation"},
        "internships": BOTH | PEOPLE,
        "recruitment": BOTH | PEOPLE,
    },
    jobs=(FOLLOW_NAMES, EXPIRE),
    meaning=MEANING,
)
