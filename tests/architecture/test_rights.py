"""The rights beside the routes: each names its roles, so that a role that is added is given none by itself."""

import ast
from collections.abc import Iterator

import pytest

from services.contracts.codes import STAFF, Role
from tests.golden.snapshots import ROOT

READ_IN_A_TOKEN = "services/kernel/api/token_claims.py"
"""Which roles there are is what a token is checked against; it is no right."""


def every_role(source: str) -> Iterator[int]:
    """The lines where a source takes the roles for a list: `*Role`, `frozenset(Role)`, `for role in Role`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Starred):
            taken = [node.value]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) != "isinstance":
            taken = node.args
        elif isinstance(node, (ast.For, ast.comprehension)):
            taken = [node.iter]
        else:
            continue
        yield from (each.lineno for each in taken if isinstance(each, ast.Name) and each.id == "Role")


def test_no_right_is_every_role_s() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in sorted((ROOT / "services").rglob("*.py"))}
    found = [f"{name}:{line}" for name, source in sources.items() if name != READ_IN_A_TOKEN for line in every_role(source)]
    assert found == [], "dites lesquels : allow(*STAFF), ou chaque rôle"


@pytest.mark.parametrize("source", ["allow(*Role)", "frozenset(Role)", "[each for each in Role]", "for each in Role: pass"])
def test_the_rule_sees_every_way_of_taking_them_all(source: str) -> None:
    assert list(every_role(source)) == [1]


def test_who_works_on_the_plan_is_listed_once_each() -> None:
    assert len(STAFF) == len(set(STAFF)) == 8
    assert set(STAFF) <= set(Role)
