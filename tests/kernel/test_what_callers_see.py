"""What a caller sees by its roles: one condition a set of roles, and a name that no other condition has."""

from itertools import chain, combinations
from uuid import uuid4

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid
from sqlalchemy.dialects import postgresql

from services.contracts.codes import Department, Role
from services.kernel.api.reading import REGION, Scope, visible_to
from services.kernel.base.principals import Principal, somebody

ROWS = Table("row", MetaData(), Column("host", Uuid), Column("school", Uuid), Column("department", Text), Column("status", Text))
SHARED = ROWS.c.status.is_not(None)

visible = visible_to(
    organisation={Role.employer: ROWS.c.host, Role.institute: ROWS.c.school}, departments={Role.hr_partner: ROWS.c.department}
)
visible_when_shared = visible_to(organisation={Role.employer: ROWS.c.host}, shared=SHARED)


def sql(scope: Scope) -> str:
    """A condition as the database reads it."""
    return str(scope.condition.compile(dialect=postgresql.dialect())) if scope.condition is not None else "every row"  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped


def caller(*roles: Role) -> Principal:
    """Somebody of an organisation, for one department."""
    return Principal(somebody("somebody"), frozenset(roles), uuid4(), frozenset({Department.sarthe}))


@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        ((Role.employer,), "row.host = %(own_organisation)s::UUID"),
        ((Role.institute,), "row.school = %(own_organisation)s::UUID"),
        ((Role.hr_partner,), "row.department = ANY (%(own_departments)s::TEXT[])"),
        ((Role.employer, Role.hr_partner), "row.host = %(own_organisation)s::UUID OR row.department = ANY (%(own_departments)s::TEXT[])"),
        ((Role.reader,), "false"),
    ],
)
def test_a_role_sees_the_rows_of_its_organisation_or_of_its_departments(roles: tuple[Role, ...], seen: str) -> None:
    assert sql(visible(caller(*roles))) == seen


def test_what_is_shared_is_seen_by_every_role_and_the_rest_by_its_own() -> None:
    assert sql(visible_when_shared(caller(Role.reader))) == "row.status IS NOT NULL"
    assert sql(visible_when_shared(caller(Role.employer))) == "row.host = %(own_organisation)s::UUID OR row.status IS NOT NULL"


def test_steering_sees_the_region_whatever_else_it_is() -> None:
    assert visible(caller(Role.steering, Role.employer)) is REGION


def test_one_name_is_one_condition() -> None:
    """Statements are kept by the name of the scope: two conditions under one name would show one caller another's rows."""
    every = chain.from_iterable(combinations(Role, count) for count in range(len(Role) + 1))
    scopes = [visible(caller(*roles)) for roles in every]
    assert len({(scope.name, sql(scope)) for scope in scopes}) == len({scope.name for scope in scopes}) == len({sql(one) for one in scopes})


def test_the_departments_are_those_that_the_caller_covers() -> None:
    everywhere = Principal(somebody("somebody"), frozenset({Role.hr_partner}))
    assert visible(caller(Role.hr_partner)).values["own_departments"] == ["72"]
    assert visible(everywhere).values["own_departments"] == [department.value for department in Department]
