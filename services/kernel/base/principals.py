"""Who is calling: a person or a credential, its roles, its organisation, its departments."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import NAMESPACE_URL, UUID, uuid5

from services.contracts.codes import STAFF, Department, Role
from services.kernel.base.problems import Forbidden

PERSON, CREDENTIAL = "person:", "credential:"
"""What the subject of a token begins with, before an id: never a name, never an address."""


@dataclass(frozen=True)
class Principal:
    """A caller. No department listed means the whole region, no service all of them. The anonymous caller has no role.

    `membership` is the one that a person's token is for, `manager` whether it manages the organisation. `issued_at` is when the token was
    issued, None for who has none.
    """

    subject: str
    roles: frozenset[Role] = frozenset()
    organisation: UUID | None = None
    departments: frozenset[Department] = frozenset()
    membership: UUID | None = None
    manager: bool = False
    services: frozenset[str] = frozenset()
    issued_at: datetime | None = field(default=None, compare=False)

    @cached_property
    def person_id(self) -> UUID | None:
        """The person, when the caller is one."""
        return UUID(self.subject.removeprefix(PERSON)) if self.subject.startswith(PERSON) else None

    @cached_property
    def credential_id(self) -> UUID | None:
        """The credential, when the caller is a partner's system."""
        return UUID(self.subject.removeprefix(CREDENTIAL)) if self.subject.startswith(CREDENTIAL) else None

    @cached_property
    def stands_on(self) -> tuple[UUID, ...]:
        """What the token stands on: once one of these is revoked, it is refused."""
        return tuple(each for each in (self.person_id, self.credential_id, self.membership, self.organisation) if each is not None)

    def has(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def covers(self, department: Department | None) -> bool:
        """Whether a department is within the caller's (a caller without departments covers the region)."""
        return not self.departments or department in self.departments

    def not_theirs(self, words: str) -> Forbidden:
        """The refusal of what is another organisation's: in these words, unless the caller's token names none."""
        nobody = "Votre jeton ne nomme aucune organisation : demandez-en un qui nomme la vôtre."
        return Forbidden(nobody if self.organisation is None else words)

    def covers_all(self, departments: Collection[Department]) -> bool:
        """Whether every one of these departments is within the caller's. None of them stands for the whole region."""
        return not self.departments or (bool(departments) and self.departments.issuperset(departments))

    def check_covers(self, departments: Collection[Department]) -> None:
        """Raises `Forbidden` unless the caller covers all of these departments."""
        if not self.covers_all(departments):
            raise Forbidden("Vos droits ne couvrent pas tous les départements concernés.")


def somebody(name: str) -> str:
    """The subject of a person who is in no table: of a development token, of a demonstration, of a test."""
    return f"{PERSON}{uuid5(NAMESPACE_URL, f'urn:plam:somebody:{name}')}"


ANONYMOUS = Principal("anonymous")
SYSTEM = Principal("system", frozenset(STAFF))
"""The services themselves: imports, scheduled jobs, projections."""
