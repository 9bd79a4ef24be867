"""`make newest`: the tests on the newest releases that pyproject.toml allows, in a virtual environment of their own.

Says which packages differ from the lock, and which tests they break: before `make lock` brings them to everybody.
"""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / "build" / "newest"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = ROOT / "requirements" / "dev.txt"
REPORT = ROOT / "build" / "newest.xml"
TESTED = ("tests", *(f"--ignore=tests/{other}" for other in ("system", "bench", "fuzz")))
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
NOT_LOCKED = {"pip", "setuptools", "plam"}
LONGEST_REASON = 160


def install() -> None:
    """Makes the environment, or brings it up to date. pip chooses: it asks the index that this machine is set to."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    options = ("--quiet", "--disable-pip-version-check", "--upgrade", "--upgrade-strategy", "eager")
    subprocess.run([PYTHON, "-m", "pip", "install", *options, "--editable", ".[embedded,build,dev]"], cwd=ROOT, check=True)


def canonical(name: str) -> str:
    """A package's name as an index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, str]:
    """Package → release, in the environment."""
    folder = subprocess.run(
        [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True
    ).stdout.strip()
    found = importlib.metadata.distributions(path=[folder])
    return {canonical(each.metadata["Name"]): each.version for each in found}


def locked() -> dict[str, str]:
    """Package → release, in the lock of the development tools, which holds all the others."""
    return {canonical(name): version for name, version in PINNED.findall(LOCK.read_text())}


def differences(before: dict[str, str], now: dict[str, str]) -> list[tuple[str, str, str]]:
    """(package, locked release, newest release) where they differ; what the lock holds for other machines is left out."""
    return [(name, before.get(name, "—"), now[name]) for name in sorted(now.keys() - NOT_LOCKED) if before.get(name) != now[name]]


def run_tests() -> int:
    """Runs the tests in the environment; pytest's exit status."""
    REPORT.unlink(missing_ok=True)
    workers = ("-n", "logical", "--maxprocesses", "8")
    return subprocess.run([PYTHON, "-m", "pytest", "-q", *workers, f"--junitxml={REPORT}", *TESTED], cwd=ROOT, check=False).returncode


def failures() -> list[str]:
    """The tests that failed, each with the first line of what it said."""
    if not REPORT.exists():
        return ["pytest itself: it wrote no report"]
    found = []
    for case in ET.parse(REPORT).iter("testcase"):  # noqa: S314  written by our own tests
        for fault in (*case.iter("failure"), *case.iter("error")):
            reason = (fault.get("message") or "").partition("\n")[0][:LONGEST_REASON]
            found.append(f"{case.get('classname')}::{case.get('name')}\n      {reason}")
    return found


def main() -> int:
    """Installs, tests, tells; the exit status of the tests."""
    install()
    newer = differences(locked(), installed())
    status = run_tests()
    print(f"\n{len(newer)} package(s) differ from the lock:" if newer else "\nNo package is newer than the lock.")
    for name, was, now in newer:
        print(f"  {name:32} {was:>14} → {now}")
    broken = failures() if status else []
    print(f"{len(broken)} test(s) fail there:" if status else "Every test passes there.")
    for words in broken:
        print(f"  {words}")
    return status


if __name__ == "__main__":
    sys.exit(main())
