"""The OpenAPI documents as strangers meet them: two linters find nothing, two generators make clients that work, typed strictly."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from tests.golden.snapshots import ROOT, openapi_path
from tests.support.api import apps
from tests.system.processes import Plant, wait_ready

SERVICES = sorted(apps())
OURS = Path(__file__).parent / "clients"
TOOLS = ROOT / "build" / "clients"
NODE = TOOLS / "node_modules" / ".bin"
ELSEWHERE = "https://partner.example.org"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def tool(path: Path) -> str:
    """A tool that `make test-system` installs."""
    if not path.exists():
        if os.environ.get("PLAM_REQUIRE_SERVICES"):
            pytest.fail(f"{path} manque, et PLAM_REQUIRE_SERVICES l'exige : make {TOOLS.relative_to(ROOT)}/.made")
        pytest.skip(f"make {TOOLS.relative_to(ROOT)}/.made")
    return str(path)


def run(*command: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command, run to its end."""
    given = {**os.environ, **QUIET, **environment}
    return subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, timeout=300, check=False)


def check(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that went well has said."""
    assert done.returncode == 0, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


# ── Linters ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_redocly_s_recommended_rules_find_nothing(service: str) -> None:
    done = run(tool(NODE / "redocly"), "lint", "--extends", "recommended", "--format", "json", str(openapi_path(service)))
    assert redocly_totals(done) == {"errors": 0, "warnings": 0, "ignored": 0}, done.stdout


def redocly_totals(done: subprocess.CompletedProcess[str]) -> Mapping[str, int]:
    """How many errors and warnings redocly found."""
    found: Mapping[str, int] = json.loads(done.stdout[done.stdout.index("{") :])["totals"]
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_spectral_s_recommended_rules_find_nothing(service: str) -> None:
    assert spectral(openapi_path(service)) == []


def spectral(document: Path) -> list[Any]:
    """What spectral finds, of whatever severity."""
    done = run(tool(NODE / "spectral"), "lint", "--ruleset", str(OURS / "spectral.json"), "--format", "json", "--quiet", str(document))
    found: list[Any] = json.loads(done.stdout or "[]")
    return found


def test_the_linters_see_a_fault(tmp_path: Path) -> None:
    document = json.loads(openapi_path("access").read_text("utf-8"))
    del document["paths"]["/livez"]["get"]["security"]
    document["tags"] = []
    faulty = tmp_path / "access.json"
    faulty.write_text(json.dumps(document), "utf-8")
    assert spectral(faulty)
    assert redocly_totals(run(tool(NODE / "redocly"), "lint", "--extends", "recommended", "--format", "json", str(faulty)))["errors"]


# ── Generators ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def python_clients() -> Path:
    """A folder of a package for each service, and of the scenario, without a warning of the generator."""
    generator = tool(TOOLS / "venv" / "bin" / "openapi-python-client")
    folder = fresh("python")
    path = f"{TOOLS / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"  # the generator calls ruff
    for service in SERVICES:
        options = ("--meta", "none", "--fail-on-warning", "--output-path", service)
        said = check(run(generator, "generate", "--path", str(openapi_path(service)), *options, cwd=folder, PATH=path))
        assert said.strip() == f"Generating {service}"
    shutil.copy(OURS / "scenario.py", folder)
    return folder


@pytest.fixture(scope="module")
def typescript_clients() -> Path:
    """A folder of a file of types for each service, and of the scenario, compiled strictly."""
    generator, compiler = tool(NODE / "openapi-typescript"), tool(NODE / "tsc")
    folder = fresh("typescript")
    for service in SERVICES:
        said = check(run(generator, str(openapi_path(service)), "--output", f"{service}.ts", cwd=folder))
        assert "warn" not in said.lower(), said
    for name in ("scenario.ts", "tsconfig.json", "package.json"):
        shutil.copy(OURS / name, folder)
    assert check(run(compiler, "--project", ".", cwd=folder)) == ""
    return folder


def fresh(name: str) -> Path:
    """An empty folder beside the tools, where Node finds its modules."""
    folder = TOOLS / "made" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def test_the_client_in_python_is_typed_strictly(python_clients: Path) -> None:
    python = tool(TOOLS / "venv" / "bin" / "python")
    options = ("--config-file", str(OURS / "mypy.ini"), "--python-executable", python, "--cache-dir", os.devnull)
    said = check(run(sys.executable, "-m", "mypy", *options, ".", cwd=python_clients))
    assert said.startswith("Success")


def test_nothing_that_may_be_left_out_is_required_in_typescript(typescript_clients: Path) -> None:
    types = (typescript_clients / "recruitment.ts").read_text("utf-8")
    need = types.partition("NeedCreate: {")[2].partition("\n        };")[0]
    assert "urgency?: components" in need
    assert "site_id: string" in need


# ── Against the running service ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def expected() -> Mapping[str, Any]:
    """What a scenario ends with, in either language."""
    return {
        "status": "open",
        "urgency": "routine",
        "refused": "urn:plam:problem:move-refused",
        "now": "open",
        "allowed": ["changeNeed", "cancelNeed", "prolongNeed"],
    }


@pytest.fixture
def served(tmp_path: Path, database: str) -> Iterator[tuple[str, str]]:
    """The whole system's address, and a token of steering."""
    with Plant(tmp_path, database, "memory://") as plant:
        plant.command("import", "communes")
        process = plant.start("up", "up", PLAM_PORT=str(plant.port), PLAM_CORS_ORIGINS=json.dumps([ELSEWHERE]))
        address = f"http://127.0.0.1:{plant.port}"
        wait_ready(address, "recruitment", process)
        settings = Settings(home=Path(plant.environment["PLAM_HOME"]), database_url=SecretStr(database))
        yield address, Tokens(settings).issue(Principal(somebody("a partner"), frozenset({Role.steering})), timedelta(hours=1))


def test_the_client_in_python_plays_its_scenario(served: tuple[str, str], python_clients: Path, expected: Mapping[str, Any]) -> None:
    python = tool(TOOLS / "venv" / "bin" / "python")
    assert json.loads(check(run(python, "scenario.py", *served, cwd=python_clients))) == expected


def test_the_client_in_typescript_plays_its_scenario(
    served: tuple[str, str], typescript_clients: Path, expected: Mapping[str, Any]
) -> None:
    """Node has no rule of origins: it says that it comes from another one, as a browser would, and what it is told."""
    node = shutil.which("node")
    assert node
    said = json.loads(check(run(node, "run/scenario.js", *served, ELSEWHERE, cwd=typescript_clients)))
    assert said == {**expected, "told": f"POST 409 {ELSEWHERE}"}
