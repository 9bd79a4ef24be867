"""What can be done with a site."""

from collections.abc import Collection
from uuid import UUID

from services.access_api.communes import operations as communes
from services.access_api.organisations.lifecycle import SITE_OPERATIONS, move_site
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.tables import Organisation
from services.access_api.sectors import sector_of
from services.access_api.sites import queries
from services.access_api.sites.owners import hand_over, owned_since
from services.access_api.sites.queries import SITES
from services.access_api.sites.schemas import SiteCreate, SiteMatch, SiteMatched, SitePatch, SiteQuery, SiteTransfer, SiteWrite
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus, SiteStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.lookalikes import refuse_lookalike
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.api.resources import with_matched
from services.kernel.base import clock
from services.kernel.base.folding import fold
from services.kernel.base.french import day_in_words
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid
from services.kernel.data.database import Database

ALIKE = "Un site ouvert de cette commune porte déjà ce nom."


class OrganisationClosed(Conflict):
    """A site cannot be open when its organisation is closed."""

    type = "organisation-closed"
    title = "L'organisation est fermée"
    told = "Rouvrez d'abord l'organisation."


async def create(db: Database, body: SiteCreate, *, by: Principal, force: bool = False) -> Site:
    """Opens a site.

    Raises `Invalid` for an unknown organisation or commune, `OrganisationClosed`, `AlreadyExists`, and `LooksTwice` unless it is forced.
    """
    commune = await communes.cited(db, body.commune_code)
    organisation = await _open_organisation(db, body.organisation_id, by=by)
    folded = fold(body.name)
    if not force:
        await refuse_lookalike(db, Site, {"commune_code": commune.code, "folded": folded}, queries.STANDS, said=ALIKE)
    site = Site(**body.model_dump(exclude={"latitude", "longitude"}), folded=folded, department=commune.department)
    site.organisation_name, site.commune = organisation.name, commune.name
    site.latitude, site.longitude = body.latitude, body.longitude
    site.sector = site.sector or sector_of(site.category_code)
    return await db.save(site, event="access.site.created", by=by)


async def change(db: Database, site_id: UUID, patch: SitePatch, *, by: Principal, version: int) -> Site:
    """Changes the fields that were sent; the department follows the commune, and the sector the category unless it is given."""
    site = await SITES.load_for_change(db, site_id, by=by, version=version)
    if "commune_code" in patch.model_fields_set and patch.commune_code is not None:
        commune = await communes.cited(db, patch.commune_code)
        site.department, site.commune = commune.department, commune.name
    if not patched(site, patch, SiteWrite):
        return site
    site.folded = fold(site.name)
    if "category_code" in patch.model_fields_set and "sector" not in patch.model_fields_set:
        site.sector = sector_of(site.category_code) or site.sector
    return await db.save(site, event="access.site.changed", by=by)


async def transfer(db: Database, site_id: UUID, body: SiteTransfer, *, by: Principal, version: int) -> Site:
    """Gives a site to another organisation, from a day on; what stands there follows in each service that hears of it.

    Raises `Invalid` for an unknown organisation, for that which has the site, and for a day out of bounds; `OrganisationClosed`.
    """
    site = await SITES.load_for_change(db, site_id, by=by, version=version)
    if body.organisation_id == site.organisation_id:
        raise invalid("#/organisation_id", "same_organisation", "Ce site est déjà à cette organisation.")
    organisation = await _open_organisation(db, body.organisation_id, by=by)
    since, today = owned_since(site), clock.today()
    if not since <= body.on <= today:
        said = f"Dites un jour du {day_in_words(since)} (depuis lequel l'organisation a le site) au {day_in_words(today)} (aujourd'hui)."
        raise invalid("#/on", "out_of_bounds", said)
    hand_over(site, body.organisation_id, on=body.on, reason=body.reason)
    site.organisation_name = organisation.name
    return await db.save(site, event="access.site.transferred", by=by)


async def close(db: Database, site_id: UUID, reason: str, *, by: Principal, version: int) -> Site:
    """Closes a site."""
    site = await SITES.load_for_change(db, site_id, by=by, version=version)
    move_site(site, SiteStatus.closed)
    site.status_reason = reason
    return await db.save(site, event="access.site.closed", by=by)


async def reopen(db: Database, site_id: UUID, *, by: Principal, version: int) -> Site:
    """Opens a closed site again. Raises `OrganisationClosed` when its organisation is closed."""
    site = await SITES.load_for_change(db, site_id, by=by, version=version)
    move_site(site, SiteStatus.active)
    _check_open(await ORGANISATIONS.one(db, site.organisation_id, by=by, lock=Lock.share))
    site.status_reason = None
    return await db.save(site, event="access.site.reopened", by=by)


async def read_page(db: Database, query: SiteQuery, *, by: Principal) -> list[tuple[UUID, str]]:
    """A page's (id, document) pairs, each with what it was found by when something is searched."""
    rows = await SITES.rows(db, query, by=by)
    if not query.q or not rows:
        return rows
    sites = {site.id: site for site in await db.fetch(queries.several([site_id for site_id, _ in rows]))}
    places = await communes.read_places(db, {site.commune_code for site in sites.values()})
    return [(site_id, with_matched(document, _matched(sites[site_id], places, list(query.q)))) for site_id, document in rows]


def _matched(site: Site, places: communes.Places, asked: list[str]) -> SiteMatched:
    """What a site is found by: its name, or else what the first word that its name has not is found by."""
    place = communes.matched_place(site, places, asked)
    if place is None:
        return SiteMatched(kind=SiteMatch.named, name=site.name, code=None)
    return SiteMatched(kind=SiteMatch(communes.KINDS[place.kind]), name=place.name, code=place.code)


async def _open_organisation(db: Database, organisation_id: UUID, *, by: Principal) -> Organisation:
    """The organisation that a body cites: it is not closed, and does not close meanwhile. Raises `Invalid`, `OrganisationClosed`."""
    unknown = "Cette organisation n'existe pas."
    cited = await ORGANISATIONS.cited(db, organisation_id, by=by, pointer="#/organisation_id", unknown=unknown, lock=Lock.share)
    _check_open(cited)
    return cited


def _check_open(organisation: Organisation) -> None:
    if organisation.status is OrganisationStatus.closed:
        raise OrganisationClosed("Rouvrez d'abord l'organisation.")


async def _refused_now(db: Database, site: Site) -> Collection[str]:
    """A site does not open again in a closed organisation."""
    if site.status is SiteStatus.active:
        return ()
    organisation = await ORGANISATIONS.one(db, site.organisation_id, by=SYSTEM)
    return ("reopenSite",) if organisation.status is OrganisationStatus.closed else ()


ALLOWED = AllowedOperations(SITES, SITE_OPERATIONS, refused=_refused_now)
