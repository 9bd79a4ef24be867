"""The copies of organisations and sites: delivered twice, out of order, together."""

from sqlmodel import select

from services.contracts.access import OrganisationState, OrganisationStatus, SiteState
from services.contracts.codes import Department, OrganisationRole, Sector
from services.contracts.envelope import Event, State
from services.kernel.base import clock, ids
from services.kernel.data.database import Databases
from services.kernel.data.service import Received
from services.recruitment_api.organisations.tables import OrganisationCopy
from services.recruitment_api.service import SERVICE
from services.recruitment_api.sites.tables import SiteCopy

ORGANISATION, SITE = ids.new(), ids.new()


def organisation(version: int, name: str) -> OrganisationState:
    roles = (OrganisationRole.employer, OrganisationRole.host)
    return OrganisationState(id=ORGANISATION, version=version, name=name, roles=roles, status=OrganisationStatus.active)


def site(version: int, status: OrganisationStatus) -> SiteState:
    return SiteState(
        id=SITE,
        version=version,
        organisation_id=ORGANISATION,
        name="Site Heinlex",
        commune_code="44184",
        department=Department.loire_atlantique,
        sector=Sector.sanitary,
        status=status,
    )


def received(state: State) -> Received:
    event = Event(
        id=ids.new(),
        source="/access",
        type=f"access.{state.kind}.changed",
        subject=str(state.id),
        time=clock.now(),
        dataschema=state.schema_name(),
        entityversion=state.version,
        data=state.model_dump(mode="json"),
    )
    return Received(event, state)


async def apply(databases: Databases, *states: State) -> tuple[list[OrganisationCopy], list[SiteCopy]]:
    """Applies states as a worker does; the copies then."""
    assert SERVICE.apply is not None
    async with databases.open("recruitment", "worker") as db:
        await SERVICE.apply(db, [received(state) for state in states])
    async with databases.open("recruitment", "worker") as db:
        return await db.fetch(select(OrganisationCopy)), await db.fetch(select(SiteCopy))


async def test_the_newest_of_each_is_kept(databases: Databases) -> None:
    closed, active = site(2, OrganisationStatus.closed), site(1, OrganisationStatus.active)

    organisations, sites = await apply(databases, closed, organisation(1, "CH"), active, organisation(3, "CHU"), organisation(2, "GHT"))
    assert [(row.version, row.name, row.roles) for row in organisations] == [(3, "CHU", ["employer", "host"])]
    assert [(row.version, row.status, row.department, row.sector) for row in sites] == [(2, "closed", "44", "sanitary")]
    assert sites[0].organisation_id == ORGANISATION

    assert await apply(databases, active, organisation(2, "GHT"), closed) == (organisations, sites)
