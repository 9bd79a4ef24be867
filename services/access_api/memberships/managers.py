"""An organisation keeps somebody who runs its memberships."""

from services.access_api.memberships import queries
from services.access_api.memberships.tables import Membership
from services.contracts.access import MembershipStatus
from services.kernel.base.problems import Conflict
from services.kernel.data.database import Database


class LastManager(Conflict):
    """Without them nobody would run the memberships of the organisation."""

    type = "last-manager"
    title = "C'est le dernier gestionnaire"
    advice = (
        "C'est le dernier gestionnaire de l'organisation : nommez-en d'abord un autre (changeMembership, ou inviteMember, puis son "
        "acceptation). Pour fermer l'accès de l'organisation, demandez au pilotage de mettre fin à cette appartenance (endMembership)."
    )


async def keep_another(db: Database, membership: Membership) -> None:
    """Checks, before a membership loses what it has, that it is not the last one that runs an organisation's. Raises `LastManager`.

    What was checked holds until the transaction ends.
    """
    if membership.manager and membership.status is MembershipStatus.active:
        with db.as_service():  # who leaves another organisation than that of their token sees none of its managers
            standing = await db.fetch(queries.managers(membership.organisation_id))
        if all(each.id == membership.id for each in standing):
            raise LastManager
