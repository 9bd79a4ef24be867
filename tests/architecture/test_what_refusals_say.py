"""A refusal says what to do: in French, and not the names that programs give to states."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from services.contracts.internships import UnitStatus
from services.kernel.base.problems import Conflict, MoveRefused
from services.kernel.data.lifecycle import Lifecycle

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "services").rglob("*.py"))


class Row:
    """Anything that has a status."""

    status_field = "status"

    def __init__(self, status: Any) -> None:
        self.status = status


def module_of(path: Path) -> Any:
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


LIFECYCLES = {
    str(path.parent.relative_to(ROOT)): module_of(path).LIFECYCLE
    for path in FILES
    if path.name == "lifecycle.py" and "kernel" not in path.parts
}


def refusals(lifecycle: Lifecycle[Any]) -> Iterator[tuple[Any, Any, MoveRefused]]:
    """(from, to, refusal) of every move that is refused."""
    reached = {to for allowed in lifecycle.moves.values() for to in allowed}
    for status, to in product(lifecycle.words, reached):
        for only_from in (None, *(state for state in lifecycle.moves if to in lifecycle.moves[state])):
            row: Any = Row(status)
            try:
                lifecycle.move(row, to, only_from=only_from)
            except MoveRefused as refused:
                yield status, to, refused


def test_every_noun_that_moves_is_seen() -> None:
    assert len(LIFECYCLES) >= 13


@pytest.mark.parametrize("noun", LIFECYCLES)
def test_e6_a_refused_move_names_what_there_is_and_what_it_takes(noun: str) -> None:
    """It said « Passage de « open » à « open » refusé. »."""
    lifecycle = LIFECYCLES[noun]
    codes = {str(state) for state in lifecycle.words}
    found = list(refusals(lifecycle))
    assert found
    for status, to, refused in found:
        said = str(refused.detail)
        quoted = said.split("« ")[1:]
        words = [each.partition(" »")[0] for each in quoted]
        assert words[0] == lifecycle.words[status], said
        assert not codes & set(words), said
        following = [lifecycle.words[state] for state in lifecycle.allowed(status)]
        assert words[len(words) - len(following) :] == following, said
        assert following or said.endswith("Il ne change plus."), said
        assert ("C'est déjà fait" in said) == (status == to), said


def test_a_state_without_a_name_is_refused() -> None:
    with pytest.raises(TypeError, match="suspended"):
        Lifecycle({UnitStatus.active: (UnitStatus.suspended,)}, {UnitStatus.active: "actif"})


def test_what_does_not_move_is_refused_in_the_same_words() -> None:
    lifecycle = LIFECYCLES["services/internships_api/units"]
    unit: Any = Row(UnitStatus.suspended)

    lifecycle.require(unit, UnitStatus.suspended)
    with pytest.raises(MoveRefused) as refused:
        lifecycle.require(unit, UnitStatus.active)

    assert refused.value.detail == "Le statut est « suspendu » ; cette opération demande « actif ». D'ici, il peut passer à « actif »."
    assert refused.value.extra == {"status_now": "suspended"}


def raised_bare(tree: ast.AST) -> Iterator[str]:
    """The names of the classes that are raised without a word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            branches = [node.exc.body, node.exc.orelse] if isinstance(node.exc, ast.IfExp) else [node.exc]
            for raised in branches:
                called = raised.func if isinstance(raised, ast.Call) and not raised.args else raised
                if isinstance(called, ast.Name):
                    yield called.id


def speechless(path: Path) -> list[str]:
    """The conflicts that a file raises with nothing but their title."""
    module = module_of(path)
    raised = [(name, getattr(module, name, None)) for name in raised_bare(ast.parse(path.read_text("utf-8")))]
    return [name for name, found in raised if inspect.isclass(found) and issubclass(found, Conflict) and not found.advice]


def test_e6_a_conflict_is_never_told_by_its_title_alone() -> None:
    told = {str(path.relative_to(ROOT)): speechless(path) for path in FILES if "_api" in str(path)}
    assert {path: names for path, names in told.items() if names} == {}


def test_the_rule_sees_a_bare_conflict(tmp_path: Path) -> None:
    assert list(raised_bare(ast.parse("raise A\nraise B()\nraise C('mot')\nraise D if x else E\nraise F(seats=1)"))) == [
        "A",
        "B",
        "D",
        "E",
        "F",
    ]
