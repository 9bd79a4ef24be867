"""What can be done with an organisation."""

from uuid import UUID

from services.access_api.organisations import queries
from services.access_api.organisations.endings import close_sites
from services.access_api.organisations.lifecycle import move
from services.access_api.organisations.parents import check_parent
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.schemas import OrganisationCreate, OrganisationPatch, OrganisationWrite
from services.access_api.organisations.tables import Organisation
from services.contracts.access import OrganisationStatus
from services.kernel.api.lookalikes import refuse_lookalike
from services.kernel.api.patching import patched
from services.kernel.base.folding import fold
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database

ALIKE = "Une organisation active porte déjà ce numéro SIREN."


async def create(db: Database, body: OrganisationCreate, *, by: Principal, force: bool = False) -> Organisation:
    """Creates an organisation.

    Raises `AlreadyExists` when its FINESS or its UAI is another's, `Invalid` for a parent that cannot be one, and `LooksTwice` when its
    SIREN is another's, unless it is forced.
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
    siren, parent_id = organisation.siren, organisation.parent_id
    if not patched(organisation, patch, OrganisationWrite):
        return organisation
    if organisation.parent_id is not None and organisation.parent_id != parent_id:
        await check_parent(db, organisation, organisation.parent_id, by=by)
    if organisation.siren and organisation.siren != siren and not force:
        await refuse_lookalike(db, Organisation, {"siren": organisation.siren}, queries.STANDS, said=ALIKE)
    organisation.folded = fold(organisation.name)
    return await db.save(organisation, event="access.organisation.changed", by=by)


async def close(db: Database, organisation_id: UUID, reason: str, *, by: Principal, version: int) -> Organisation:
    """Closes an organisation and, with it, its sites."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    move(organisation, OrganisationStatus.closed)
    organisation.status_reason = reason
    await db.save(organisation, event="access.organisation.closed", by=by)
    await close_sites(db, organisation, by=by)
    return organisation


async def reopen(db: Database, organisation_id: UUID, *, by: Principal, version: int) -> Organisation:
    """Opens a closed organisation again; its sites stay closed until they are opened one by one."""
    organisation = await ORGANISATIONS.load_for_change(db, organisation_id, by=by, version=version)
    move(organisation, OrganisationStatus.active)
    organisation.status_reason = None
    return await db.save(organisation, event="access.organisation.reopened", by=by)
