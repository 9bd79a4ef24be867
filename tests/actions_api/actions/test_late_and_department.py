"""G1, G2, G11: what is late, which department an action is of, and an action that is not live: lists, health, figures and page agree."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from typing import Any

import httpx
import time_machine

from services.actions_api.service import SERVICE
from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.observatory_api.pages.reading import Element, read
from tests.support.actions import a_milestone, an_action, an_approved_action, an_organisation_copy, move, move_milestone
from tests.support.figures import hand_over
from tests.support.http import at, ok, pointers

ACTIONS, MILESTONES = "/actions/v1/actions", "/actions/v1/milestones"
EVERY_DEPARTMENT = ("44", "49", "53", "72", "85")
BY_DEPARTMENT = ("K03", "K04", "K05", "K06", "K07", "K08", "K14", "K15", "K32")

Act = Callable[[], Awaitable[Any]]


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(11), UTC)


async def listed(client: httpx.AsyncClient, path: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(await client.get(path, params={"limit": "200", **asked}))["items"]
    return found


async def figure(client: httpx.AsyncClient, code: str, **asked: Any) -> dict[str, Any]:
    return ok(await client.get(f"/observatory/v1/indicators/{code}/values", params=asked))


async def groups(client: httpx.AsyncClient, code: str, dimension: str, **asked: Any) -> dict[str, tuple[int, int | None]]:
    """(numerator, denominator) of each value of a dimension."""
    found = (await figure(client, code, by=dimension, **asked))["groups"]
    return {group["dimensions"][dimension]: (group["numerator"], group["denominator"]) for group in found}


def parts(figure: dict[str, Any]) -> tuple[int, ...]:
    """What a figure is made of, nothing as 0."""
    return tuple(figure[name] or 0 for name in ("numerator", "denominator", "samples"))


async def card(client: httpx.AsyncClient, code: str) -> Element:
    answer = await client.get("/observatory/")
    assert answer.status_code == 200, answer.text
    return read(answer.text).one("article", **{"aria-labelledby": f"{code}-label"})


async def put_off(client: httpx.AsyncClient, action: dict[str, Any], ends_on: str) -> dict[str, Any]:
    """Moves the planned end."""
    return ok(await client.patch(f"{ACTIONS}/{action['id']}", json={"ends_on": ends_on}, headers=at(action)))


async def test_g1_late_is_one_thing_in_list_health_figure_and_page(steering: httpx.AsyncClient, databases: Databases) -> None:
    """One action an axis, so that the figure by axis tells which they are; seen on seven days, each again from the last."""
    dates = {"starts_on": "2026-03-02", "ends_on": "2026-04-01"}
    with time_machine.travel(noon("2026-03-02"), tick=False):
        lead = {"lead_organisation_id": str(await an_organisation_copy(databases))}
        waits = await an_approved_action(steering, axis="A1")
        await a_milestone(steering, waits, due="2026-03-10")
        await an_approved_action(steering, axis="A2", **dates)
        submitted = await an_action(steering, axis="A3", **dates)
        await a_milestone(steering, submitted, due="2026-03-10")
        await move(steering, submitted, "submit")
        await a_milestone(steering, await an_action(steering, axis="A4", **dates), due="2026-03-10")
        dropped = await an_approved_action(steering, axis="A5")
        await a_milestone(steering, dropped, due="2026-03-10")
        ended = await an_approved_action(steering, axis="A6", **lead, **dates)
        step = await a_milestone(steering, ended, due="2026-03-31")
        ended = await move(steering, ended, "start")
        moved = await an_approved_action(steering, axis="A7", **dates)

    async def end() -> None:
        await move_milestone(steering, ok(await steering.get(f"{MILESTONES}/{step['id']}")), "reach")
        await move(steering, ended, "complete")

    async def nothing() -> None:
        pass

    acts: dict[str, tuple[Act, set[str], set[str]]] = {
        "2026-03-10": (nothing, set(), set()),
        "2026-03-11": (nothing, {"A1", "A5"}, {"A1", "A5"}),
        "2026-03-20": (lambda: move(steering, dropped, "abandon", decision_ref="COPIL-2026-1"), {"A1"}, {"A1"}),
        "2026-03-31": (nothing, {"A1"}, {"A1"}),
        "2026-04-01": (nothing, {"A1", "A2", "A6", "A7"}, {"A1", "A6"}),
        "2026-04-10": (end, {"A1", "A2", "A7"}, {"A1"}),
        "2026-04-20": (lambda: put_off(steering, moved, "2026-06-01"), {"A1", "A2"}, {"A1"}),
        "2026-06-01": (nothing, {"A1", "A2", "A7"}, {"A1"}),
    }
    for day, (act, late, steps) in acts.items():
        with time_machine.travel(noon(day), tick=False):
            await act()
            assert (await hand_over(databases, SERVICE)).differences == [], day
            every = await listed(steering, ACTIONS, live="true")
            live = {item["axis"] for item in every if item["live"]["health"] is not None}
            assert {item["axis"] for item in await listed(steering, ACTIONS, overdue="true")} == late, day
            assert {item["axis"] for item in await listed(steering, ACTIONS, overdue="false")} == {item["axis"] for item in every} - late
            assert {item["axis"] for item in every if item["live"]["health"] == "late"} == late, day
            assert all(item["live"]["reasons"] for item in every if item["axis"] in late)
            assert {axis for axis, (above, _) in (await groups(steering, "K05", "axis")).items() if above} == late, day
            total = await figure(steering, "K05")
            assert (total["numerator"], total["denominator"]) == (len(late), len(live)), day
            said = f"{len(late)} action{'s' if len(late) > 1 else ''} en retard sur {len(live)} actions vivantes"
            assert said in (await card(steering, "K05")).text, day

            overdue = await listed(steering, MILESTONES, overdue="true", live="true")
            assert {item["axis"] for item in overdue} == steps, day
            assert all(item["live"]["late"] for item in overdue)
            assert not any(item["live"]["late"] for item in await listed(steering, MILESTONES, overdue="false", live="true"))
            assert {axis for axis, (above, _) in (await groups(steering, "K08", "axis")).items() if above} == steps, day
    with time_machine.travel(noon("2026-06-01"), tick=False):
        for day, (_, late, _) in acts.items():
            again = await groups(steering, "K05", "axis", as_of=day)
            assert {axis for axis, (above, _) in again.items() if above} == late, f"{day}, seen from June"


@time_machine.travel(noon("2026-11-22"), tick=False)
async def test_g1_a_planned_end_that_has_passed_is_said_with_its_last_day(steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering, starts_on="2026-01-05", ends_on="2026-11-22")
    live = ok(await steering.get(f"{ACTIONS}/{action['id']}/live"))
    assert (live["health"], live["reasons"]) == ("late", ["La fin prévue (21 novembre 2026) est passée de 1 j."])

    action = await put_off(steering, action, "2026-11-23")
    live = ok(await steering.get(f"{ACTIONS}/{action['id']}/live"))

    assert live["health"] == "on_track"
    assert action["ends_changes"] == [{"on": "2026-11-22", "old": "2026-11-22", "new": "2026-11-23"}]


async def test_g1_the_end_of_a_draft_is_written_not_put_off(steering: httpx.AsyncClient) -> None:
    action = await put_off(steering, await an_action(steering, ends_on="2027-01-01"), "2027-06-01")
    assert (action["ends_on"], action["ends_changes"]) == ("2027-06-01", [])


async def test_g2_an_action_without_departments_is_of_every_one_in_lists_figures_and_page(
    steering: httpx.AsyncClient, client: Client, databases: Databases
) -> None:
    named: dict[str, list[str]] = {"a": [], "b": [], "c": ["72"], "d": ["44", "72"], "e": ["44"]}
    kept: dict[str, dict[str, Any]] = {}
    with time_machine.travel(noon("2026-03-02"), tick=False):
        for ref, departments in named.items():
            kept[ref] = await an_approved_action(
                steering, ref=ref, departments=departments, flagship=True, sectors=["sanitary", "medico_social", "social"]
            )
            await a_milestone(steering, kept[ref], due="2026-03-10")
        await an_action(steering, ref="draft")

    async def becomes_local() -> None:
        body = {"departments": ["85"]}
        kept["b"] = ok(await steering.patch(f"{ACTIONS}/{kept['b']['id']}", json=body, headers=at(kept["b"])))
        named["b"] = ["85"]

    async def is_abandoned() -> None:
        await move(steering, kept["c"], "abandon", decision_ref="COPIL-2026-1")

    async def nothing() -> None:
        pass

    dropped: set[str] = set()
    for day, act in {"2026-03-10": nothing, "2026-03-11": nothing, "2026-03-20": becomes_local, "2026-04-01": is_abandoned}.items():
        with time_machine.travel(noon(day), tick=False):
            await act()
            dropped |= {"c"} if act is is_abandoned else set()
            assert (await hand_over(databases, SERVICE)).differences == [], day
            rows = {row: {ref for ref, own in named.items() if not own or row in own} for row in EVERY_DEPARTMENT}
            rows["regional"] = {ref for ref, own in named.items() if not own}
            for department in EVERY_DEPARTMENT:
                shown = {item["ref"] for item in await listed(steering, ACTIONS, department=department) if item["status"] != "draft"}
                assert shown == rows[department], (day, department)
            for asked in ({}, {"known_at": (await figure(steering, "K03"))["known_at"]}):  # of the roll-up, and of the entries
                assert await groups(steering, "K03", "department", **asked) == {
                    row: (len(refs), None) for row, refs in rows.items() if refs
                }
            live = {row: refs - dropped for row, refs in rows.items()}
            late = day > "2026-03-10"
            told = {row: (len(refs) if late else 0, len(refs)) for row, refs in live.items() if refs}
            assert await groups(steering, "K05", "department") == told, day
            assert await groups(steering, "K08", "department") == told, day
            for code in BY_DEPARTMENT:
                by_row = {one["dimensions"]["department"]: parts(one) for one in (await figure(steering, code, by="department"))["groups"]}
                none = (0, 28, 0) if code == "K15" else (0, 0, 0)
                filtered = {row: parts(await figure(steering, code, department=row)) for row in rows}
                assert filtered == {row: by_row.get(row, none) for row in rows}, (day, code)
            cells = [(line.one("th").text, line.one("td").text) for line in lines(await card(steering, "K03"))]
            names = ("Loire-Atlantique", "Maine-et-Loire", "Mayenne", "Sarthe", "Vendée", "Toute la région")
            assert cells == [(name, str(len(rows[row]))) for name, row in zip(names, rows, strict=True)], day

    with time_machine.travel(noon("2026-04-01"), tick=False):
        assert (await figure(steering, "K03"))["value"] == len(named), "rows do not add up to the total"
        both = (await figure(steering, "K03", by="department,status", department="72"))["groups"]
        found = Counter({(one["dimensions"]["department"], one["dimensions"]["status"]): one["value"] for one in both})
        assert found == {("72", "approved"): 2, ("72", "abandoned"): 1}, "a filter leaves its own row"
        partner = client(Role.hr_partner, departments=frozenset({Department.sarthe}))
        assert await groups(partner, "K03", "department") == {"72": (3, None), "regional": (1, None)}
        refused = await steering.get("/observatory/v1/indicators/K03/values", params={"department": "52"})
        assert (refused.status_code, pointers(refused)) == (422, ["department"])
        assert "regional" in refused.json()["detail"]


def lines(found: Element) -> list[Element]:
    """The lines of the breakdown by department."""
    [table] = [one for one in found.all("table", **{"class": "levels"}) if "département" in one.one("caption").text]
    return table.all("tr")[1:]


async def test_g11_an_action_that_is_not_live_has_no_health_and_an_abandoned_one_no_progress(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    async def seen(action: dict[str, Any]) -> tuple[str | None, list[str], int | None]:
        found = ok(await steering.get(f"{ACTIONS}/{action['id']}/live"))
        [item] = [item for item in await listed(steering, ACTIONS, live="true") if item["id"] == action["id"]]
        assert item["live"] == found
        return found["health"], found["reasons"], found["progress"]["value_bp"]

    async def counted() -> tuple[int, int, set[str]]:
        assert (await hand_over(databases, SERVICE)).differences == []
        total = await figure(steering, "K05")
        if total["denominator"]:
            page = (await card(steering, "K05")).text
            assert f"{total['numerator']} action" in page
            assert f"sur {total['denominator']} action" in page
        return total["numerator"], total["denominator"], {item["id"] for item in await listed(steering, ACTIONS, overdue="true")}

    with time_machine.travel(noon("2026-03-02"), tick=False):
        lead = str(await an_organisation_copy(databases))
        draft = await an_action(steering, ends_on="2026-03-20", starts_on="2026-03-02")
        done, dropped = [
            await an_approved_action(steering, lead_organisation_id=lead, starts_on="2026-03-02", ends_on="2026-03-20") for _ in range(2)
        ]
        steps = [await a_milestone(steering, action, due="2026-03-10") for action in (done, dropped)]
        done = await move(steering, done, "start")
        fine: tuple[str, list[str], int] = ("on_track", [], 0)
        assert [await seen(action) for action in (draft, done, dropped)] == [(None, [], None), fine, fine]
    with time_machine.travel(noon("2026-03-20"), tick=False):
        for step in steps:
            await move_milestone(steering, ok(await steering.get(f"{MILESTONES}/{step['id']}")), "reach")
        late = ("late", ["La fin prévue (19 mars 2026) est passée de 1 j."], 10_000)
        assert [await seen(action) for action in (done, dropped)] == [late, late]
        assert await counted() == (2, 2, {done["id"], dropped["id"]})
    with time_machine.travel(noon("2026-03-25"), tick=False):
        await move(steering, dropped, "abandon", decision_ref="COPIL-2026-2")
        done = await move(steering, done, "complete")
        assert await seen(dropped) == (None, [], None), "reached and abandoned: not 100 %"
        assert await seen(done) == (None, [], 10_000)
        assert await counted() == (0, 0, set())
    with time_machine.travel(noon("2026-04-25"), tick=False):
        assert await seen(await move(steering, done, "evaluate")) == (None, [], 10_000)
        assert await seen(await move(steering, draft, "submit")) == (None, [], None)
        assert await counted() == (0, 0, set())
