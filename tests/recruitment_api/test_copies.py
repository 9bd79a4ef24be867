"""The copies of organisations and sites: delivered twice, out of order, together."""

import pytest

from services.contracts.access import OrganisationState, OrganisationStatus, SiteState, SiteStatus
from services.contracts.codes import Department, OrganisationRole, Sector
from services.contracts.envelope import Event, State
from services.kernel.base import clock, ids
from services.kernel.data.database import Databases
from services.kernel.data.service import Received
from services.recruitment_api.copies import ORGANISATIONS, SITES
from services.recruitment_api.service import SERVICE

ORGANISATION, SITE = ids.new(), ids.new()


def organisation(version: int, name: str) -> OrganisationState:
    roles = (OrganisationRole.employer, OrganisationRole.host)
    return OrganisationState(id=ORGANISATION, version=version, name=name, roles=roles, status=OrganisationStatus.active)


def site(version: int, status: SiteStatus) -> SiteState:
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


async def apply(databases: Databases, *states: State) -> tuple[OrganisationState | None, SiteState | None]:
    """Applies states as a worker does; the copies then."""
    assert SERVICE.apply is not None
    async with databases.open("recruitment", "worker") as db:
        await SERVICE.apply(db, [received(state) for state in states])
    async with databases.open("recruitment", "worker") as db:
        return await ORGANISATIONS.find(db, ORGANISATION), await SITES.find(db, SITE)


async def test_the_newest_of_each_is_kept(databases: Databases) -> None:
    closed, active = site(2, SiteStatus.closed), site(1, SiteStatus.active)

    copies = await apply(databases, closed, organisation(1, "CH"), active, organisation(3, "CHU"), organisation(2, "GHT"))
    employer, workplace = copies
    assert employer is not None
    assert (employer.version, employer.name, employer.roles) == (3, "CHU", (OrganisationRole.employer, OrganisationRole.host))
    assert workplace is not None
    assert (workplace.version, workplace.status, workplace.organisation_id) == (2, SiteStatus.closed, ORGANISATION)
    assert (workplace.commune_code, workplace.department, workplace.sector) == ("44184", Department.loire_atlantique, Sector.sanitary)

    assert await apply(databases, active, organisation(2, "GHT"), closed) == copies


async def test_nothing_is_found_of_what_was_never_heard_of(databases: Databases) -> None:
    async with databases.open("recruitment", "worker") as db:
        assert await SITES.find(db, SITE) is None


async def test_a_field_that_is_not_copied_is_not_there_to_be_read(databases: Databases) -> None:
    heard, _ = await apply(databases, organisation(1, "CH"))
    assert heard is not None
    for name in sorted(OrganisationState.model_fields.keys() - set(ORGANISATIONS.fields)):
        with pytest.raises(AttributeError, match=name):
            getattr(heard, name)
