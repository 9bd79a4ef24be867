"""The plan: its axes, objectives and departments, and the flagship actions that are imported."""

from pathlib import Path

import httpx
import pytest

from services.actions_api.imports.plan import import_plan, read_plan
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.http import ok


async def load(databases: Databases, *, rehearsal: bool = False) -> int:
    """Imports the plan's facts; how much changed."""
    async with databases.open("actions", "worker", rehearsal=rehearsal) as db:
        return (await import_plan(db, read_plan())).changed


async def test_the_plan_has_seven_axes_four_objectives_five_departments(client: Client) -> None:
    anyone = client()

    labels = {
        name: [item["label"] for item in ok(await anyone.get(f"/actions/v1/{name}"))["items"]]
        for name in ("axes", "objectives", "departments")
    }

    assert [len(found) for found in labels.values()] == [7, 4, 5]
    assert labels["axes"][0] == "Attractivité des territoires"
    assert labels["departments"][-1] == "Vendée"


async def test_the_four_public_flagship_actions_are_drafts(databases: Databases, steering: httpx.AsyncClient) -> None:
    await load(databases)

    actions = ok(await steering.get("/actions/v1/actions", params={"flagship": "true"}))["items"]

    assert [(action["ref"], action["status"], action["cohort"]) for action in reversed(actions)] == [
        (f"F{number}", "draft", "2023-2024") for number in range(1, 5)
    ]


@pytest.mark.parametrize("text", ["[]", "plan: 3", "flagship_actions_public: [{code: F1}]", "&a [*a]"])
def test_facts_of_another_shape_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.yaml").write_text(text, "utf-8")

    with pytest.raises(ValueError, match="PlanFacts"):
        read_plan(tmp_path / "plan.yaml")


async def test_a_second_import_changes_nothing(databases: Databases) -> None:
    assert await load(databases, rehearsal=True) == 4
    assert await load(databases) == 4
    assert await load(databases) == 0
