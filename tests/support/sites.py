"""What the services hear of a site: its states, told to one of them as its worker applies them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.contracts.access import SiteState, SiteStatus
from services.contracts.codes import Department
from services.contracts.envelope import Event
from services.contracts.standing import handed_over
from services.kernel.base import clock, ids
from services.kernel.base.clock import day_of
from services.kernel.data.database import Databases
from services.kernel.data.service import Received, Service


def since(*owners: tuple[UUID, str]) -> list[dict[str, Any]]:
    """`owners` as documents show them."""
    return [{"organisation_id": str(organisation), "since": day} for organisation, day in owners]


def spell(start: str, end: str | None = None, why: str = "site_closed") -> dict[str, Any]:
    """One of `concealed`, as documents show it."""
    return {"from": start, "until": end, "why": why}


class Heard:
    """A site, as access_api would tell of it; each telling is its next version."""

    def __init__(self, site_id: UUID, organisation_id: UUID, *, opened_at: datetime | None = None) -> None:
        step = {"status": SiteStatus.active, "at": opened_at or clock.now()}
        self.values: dict[str, Any] = {"id": site_id, "version": 2, "organisation_id": organisation_id, "history": [step], "owners": ()}
        self.values |= {"name": "Site Heinlex", "commune_code": "44184", "department": Department.loire_atlantique}

    def transfer(self, organisation_id: UUID, on: Any = None) -> Received:
        """Another organisation has it from a day on, today unless it is said."""
        known = SiteState.model_validate(self._told()).owners
        first = {"organisation_id": self.values["organisation_id"], "since": day_of(self.values["history"][0]["at"])}
        known = known or SiteState.model_validate({**self._told(), "owners": [first]}).owners
        self.values |= {"organisation_id": organisation_id, "owners": handed_over(known, organisation_id, on or clock.today())}
        return self._next()

    def close(self) -> Received:
        """It closes now."""
        return self._turn(SiteStatus.closed)

    def reopen(self) -> Received:
        """It opens again now."""
        return self._turn(SiteStatus.active)

    def _turn(self, status: SiteStatus) -> Received:
        self.values["history"] = [*self.values["history"], {"status": status, "at": clock.now()}]
        return self._next()

    def _next(self) -> Received:
        self.values["version"] += 1
        return self.told()

    def _told(self) -> dict[str, Any]:
        return {**self.values, "status": self.values["history"][-1]["status"]}

    def told(self, number: int = SiteState.number) -> Received:
        """What is said of it now, as an event of a number of its state."""
        state = SiteState.model_validate(self._told())
        event = Event(
            id=ids.new(),
            source="/access",
            type="access.site.changed",
            subject=str(state.id),
            time=clock.now(),
            dataschema=f"site-state/{number}",
            entityversion=state.version,
            data=state.model_dump(mode="json"),
        )
        return Received(event, state)


async def hear(databases: Databases, service: Service, *told: Received) -> None:
    """A service applies what it is told."""
    assert service.apply is not None
    async with databases.open(service.name, "worker") as db:
        await service.apply(db, told)
