"""What belongs to an organisation closes with it."""

from services.access_api.organisations import queries
from services.access_api.organisations.lifecycle import move_site
from services.access_api.organisations.tables import Organisation
from services.contracts.access import SiteStatus
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database


async def close_sites(db: Database, organisation: Organisation, *, by: Principal) -> None:
    """Closes the sites of an organisation that has just been closed in this transaction."""
    sites = await db.fetch(queries.open_sites(organisation.id))
    for site in sites:
        move_site(site, SiteStatus.closed)
        site.status_reason = "Fermeture de l'organisation"
    await db.save_many(sites, event="access.site.closed", by=by)
