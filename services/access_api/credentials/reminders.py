"""The managers of an organisation are told thirty and seven days before one of its credentials expires."""

from datetime import timedelta

from services.access_api.credentials import queries
from services.access_api.credentials.tables import Credential
from services.access_api.notices.operations import tell
from services.contracts.access import NoticeTopic, Recipient
from services.kernel.base import clock
from services.kernel.base.french import counted, day_in_words
from services.kernel.data.database import Database
from services.kernel.data.service import Job

DAYS_BEFORE = (7, 30)


async def remind(db: Database) -> None:
    """Tells of each credential whose last day is near, and that nothing has replaced: once for each of the two distances."""
    today = clock.today()
    for credential in await db.fetch(queries.expiring(today, today + timedelta(days=max(DAYS_BEFORE)))):
        async with db.databases.open(db.service, "worker") as own:
            await _tell(own, credential)


async def _tell(db: Database, credential: Credential) -> None:
    days = (credential.expires_on - clock.today()).days
    distance = next(each for each in DAYS_BEFORE if days <= each)
    await tell(
        db,
        NoticeTopic.credential_expiring,
        to=[Recipient(organisation_id=credential.organisation_id, managers=True)],
        title=f"Une clé d'accès expire dans {counted(days, 'jour')}",
        lines=[
            f"Clé d'accès : {credential.prefix}",
            f"Dernier jour : {day_in_words(credential.expires_on - timedelta(days=1))}",
            "Remplacez-la : l'ancienne et la nouvelle servent ensemble sept jours.",
        ],
        path=f"/credentials/{credential.id}",
        key=f"credential:{credential.id}:{credential.expires_on}:{distance}",
    )


REMIND = Job("remind_of_credentials", timedelta(hours=1), remind)
