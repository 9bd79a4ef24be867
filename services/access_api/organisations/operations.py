"""What can be done with an organisation."""

from uuid import UUID

from services.access_api.communes import operations as communes
from services.access_api.names import NAMING, ORGANISATION
from services.access_api.organisations import queries
from services.access_api.organisations.endings import close_sites
from services.access_api.organisations.lifecycle import OPERATIONS, move
from services.access_api.organisations.parents import check_parent
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.schemas import (
    OrganisationCreate,
    OrganisationMatch,
    OrganisationMatched,
    OrganisationPatch,
    OrganisationQuery,
    OrganisationWrite,
)
from services.access_api.organisations.suspensions import date_suspension, save_moved
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.lookalikes import refuse_lookalike
from services.kernel.api.patching import patched
from services.kernel.api.resources import with_matched
from services.kernel.base.folding import begins_one, fold
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database

ALIKE = "Une organisation qui n'est pas fermée porte déjà ce numéro SIREN."


async def create(db: Database, body: OrganisationCreate, *, by: Principal, force: bool = False) -> Organisation:
    """Creates an organisation.

    Raises `AlreadyExists` when its FINESS, its UAI or its funder code is another's, `Invalid` for a parent that cannot be one, and
    `LooksTwice` when its SIREN is another's, unless it is forced.
    """
    organisation = Organisation(**body.model_dump(), folded=fold(body.name))
    if organisation.parent_id is not None:
        await check_parent(db, organisation, organisation.parent_id, by=by)
    if body.siren and not force:
        await refuse_lookalike(db, Organisation, {"siren": body.siren}, queries.STANDS, said=ALIKE)
    return await db.save(organisation, event="access.organisation.created", by=by)


async def change(
    db: Database, organisation_id: UUID, patch: OrganisationPatch, *, by: Principal, version: int, force: bool = False
) -> Organisation:
    """Changes the fields that were sent. Raises as `create` does, and `HasChildren` for a parent that would become a child."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    name, siren, parent_id = organisation.name, organisation.siren, organisation.parent_id
    if not patched(organisation, patch, OrganisationWrite):
        return organisation
    if organisation.parent_id != parent_id:
        above = organisation.parent_id
        date_suspension(organisation, await check_parent(db, organisation, above, by=by) if above else None)
    if organisation.siren and organisation.siren != siren and not force:
        await refuse_lookalike(db, Organisation, {"siren": organisation.siren}, queries.STANDS, said=ALIKE)
    organisation.folded = fold(organisation.name)
    await db.save(organisation, event="access.organisation.changed", by=by)
    if organisation.name != name:
        await NAMING.follow(db, {ORGANISATION: [organisation.id]}, by=by)
    return organisation


async def close(db: Database, organisation_id: UUID, reason: str, *, by: Principal, version: int) -> Organisation:
    """Closes an organisation and, with it, its sites; a suspension ends, and its callers' tokens are refused."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    move(organisation, OrganisationStatus.closed)
    organisation.status_reason = reason
    await save_moved(db, organisation, event="access.organisation.closed", by=by)
    await close_sites(db, organisation, by=by)
    return organisation


async def reopen(db: Database, organisation_id: UUID, *, by: Principal, version: int) -> Organisation:
    """Opens a closed organisation again; its sites stay closed until they are opened one by one."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    move(organisation, OrganisationStatus.active, only_from=OrganisationStatus.closed)
    organisation.status_reason = None
    return await save_moved(db, organisation, event="access.organisation.reopened", by=by)


async def suspend(db: Database, organisation_id: UUID, reason: str, *, by: Principal, version: int) -> Organisation:
    """Suspends an organisation and those that depend on it: what they show is concealed everywhere, and no other status changes."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    move(organisation, OrganisationStatus.suspended)
    organisation.status_reason = reason
    return await save_moved(db, organisation, event="access.organisation.suspended", by=by)


async def resume(db: Database, organisation_id: UUID, *, by: Principal, version: int) -> Organisation:
    """Ends a suspension: all shows again as it was."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    move(organisation, OrganisationStatus.active, only_from=OrganisationStatus.suspended)
    organisation.status_reason = None
    return await save_moved(db, organisation, event="access.organisation.resumed", by=by)


async def read_page(db: Database, query: OrganisationQuery, *, by: Principal) -> list[tuple[UUID, str]]:
    """A page's (id, document) pairs, each with what it was found by when something is searched."""
    rows = await ORGANISATIONS.rows(db, query, by=by)
    if not query.q or not rows:
        return rows
    asked = list(query.q)
    found = {each.id: each for each in await db.fetch(queries.organisations([organisation_id for organisation_id, _ in rows]))}
    by_site = [each.id for each in found.values() if not _has_words(each, asked)]
    sites = {site.organisation_id: site for site in await db.fetch(queries.found_sites(by_site, asked))} if by_site else {}
    places = await communes.read_places(db, {site.commune_code for site in sites.values()}) if sites else {}
    matched = {key: _matched(each, sites.get(key), places, asked) for key, each in found.items()}
    return [(organisation_id, with_matched(document, matched[organisation_id])) for organisation_id, document in rows]


def _has_words(organisation: Organisation, asked: list[str]) -> bool:
    return all(begins_one(term, organisation.folded.split()) for term in asked)


def _matched(organisation: Organisation, site: Site | None, places: communes.Places, asked: list[str]) -> OrganisationMatched:
    """What an organisation is found by: its name, or else what its oldest site that is found is found by."""
    if site is None:
        return OrganisationMatched(kind=OrganisationMatch.named, name=organisation.name, code=None)
    place = communes.matched_place(site, places, asked)
    if place is None:
        return OrganisationMatched(kind=OrganisationMatch.site, name=site.name, code=None)
    return OrganisationMatched(kind=OrganisationMatch(communes.KINDS[place.kind]), name=place.name, code=place.code)


ALLOWED = AllowedOperations(ORGANISATIONS, OPERATIONS)
