"""The name that actions bear beside an id: of the organisation that leads them."""

from collections.abc import Sequence
from datetime import timedelta

from services.actions_api import copies
from services.actions_api.actions.tables import Action
from services.actions_api.copies import ORGANISATIONS
from services.kernel.data.database import Database
from services.kernel.data.names import Names, Naming, Source
from services.kernel.data.service import Job, Received, one_at_a_time

ACTION_NAMES = Names(Action, "actions.action.renamed", lead_organisation_name=Source("lead_organisation_id", ORGANISATIONS.table))

NAMING = Naming("follow_names", ACTION_NAMES)


async def apply(db: Database, batch: Sequence[Received]) -> None:
    """Keeps the copies, and the names that actions bear, in the same transaction."""
    await one_at_a_time(db)
    await copies.apply(db, batch)
    await NAMING.follow(db, copies.heard(batch))


FOLLOW_NAMES = Job(NAMING.job, timedelta(hours=1), NAMING.follow_all)
