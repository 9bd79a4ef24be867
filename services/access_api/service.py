"""access_api on one page: its routes, who hears its events, what it hears: what persons are told."""

from services.access_api.base import METADATA
from services.access_api.communes.routes import routes as communes
from services.access_api.credentials.operations import EXPIRE
from services.access_api.credentials.reminders import REMIND
from services.access_api.credentials.routes import own as own_credentials, routes as credentials
from services.access_api.identities.routes import routes as identities
from services.access_api.meaning import MEANING
from services.access_api.memberships.routes import routes as memberships
from services.access_api.names import FOLLOW_NAMES
from services.access_api.notices.operations import apply
from services.access_api.notices.pages import pages
from services.access_api.notices.routes import own as own_notices, routes as notices
from services.access_api.notices.sending import JOBS
from services.access_api.organisations.routes import routes as organisations
from services.access_api.permissions.routes import routes as permissions
from services.access_api.persons.routes import me, routes as persons
from services.access_api.preferences.routes import routes as preferences
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
    description="Qui est qui, où, et pour qui : organisations, sites, communes, personnes, appartenances, avis.",
    metadata=METADATA,
    routers=(
        organisations,
        sites,
        communes,
        me,
        identities,
        own_notices,
        preferences,
        persons,
        memberships,
        own_credentials,
        credentials,
        tokens,
        permissions,
        revocations,
        notices,
        pages,
    ),
    consumers={
        "observatory": BOTH,
        "actions": ALL | PEOPLE | {"organisation"},
        "internships": BOTH | PEOPLE,
        "recruitment": BOTH | PEOPLE,
    },
    apply=apply,
    jobs=(FOLLOW_NAMES, EXPIRE, REMIND, *JOBS),
    meaning=MEANING,
)
