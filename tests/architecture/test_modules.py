"""What no linter knows about our modules: each rule is a function of one module, and is shown a sample that breaks it."""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 600
CLOCK_READERS = {
    "datetime.now": "kernel.base.clock.now",
    "datetime.utcnow": "kernel.base.clock.now",
    "datetime.today": "kernel.base.clock.now",
    "date.today": "kernel.base.clock.today",
    "time.time": "kernel.base.clock.now",
    "time.time_ns": "kernel.base.clock.now",
    "time.localtime": "kernel.base.clock.now",
    "time.gmtime": "kernel.base.clock.now",
}
CLOCKS = {
    "services/kernel/base/clock.py",
    "services/kernel/base/ids.py",  # an identifier carries the millisecond it was made in; it needs no calendar, and its order is no rule
}
PROBLEM_MAKERS = {"services/kernel/process/app.py", "services/kernel/base/problems.py"}  # they turn the framework's errors into ours
EDGES = {
    "services/kernel/data/database.py",  # a transaction opened by `async with` commits on a clean exit
    "services/kernel/api/routing.py",  # a request's transaction commits before its answer leaves
}
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
BUSINESS_WORDS = {"allowance", "apprentice", "commitment", "milestone", "objective", "placement", "tutor"}
CONTRACT_PACKAGES = {"pydantic", "services.contracts"}


@dataclass(frozen=True)
class Module:
    """A source file: where it is from the project's root, and what it says."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @property
    def is_init(self) -> bool:
        return self.path.endswith("__init__.py")

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


Rule = Callable[[Module], Iterator[str]]


def opens_with_a_line_saying_why(module: Module) -> Iterator[str]:
    if not module.is_init and not ast.get_docstring(module.tree):
        yield "no docstring at its head"


def init_is_empty(module: Module) -> Iterator[str]:
    if module.is_init and module.source.strip():
        yield "not empty"


def imports_at_the_top_only(module: Module) -> Iterator[str]:
    for function in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"line {node.lineno}: an import inside a function"


def imports_are_absolute(module: Module) -> Iterator[str]:
    for node in module.nodes(ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"line {node.lineno}: a relative import"


def one_clock(module: Module) -> Iterator[str]:
    if module.path in CLOCKS:
        return
    for node in module.nodes(ast.Attribute, ast.ImportFrom):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            used = {f"time.{name.name}" for name in node.names}
        elif isinstance(node, ast.Attribute):
            used = {".".join(ast.unparse(node).split(".")[-2:])}
        else:
            continue
        for reader in used & CLOCK_READERS.keys():
            yield f"line {node.lineno}: {reader}; use {CLOCK_READERS[reader]}"


def only_a_demonstration_moves_the_clock(module: Module) -> Iterator[str]:
    if module.path == "services/kernel/process/demo_folder.py":
        return
    for node in ast.walk(module.tree):
        calls = isinstance(node, ast.Attribute) and node.attr == "set_day"
        if calls or (isinstance(node, ast.alias) and node.name == "set_day"):
            yield f"line {getattr(node, 'lineno', 0)}: set_day; only the folder of a demonstration carries a day"


def commits_at_the_edge(module: Module) -> Iterator[str]:
    if module.path in EDGES:
        return
    for node in module.nodes(ast.Call):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield f"line {node.lineno}: a commit; the kernel commits, at the edge"


def raises_our_problems(module: Module) -> Iterator[str]:
    if module.path in PROBLEM_MAKERS:
        return
    for node in module.nodes(ast.Raise):
        if isinstance(node, ast.Raise) and node.exc and "HTTPException" in ast.unparse(node.exc):
            yield f"line {node.lineno}: HTTPException; raise a Problem"


def fits_in_a_few_screens(module: Module) -> Iterator[str]:
    lines = module.source.count("\n")
    if lines > LONGEST_FILE:
        yield f"{lines} lines; at the limit of {LONGEST_FILE}, split by noun"


def is_named_after_what_it_holds(module: Module) -> Iterator[str]:
    for part in Path(module.path).with_suffix("").parts:
        if part in VAGUE_NAMES:
            yield f"« {part} » says nothing of what is in it"


def contracts_need_only_pydantic(module: Module) -> Iterator[str]:
    if not module.path.startswith("services/contracts/"):
        return
    for node in module.nodes(ast.Import, ast.ImportFrom):
        names = [name.name for name in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None) or ""]
        for name in names:
            ours = any(name == package or name.startswith(f"{package}.") for package in CONTRACT_PACKAGES)
            if not ours and name.split(".")[0] not in sys.stdlib_module_names:
                yield f"line {getattr(node, 'lineno', 0)}: imports {name}"


def kernel_has_no_business_word(module: Module) -> Iterator[str]:
    if not module.path.startswith("services/kernel/"):
        return
    for node in module.nodes(ast.Name, ast.Attribute, ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        name = str(getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "arg", None) or getattr(node, "name", ""))
        for word in BUSINESS_WORDS:
            if word in name.lower():
                yield f"line {getattr(node, 'lineno', 0)}: {name}"


RULES_EVERYWHERE: tuple[Rule, ...] = (
    opens_with_a_line_saying_why,
    init_is_empty,
    imports_at_the_top_only,
    imports_are_absolute,
    is_named_after_what_it_holds,
)
RULES_OF_SERVICES: tuple[Rule, ...] = (
    one_clock,
    only_a_demonstration_moves_the_clock,
    commits_at_the_edge,
    raises_our_problems,
    fits_in_a_few_screens,
    contracts_need_only_pydantic,
    kernel_has_no_business_word,
)

BROKEN: tuple[tuple[Rule, str, str], ...] = (
    (only_a_demonstration_moves_the_clock, "services/a.py", "clock.set_day(day)\n"),
    (only_a_demonstration_moves_the_clock, "services/a.py", "from services.kernel.base.clock import set_day\n"),
    (opens_with_a_line_saying_why, "services/a.py", "import os\n"),
    (init_is_empty, "services/a/__init__.py", "from services.a.b import c\n"),
    (imports_at_the_top_only, "services/a.py", "def f():\n    import os\n"),
    (imports_at_the_top_only, "services/a.py", "class A:\n    async def f(self):\n        from os import path\n"),
    (imports_are_absolute, "services/a.py", "from . import b\n"),
    (is_named_after_what_it_holds, "services/a/utils.py", ""),
    (is_named_after_what_it_holds, "services/helpers/a.py", ""),
    (one_clock, "services/a.py", "x = datetime.now(UTC)\n"),
    (one_clock, "services/a.py", "x = datetime.date.today()\n"),
    (one_clock, "services/a.py", "x = Field(default_factory=time.time)\n"),
    (one_clock, "services/a.py", "from time import time\n"),
    (commits_at_the_edge, "services/a.py", "async def f(db):\n    await db.commit()\n"),
    (raises_our_problems, "services/a.py", "raise HTTPException(404)\n"),
    (raises_our_problems, "services/a.py", "raise fastapi.HTTPException(404) from None\n"),
    (fits_in_a_few_screens, "services/a.py", "x = 1\n" * (LONGEST_FILE + 1)),
    (contracts_need_only_pydantic, "services/contracts/a.py", "from sqlmodel import Field\n"),
    (contracts_need_only_pydantic, "services/contracts/a.py", "import services.kernel.ids\n"),
    (kernel_has_no_business_word, "services/kernel/a.py", "def reach(milestone_id): ...\n"),
)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(Module(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths)


def failures(rule: Rule, *folders: str) -> list[str]:
    return [f"{module.path}: {failure}" for module in modules(*folders) for failure in rule(module)]


@pytest.mark.parametrize("rule", RULES_EVERYWHERE, ids=lambda rule: rule.__name__)
def test_every_module(rule: Rule) -> None:
    assert failures(rule, "services", "tests") == []


@pytest.mark.parametrize("rule", RULES_OF_SERVICES, ids=lambda rule: rule.__name__)
def test_every_module_of_the_services(rule: Rule) -> None:
    assert failures(rule, "services") == []


@pytest.mark.parametrize(("rule", "path", "source"), BROKEN, ids=lambda value: getattr(value, "__name__", None))
def test_the_rule_sees_a_module_that_breaks_it(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module(path, source)))


def test_every_rule_is_shown_a_module_that_breaks_it() -> None:
    assert {rule for rule, _, _ in BROKEN} == {*RULES_EVERYWHERE, *RULES_OF_SERVICES}


def test_the_modules_are_found() -> None:
    found = {module.path for module in modules("services", "tests")}
    assert {"services/kernel/base/clock.py", "tests/architecture/test_modules.py"} <= found
