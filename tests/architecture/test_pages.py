"""The pages say what is there: every file that they name exists, and the architecture names every module of the kernel."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.reference.catalogues import settings, states
from tests.golden import reference

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FOLDERS = (ROOT, ROOT / "services")
"""What a page's paths begin at: `kernel/…` is `services/kernel/…`."""
NAMED = re.compile(r"`([a-z_.][\w.-]*(?:/[\w.-]+)+\.(?:csv|ini|json|md|mako|py|toml|txt|yaml|yml))`")
MADE_UP = {
    "docs/adding-a-noun.md": (
        "migrations/internships/0007_training_rooms.py",
        "services/internships_api/rooms/",
        "services/observatory_api/indicators/i30_active_rooms.py",
        "tests/golden/states/room-1.json",
        "tests/internships_api/rooms/",
        "tests/observatory_api/golden/I30-1.json",
    )
}
"""What a page tells its reader to write."""


def missing(page: str, text: str) -> list[str]:
    """The files that a page names and that are not there."""
    return [
        path
        for path in NAMED.findall(text)
        if not path.startswith(MADE_UP.get(page, ())) and not any((folder / path).is_file() for folder in FOLDERS)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_file_that_a_page_names_is_there(page: Path) -> None:
    assert missing(str(page.relative_to(ROOT)), page.read_text("utf-8")) == []


def test_the_rule_sees_a_file_that_is_gone() -> None:
    text = "`kernel/data/saving.py`, `services/kernel/gone.py`, `make test`, `/a/openapi.json`, `services/internships_api/rooms/x.py`"
    assert missing("README.md", text) == ["services/kernel/gone.py", "services/internships_api/rooms/x.py"]
    assert missing("docs/adding-a-noun.md", text) == ["services/kernel/gone.py"]


def changes(text: str) -> Iterator[tuple[str, str]]:
    """The places that the blocks marked `diff` of a page change: the file that their heading names, and what stands there before."""
    for step in text.split("\n### ")[1:]:
        path = step.split("`")[1]
        for block in step.split("```diff\n")[1:]:
            for place in block.split("\n```")[0].split("\n@@\n"):
                yield path, "".join(f"{line[1:]}\n" for line in place.split("\n") if not line.startswith("+"))


@pytest.mark.skipif((ROOT / "services/internships_api/rooms").exists(), reason="its changes have been made: somebody follows the page")
def test_a_worked_difference_changes_what_is_there() -> None:
    found = list(changes((ROOT / "docs" / "adding-a-noun.md").read_text("utf-8")))
    assert len(found) > 10
    assert [(path, before) for path, before in found if (ROOT / path).read_text("utf-8").count(before) != 1] == []


def test_the_architecture_names_every_module_of_the_kernel() -> None:
    said = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    modules = [path.relative_to(ROOT / "services") for path in (ROOT / "services" / "kernel").rglob("*.py") if path.name != "__init__.py"]
    assert len(modules) > 50
    assert sorted(str(module) for module in modules if f"| `{module}` |" not in said) == []


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.name)
def test_a_page_that_is_written_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == reference.pages()[path], "python -m tests.golden"


def test_every_setting_says_what_it_is_for_and_every_state_what_it_is() -> None:
    assert [each.variable for each in settings() if not each.words] == []
    assert [each.schema for each in states() if not each.words] == []
    assert {each.variable for each in settings()} >= {"PLAM_DATABASE_URL", "PLAM_POOLS__API", "PLAM_LOG_LEVEL"}


def test_a_lock_names_packages_and_hashes_and_no_address() -> None:
    locks = [*(ROOT / "requirements").glob("*.txt"), ROOT / "tests" / "system" / "clients" / "package-lock.json"]
    assert len(locks) > 3
    assert [path.name for path in locks if "://" in path.read_text("utf-8")] == [], "make lock"
