"""The context series over HTTP: who reads them, what they say, and of which knowledge."""

from pathlib import Path

import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.observatory_api.context.context_files import establishment, home, run, workforce, written
from tests.support.http import ok

API = "/observatory/v1/context"


async def test_who_reads_any_figure_reads_the_context(client: Client) -> None:
    dashboard = {role: (await client(role).get("/observatory/v1/values")).status_code for role in Role}
    assert dashboard[Role.steering] == dashboard[Role.reader] == 200
    for path in (API, f"{API}/C01"):
        assert {role: (await client(role).get(path)).status_code for role in Role} == dashboard
        assert (await client().get(path)).status_code == 401


async def test_a_series_that_nobody_imported_is_there_and_empty(steering: httpx.AsyncClient) -> None:
    items = ok(await steering.get(API))["items"]
    assert [(item["code"], item["years"], item["sources"]) for item in items] == [(f"C0{place}", [], []) for place in range(1, 6)]
    assert ok(await steering.get(f"{API}/C04"))["rows"] == []
    assert (await steering.get(f"{API}/C06")).status_code == 422


async def test_the_list_says_years_and_sources(steering: httpx.AsyncClient, databases: Databases, tmp_path: Path) -> None:
    await run(databases)
    await run(databases, written(tmp_path / "staff.csv", [workforce(1), workforce(1, year="2022")]))
    inhabitants, staff, *others = ok(await steering.get(API))["items"]
    assert (inhabitants["label"], inhabitants["years"]) == ("Habitants", [2023])
    assert [(one["vintage"], one["licence"]) for one in inhabitants["sources"]] == [(2026, "Licence Ouverte 2.0")]
    assert (staff["years"], [one["vintage"] for one in staff["sources"]]) == ([2023, 2022], [2023])
    assert all(item["years"] == [] for item in others)


async def test_a_department_without_data_is_null_and_says_so(steering: httpx.AsyncClient, databases: Databases, tmp_path: Path) -> None:
    await run(databases, written(tmp_path / "homes.csv", [home("LES PINS"), home("LES IFS")]), year=2023)
    (row,) = ok(await steering.get(f"{API}/C04"))["rows"]
    assert (row["year"], row["measure"], row["unit"], row["region"]) == (2023, "homes", "EHPAD", None)
    first, *others = row["departments"]
    assert (first["department"], first["value"], first["note"], first["lines"]) == ("44", 2, None, 2)
    assert first["source"]["source"].startswith("CNSA")
    assert [(each["department"], each["value"], each["note"], each["source"]) for each in others] == [
        (code, None, "pas de donnée", None) for code in ("49", "53", "72", "85")
    ]


async def test_what_was_known_is_answered_again(steering: httpx.AsyncClient, databases: Databases, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    await run(databases, written(path, [establishment(1)]), year=2023)
    before = ok(await steering.get(f"{API}/C03"))
    await run(databases, written(path, [establishment(1), establishment(2)]), year=2023)
    after = ok(await steering.get(f"{API}/C03"))
    assert [one["rows"][0]["departments"][0]["value"] for one in (before, after)] == [1, 2]
    assert ok(await steering.get(f"{API}/C03", params={"known_at": before["known_at"]})) == before
    assert ok(await steering.get(API, params={"known_at": "2000-01-01T00:00:00Z"}))["items"][2]["years"] == []
    late = await steering.get(f"{API}/C03", params={"known_at": "2199-01-01T00:00:00Z"})
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "known_at")


@pytest.mark.parametrize("query", ["known_at=hier", "year=2023", "known_at="])
async def test_what_cannot_be_asked_is_refused(steering: httpx.AsyncClient, query: str) -> None:
    assert (await steering.get(f"{API}/C01?{query}")).status_code == 422
