"""A department more is a line of one file, and the migrations that `make revision` writes; a dimension is a line, an indicator a file."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.plam import SERVICES
from tests.support.http import ok
from tests.support.story import Resource, action_of, eventually, make, verb
from tests.system.test_one_process import ROOT, Alone

CODES, DIMENSIONS = "services/contracts/codes.py", "services/observatory_api/indicators/dimensions.py"
INDICATOR = "services/observatory_api/indicators/k90_sides.py"
SIDES = '''
"""What sides of the plan its actions are of."""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.observatory_api.indicators.contributions import Contribution, count
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import SIDE
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import Theme
from services.kernel.base.clock import day_of


@total(
    "K90",
    label="Actions par versant",
    theme=Theme("sides", "Les versants", "Ce qui s'essaie.", 90),
    definition=1,
    counted=Noun("action", "actions"),
    by=(SIDE,),
    shown_by=(SIDE,),
    listing=no_list("un essai"),
)
def sides(action: ActionState) -> Iterable[Contribution]:
    """Actions par versant : toutes, à leur création."""
    yield count(day_of(action.history[0].at))
'''


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), "utf-8")


@pytest.fixture
def elsewhere(postgres: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """The project with a sixth department, one more dimension and one more indicator, served by one process."""
    folder = tmp_path_factory.mktemp("another")
    copy = folder / "p"
    for name in ("services", "migrations", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    change(copy / CODES, '    vendee = "85", "Vendée"\n', '    vendee = "85", "Vendée"\n    orne = "61", "Orne"\n')
    change(copy / DIMENSIONS, "\nSTATUS = ", '\nSIDE = Dimension("side", "Versant", Side, several=True)\nSTATUS = ')
    change(copy / DIMENSIONS, "Profession, Sector\n", "Profession, Sector, Side\n")
    (copy / INDICATOR).write_text(SIDES, "utf-8")
    alone = Alone(folder, copy)
    for service in SERVICES:
        command = [sys.executable, "-m", "tests.migrations", service.name, "A sixth department"]
        done = subprocess.run(command, cwd=copy, env=alone.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        assert "_a_sixth_department.py" in done.stdout
    alone.start()
    yield alone
    alone.process.terminate()


async def test_one_file_more_and_everything_shows_it(elsewhere: Alone) -> None:
    async with elsewhere.client() as client:
        action = await make(client, "/actions/v1/actions", **action_of(departments=["61"], sides=["medical", "paramedical"]))
        await verb(client, f"/actions/v1/actions/{action['id']}", action, "submit")
        scheme = await make(client, "/recruitment/v1/schemes", code="CAE-61", kind="study_allowance", label="Allocation")
        money = {"fiscal_year": 2026, "funder": "ARS-NORMANDIE", "ceiling_cents": 1_000_000, "department": "61"}
        await verb(client, f"/recruitment/v1/schemes/{scheme['id']}", scheme, "activate")
        await make(client, "/access/v1/organisations", name="ARS Normandie", roles=["funder"], funder_code=money["funder"])
        await eventually(lambda: make(client, "/recruitment/v1/envelopes", scheme_id=scheme["id"], **money))

        async def counted() -> Resource:
            assert (await figures(client, "K90", by="side"))["groups"]
            found = await figures(client, "R12", department="61")
            assert found["value"] == 1
            return found

        await eventually(counted)
        await everything_shows(client)


async def figures(client: httpx.AsyncClient, code: str, **asked: str) -> Resource:
    return ok(await client.get(f"/observatory/v1/indicators/{code}/values", params=asked))


async def everything_shows(client: httpx.AsyncClient) -> None:
    departments = ok(await client.get("/actions/v1/departments"))["items"]
    assert {"code": "61", "label": "Orne", "description": None} in departments

    document = ok(await client.get("/observatory/openapi.json"))
    asked = document["paths"]["/v1/indicators/{code}/values"]["get"]["parameters"]
    assert "side" in {parameter["name"] for parameter in asked}
    assert document["components"]["schemas"]["Territory"]["enum"] == ["44", "49", "53", "72", "85", "61", "regional"]

    sides = ok(await client.get("/observatory/v1/indicators/K90"))
    assert sides["theme"]["title"] == "Les versants"
    assert [value["label"] for value in sides["dimensions"][0]["values"]] == ["Médical", "Paramédical"]
    groups = (await figures(client, "K90", by="side"))["groups"]
    assert {group["dimensions"]["side"]: group["value"] for group in groups} == {"medical": 1, "paramedical": 1}
    assert (await figures(client, "K32", department="61"))["value"] == 5, "those of the whole region too"
    refused = await client.get("/observatory/v1/indicators/K90/values", params={"side": "veterinary"})
    assert (refused.status_code, refused.json()["errors"][0]["detail"]) == (422, "Valeurs permises : medical ou paramedical.")

    page = (await client.get("/observatory/")).text
    assert "Les versants" in page
    assert "Par versant" in page
    assert ">Orne<" in page
    of_orne = await client.get("/observatory/", params={"department": "61"})
    assert (of_orne.status_code, "Orne" in of_orne.text) == (200, True)
