"""What we use of our libraries and they do not promise is there, does what we rely on, and is all in one list."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.kernel.borrowed_names import BORROWED, Borrowed

ROOT = Path(__file__).parents[2]
LIBRARIES = frozenset({"alembic", "asyncpg", "dramatiq", "fastapi", "pydantic", "sqlalchemy", "sqlmodel", "starlette", "uvicorn"})
DOCUMENTED = frozenset(
    {
        *LIBRARIES,
        *("alembic.config", "alembic.script", "alembic.util"),
        *("dramatiq.broker", "dramatiq.brokers.rabbitmq", "dramatiq.brokers.redis", "dramatiq.brokers.stub", "dramatiq.encoder"),
        *("dramatiq.errors", "dramatiq.middleware", "fastapi.openapi.models", "fastapi.routing", "pydantic.config", "pydantic.fields"),
        *("sqlalchemy.dialects.postgresql", "sqlalchemy.exc", "sqlalchemy.sql.base", "sqlalchemy.sql.dml", "sqlalchemy.sql.elements"),
        *("sqlalchemy.sql.selectable", "sqlalchemy.types", "sqlmodel.sql.expression", "starlette.applications", "starlette.datastructures"),
        *(
            "starlette.exceptions",
            "starlette.middleware.cors",
            "starlette.middleware.gzip",
            "starlette.requests",
            "starlette.responses",
            "starlette.routing",
            "starlette.types",
        ),
    }
)
"""The modules whose public names the libraries' reference pages tell of. What comes from any other module of theirs is borrowed."""

PYTHONS = frozenset({"_asdict", "_fields", "_make", "_replace", "_value_", "os._exit"})
"""Names with an underscore that Python documents: named tuples', an enumeration's value, and the immediate end of a process."""
PYTHON_DUNDERS = frozenset(name for kind in (object, type, BaseException, ast.parse, ast) for name in dir(kind) if name.startswith("__"))
PYTHON_DUNDERS |= {
    "__traceback__",
    "__cause__",
    "__context__",
    "__suppress_context__",
    "__stderr__",
    "__main__",
    "__qualname__",
    "__path__",
}


@pytest.mark.parametrize("each", BORROWED, ids=lambda each: f"{each.library}-{each.names[-1]}")
def test_a_borrowed_name_is_what_we_rely_on(each: Borrowed) -> None:
    try:
        each.check()
    except Exception as error:  # noqa: BLE001  whatever is no longer there, the message says who needs it
        users = "; ".join(f"{name} in {', '.join(users_of(each.library, name)) or 'no file'}" for name in each.names)
        pytest.fail(f"{each.library} is no longer what we rely on: {type(error).__name__}: {error}. Look at {users}.")


@pytest.mark.parametrize("each", BORROWED, ids=lambda each: f"{each.library}-{each.names[-1]}")
def test_a_borrowed_name_is_still_used(each: Borrowed) -> None:
    assert [name for name in each.names if not users_of(each.library, name)] == [], f"no file that imports {each.library} says this"


# ── The scan ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def trees() -> dict[str, ast.Module]:
    """Every source file of ours."""
    files = sorted((ROOT / "services").rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): ast.parse(file.read_text()) for file in files}


def imports_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of what a file imports from the libraries; the name is empty for a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names if node.module.partition(".")[0] in LIBRARIES)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.partition(".")[0] in LIBRARIES)


@cache
def words_of(path: str) -> frozenset[str]:
    """Every name that a file says: imported, accessed, or as a text."""
    words: set[str] = set()
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            words |= {node.module or "", *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
    return frozenset(words)


@cache
def libraries_of(path: str) -> frozenset[str]:
    """The libraries that a file imports."""
    return frozenset(module.partition(".")[0] for module, _ in imports_of(trees()[path]))


@cache
def users_of(library: str, name: str) -> tuple[str, ...]:
    """Our files that say the name: those that import the library, or else those that are given its objects by others."""
    saying = [path for path in trees() if libraries_of(path) and name in words_of(path)]
    return tuple(path for path in saying if library in libraries_of(path)) or tuple(saying)


def borrowed_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The names of others that a file borrows, as far as its text tells: undocumented modules' and those with an underscore."""
    for module, name in imports_of(tree):
        if module not in DOCUMENTED or any(part.startswith("_") for part in (*module.split("."), name)):
            yield 0, name or module
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from _inherited(node, tree)
        elif isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")):
            if _is_private(node.attr) and ast.unparse(node) not in PYTHONS:
                yield node.lineno, node.attr
        else:
            yield from ((line, text) for line, text in _by_text(node) if _is_private(text))


def _is_private(name: str) -> bool:
    return name.startswith("_") and name not in PYTHON_DUNDERS and name not in PYTHONS


def _by_text(node: ast.AST) -> Iterator[tuple[int, str]]:
    """A name given as a text, to `getattr` and the like or to a dictionary of names."""
    if isinstance(node, ast.Call):
        function = ast.unparse(node.func).rpartition(".")[2]
        given = node.args[1:2] if function in ("getattr", "hasattr", "setattr", "delattr", "__setattr__") else []
        yield from ((node.lineno, each.value) for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr in ("__dict__", "_annotations"):
        yield from [(node.lineno, str(node.slice.value))] if isinstance(node.slice, ast.Constant) else ()


def _inherited(kind: ast.ClassDef, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Names with an underscore that a class takes from a library's class: neither defined in it, nor set when it is made."""
    ours = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    foreign = {alias for _, alias in imports_of(tree)} | LIBRARIES
    bases = {ast.unparse(base).partition(".")[0].partition("[")[0] for base in kind.bases}
    if not (bases & foreign) - ours:
        return
    own = {node.name for node in kind.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    own |= {target.id for node in kind.body for target in ast.walk(node) if isinstance(target, ast.Name)}
    for method in kind.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            own |= {node.attr for node in ast.walk(method) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    used = [node for node in ast.walk(kind) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"]
    yield from ((node.lineno, node.attr) for node in used if _is_private(node.attr) and node.attr not in own)


def test_the_list_is_whole() -> None:
    listed = {name for each in BORROWED for name in each.names}
    found = {(path, line, name) for path, tree in trees().items() for line, name in borrowed_in(tree)}
    assert len({name for *_, name in found}) > 20
    missing = sorted(f"{path}:{line}: {name}" for path, line, name in found if name not in listed)
    assert not missing, "borrowed from a library, and held by no check of this file:\n" + "\n".join(missing)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from fastapi._compat import Undefined", "Undefined"),
        ("from starlette._utils import is_async_callable", "is_async_callable"),
        ("import uvicorn.lifespan.on", "uvicorn.lifespan.on"),
        ("from sqlalchemy.engine.cursor import CursorResult", "CursorResult"),
        ("from pydantic import BaseModel\nBaseModel._calculate_keys", "_calculate_keys"),
        ("def f(connection):\n    return connection._con", "_con"),
        ("getattr(statement, '_where_criteria')", "_where_criteria"),
        ("object.__setattr__(row, '__pydantic_decorators__', 1)", "__pydantic_decorators__"),
        ("from starlette.requests import Request\nclass Own(Request):\n    def f(self):\n        return self._send", "_send"),
    ],
)
def test_the_scan_finds_what_is_borrowed(source: str, name: str) -> None:
    assert [found for _, found in borrowed_in(ast.parse(source))] == [name]


@pytest.mark.parametrize(
    "source",
    [
        "from fastapi import FastAPI",
        "class Own:\n    def __init__(self):\n        self._x = 1\n    def f(self):\n        return self._x",
        "point._replace(x=1)",
        "type(error).__name__",
        "import os\nos._exit(1)",
        "from fastapi import Request\nclass Own(Request):\n    def __init__(self):\n        self._x = 1\n    def f(self):\n        self._x",
    ],
)
def test_the_scan_leaves_ours_and_python_s_alone(source: str) -> None:
    assert list(borrowed_in(ast.parse(source))) == []
