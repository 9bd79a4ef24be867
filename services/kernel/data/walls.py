"""The second wall: row-level security on the tables of nouns that are personal or confidential, and on their histories.

The operation's check is the first. PostgreSQL asks the second one of every statement, whatever its conditions are: a row passes for the
region, for its organisation, for its department, for its person, as four settings of the transaction say. Nothing set, no row.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Table

from services.contracts.codes import Department, Role
from services.kernel.base.principals import Principal

REGION, ORGANISATION, DEPARTMENTS, PERSON = "plam.region", "plam.organisation", "plam.departments", "plam.person"
ON = "on"
"""What `plam.region` says for whoever passes everywhere: the services themselves, and the roles of a wall's `region`."""

_REGION = f"(SELECT current_setting('{REGION}', true) = '{ON}')"  # each setting is read once a statement, not once a row
_ORGANISATION = f"(SELECT nullif(current_setting('{ORGANISATION}', true), '')::uuid)"
_PERSON = f"(SELECT nullif(current_setting('{PERSON}', true), '')::uuid)"
_DEPARTMENTS = f"((SELECT string_to_array(current_setting('{DEPARTMENTS}', true), ','))::text[])"


_PLAIN = re.compile(r"[0-9A-Za-z,-]*")
"""What a setting may say: it is written into the statement, since a transaction begins by several in one round trip."""


@dataclass(frozen=True)
class Wall:
    """Which callers a row passes for, to be read and to be written: coarser than what operations check.

    `organisations` and `person` are columns that name who passes; `department` is the column of the department, by which the roles `within`
    pass. By `related` (`table.column` of the same schema, which holds our id) whoever passes to a row there passes here; not both ways. The
    roles of `region` pass everywhere.
    """

    organisations: tuple[str, ...] = ()
    department: str | None = None
    person: str | None = None
    related: tuple[str, ...] = ()
    within: tuple[Role, ...] = ()
    region: tuple[Role, ...] = (Role.steering,)


class Policy(NamedTuple):
    """The two conditions of a table's policy: on rows that are read or changed, and on what is written."""

    using: str
    check: str


class Walled(NamedTuple):
    """A table behind a wall, and its policy."""

    wall: Wall
    policy: Policy


WALLED: dict[str, Walled] = {}
"""The tables behind a wall, by their name with its schema; filled as the services' schemas are imported."""


def declare(table: Table, wall: Wall, versions: Table | None = None) -> None:
    """Puts a table behind a wall, and its history: the rows of a history are of whoever has the row now."""
    named = [*wall.organisations, *filter(None, (wall.department, wall.person))]
    if unknown := sorted(set(named) - set(table.columns.keys())):
        raise TypeError(f"{table} : le mur nomme {', '.join(unknown)}, que la table n'a pas.")
    if (wall.department is None) != (not wall.within):
        raise TypeError(f"{table} : le mur dit le département et les rôles qui passent par lui (within), ou ni l'un ni les autres.")
    WALLED[str(table)] = Walled(wall, policy_of(str(table), wall))
    if versions is not None:
        WALLED[str(versions)] = Walled(wall, policy_of_history(str(table)))


def policy_of(name: str, wall: Wall) -> Policy:
    """The policy of a table, `schema.table`. Migrations have made it of these words: other words are another function, and a migration."""
    schema, _, table = name.partition(".")
    passes = [_REGION, *(f"{column} = {_ORGANISATION}" for column in wall.organisations)]
    if wall.department is not None:
        passes.append(f"{wall.department} = ANY ({_DEPARTMENTS})")
    if wall.person is not None:
        passes.append(f"{wall.person} = {_PERSON}")
    for each in wall.related:
        other, _, column = each.partition(".")
        passes.append(f"EXISTS (SELECT 1 FROM {schema}.{other} AS related WHERE related.{column} = {table}.id)")
    condition = " OR ".join(passes)
    return Policy(condition, condition)


def policy_of_history(name: str) -> Policy:
    """The policy of a table's history: a version passes with the row that it is of.

    The first version is written in the statement that makes the row, which cannot see it yet, and which the row's own policy has let pass.
    """
    versions = f"{name.partition('.')[2]}_version"
    present = f"EXISTS (SELECT 1 FROM {name} AS present WHERE present.id = {versions}.id)"
    return Policy(f"{_REGION} OR {present}", f"{_REGION} OR version = 1 OR {present}")


def raised(name: str, wall: Wall, *, history: bool = True) -> Sequence[str]:
    """What a migration runs to put a table behind a wall, and its history."""
    policies = {name: policy_of(name, wall)} | ({f"{name}_version": policy_of_history(name)} if history else {})
    return [statement for table, policy in policies.items() for statement in around(table, policy)]


def around(name: str, policy: Policy) -> Sequence[str]:
    """What gives a table row security, for its owner too, and its one policy."""
    return (
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY wall ON {name} USING ({policy.using}) WITH CHECK ({policy.check})",
    )


def taken_down(name: str, *, history: bool = True) -> Sequence[str]:
    """What the way back runs."""
    return [
        statement
        for table in ([f"{name}_version"] if history else []) + [name]
        for statement in (
            f"DROP POLICY wall ON {table}",
            f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
        )
    ]


def wall_of(sql: str) -> Wall | None:
    """The wall before a statement: of several, what they let pass in common. None: it touches no table behind one."""
    walls = {walled.wall: None for name, walled in WALLED.items() if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", sql)}
    if len(walls) < 2:
        return next(iter(walls), None)
    return Wall(within=_common([wall.within for wall in walls]), region=_common([wall.region for wall in walls]))


def _common(roles: Sequence[Collection[Role]]) -> tuple[Role, ...]:
    return tuple(role for role in roles[0] if all(role in each for each in roles))


SERVICE = f"SELECT set_config('{REGION}', '{ON}', true)"
"""What is set where the service itself acts, in whosever transaction."""


@lru_cache(10_000)
def settings_of(wall: Wall, caller: Principal) -> str:
    """The statement that says, until the transaction ends, who asks. It is put together of identifiers and codes alone."""
    departments = [department.value for department in Department if caller.covers(department)] if caller.has(*wall.within) else []
    said: Mapping[str, str] = {
        REGION: ON if caller.has(*wall.region) else "",
        ORGANISATION: str(caller.organisation or ""),
        DEPARTMENTS: ",".join(departments),
        PERSON: str(caller.person_id or ""),
    }
    if unsafe := [value for value in said.values() if not _PLAIN.fullmatch(value)]:
        raise TypeError(f"Ce n'est ni un identifiant, ni une liste de codes : {unsafe[0]!r}.")
    return "SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in said.items())
