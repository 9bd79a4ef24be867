"""What the chapters of a demonstration share: its calendar, its chance, its parties, and the path of events to wait for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Protocol
from uuid import UUID

from services.contracts.codes import Department, Role
from services.demo.parties import Line, Party, Thing
from services.kernel.base.principals import PERSON, Principal, somebody

FRAME = date(2026, 8, 31)
"""The Monday on which the frame is set; the month that is played is the September after it."""
SEED = 2026
FICTION = "(démonstration)"
"""What every invented name ends with."""


@dataclass(frozen=True)
class House:
    """An organisation, what who acts for it is, a caller who does, and its sites."""

    organisation: Thing
    acts: Sequence[Role]
    party: Party
    sites: list[Thing]

    @property
    def id(self) -> str:
        """The organisation's identifier."""
        return self.organisation.id

    @property
    def department(self) -> str:
        """The department of its seat."""
        return str(self.organisation.seen["department"])

    def has(self, role: str) -> bool:
        """Whether it is that for the plan."""
        return role in self.organisation.seen["roles"]


@dataclass
class World:
    """A demonstration under way."""

    line: Line
    issue: Callable[[Principal], str]
    settled: Callable[[], Awaitable[None]]
    """Waits until nothing is on its way between the services."""
    today: date = FRAME
    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311  # it makes a scenario, no secret
    houses: list[House] = field(default_factory=list)
    shut: set[str] = field(default_factory=set)
    """Identifiers of the sites that are closed, or change hands, just now: nobody acts there."""

    def party(self, subject: str, *roles: Role, organisation: str | None = None, departments: Sequence[str] = ()) -> Party:
        """Somebody with a token."""
        within = frozenset(Department(code) for code in departments)
        principal = Principal(somebody(subject), frozenset(roles), UUID(organisation) if organisation else None, within)
        return Party(self.line, self.issue(principal))

    def acting(self, membership: Thing) -> Party:
        """The person of a membership, with a token for it."""
        seen = membership.seen
        principal = Principal(
            f"{PERSON}{seen['person_id']}",
            frozenset(Role(role) for role in seen["roles"]),
            UUID(seen["organisation_id"]),
            frozenset(Department(code) for code in seen["departments"]),
            membership=UUID(seen["id"]),
            manager=seen["manager"],
        )
        return Party(self.line, self.issue(principal))

    def __post_init__(self) -> None:
        self.steering = self.party("steering", Role.steering)
        self.committee = self.party("committee", Role.committee)
        self.finance = self.party("finance", Role.finance)
        self.hr_partners = {code: self.party(f"hr-{code}", Role.hr_partner, departments=[code]) for code in ("44", "49")}

    @property
    def day(self) -> int:
        """The day of September; 0 on the day of the frame."""
        return 0 if self.today == FRAME else self.today.day

    def within(self, days: int) -> str:
        """The day so many days from today, as the API takes it."""
        return (self.today + timedelta(days=days)).isoformat()

    def happens(self, percent: int) -> bool:
        """True so many times in a hundred."""
        return self.chance.randrange(100) < percent

    def at(self, site_id: str) -> House:
        """The organisation that has a site today."""
        return next(house for house in self.houses if any(site.id == site_id for site in house.sites))

    def named(self, word: str) -> House:
        """The organisation whose name has a word."""
        return next(house for house in self.houses if word in house.organisation.seen["name"])

    def with_role(self, role: str) -> list[House]:
        """The organisations that are that for the plan."""
        return [house for house in self.houses if house.has(role)]


class Chapter(Protocol):
    """A part of a demonstration: what it adds to the frame, and to each worked day."""

    def __init__(self, world: World) -> None: ...

    async def frame(self) -> None:
        """Before the month begins."""

    async def live(self) -> None:
        """A worked day."""


def of_september(day: int) -> str:
    """A day of the month that is played, or days after its beginning, as the API takes it: 30 is its end, 45 the middle of October."""
    return (FRAME + timedelta(days=day)).isoformat()
