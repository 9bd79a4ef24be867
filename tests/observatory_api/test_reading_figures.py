"""Reading figures: the four kinds, stocks and flows, groups and filters, and what was known when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.contracts.actions import ActionStatus, MilestoneStatus
from services.contracts.codes import Department, Profession, Role, Sector
from services.kernel.base.problems import Invalid
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.elsewhere import ELSEWHERE
from tests.conftest import Client
from tests.observatory_api.ledger_support import by_entries_alone, dashboard_bytes, period, record, values
from tests.observatory_api.states import (
    ANGERS,
    LAVAL,
    NANTES,
    action,
    application,
    assignment,
    at,
    commitment,
    envelope,
    history,
    milestone,
    need,
    number,
    offer,
    on,
    placement,
    request,
    reschedule,
    site,
    unit,
)


async def test_a_ratio_adds_numerators_and_denominators(databases: Databases) -> None:
    reached = history(("planned", "2026-01-05"), ("reached", "2026-03-31"))
    await record(
        databases,
        milestone(id=number(1), departments=(NANTES,), reached_on=on("2026-03-31"), history=reached),
        milestone(id=number(2), departments=(NANTES, ANGERS)),
        milestone(id=number(3), departments=(ANGERS,), due_initial=on("2026-05-31")),
    )
    found = await values(databases, "K06", as_of="2026-04-30", by="department")
    assert (found.value, found.numerator, found.denominator) == (0.5, 1, 2)
    assert {group.dimensions["department"]: (group.numerator, group.denominator) for group in found.groups} == {"44": (1, 2), "49": (0, 1)}
    assert (await values(databases, "K06", as_of="2026-06-30", **period("2026-05-01", "2026-06-01"))).denominator == 1


async def test_a_zero_denominator_is_null_and_never_zero(databases: Databases) -> None:
    found = await values(databases, "K06", as_of="2026-04-30")
    assert (found.value, found.numerator, found.denominator) == (None, 0, 0)
    assert (await values(databases, "R05", as_of="2026-04-30")).value is None
    assert (await values(databases, "I08", as_of="2026-04-30")).value is None


async def test_lateness_needs_no_clockwork(databases: Databases) -> None:
    """K05 and K08: overdue from the day after the due date that stands, until it moves or the milestone is reached."""
    done = history(("planned", "2026-01-05"), ("reached", "2026-06-10"))
    moved = reschedule("2026-04-10", "2026-03-31", "2026-05-31")
    await record(
        databases,
        action(id=number(10)),
        action(id=number(11), history=history(("in_progress", "2026-01-05"))),
        milestone(id=number(1), due=on("2026-05-31"), reschedules=(moved,), reached_on=on("2026-06-10"), history=done),
        milestone(id=number(2), due_initial=on("2026-12-31")),
    )
    late = {}
    for day in ("2026-03-31", "2026-04-01", "2026-04-09", "2026-04-10", "2026-05-31", "2026-06-01", "2026-06-10"):
        actions, milestones = await values(databases, "K05", as_of=day), await values(databases, "K08", as_of=day)
        late[day] = (actions.numerator, actions.denominator, milestones.numerator, milestones.denominator)
    assert late == {
        "2026-03-31": (0, 2, 0, 2),
        "2026-04-01": (1, 2, 1, 2),
        "2026-04-09": (1, 2, 1, 2),
        "2026-04-10": (0, 2, 0, 2),
        "2026-05-31": (0, 2, 0, 2),
        "2026-06-01": (1, 2, 1, 2),
        "2026-06-10": (0, 2, 0, 1),
    }


async def test_an_action_with_two_late_milestones_is_late_once_and_an_abandoned_one_is_not(databases: Databases) -> None:
    abandoned = history(("in_progress", "2026-01-05"), ("abandoned", "2026-02-02"))
    await record(
        databases,
        action(id=number(10)),
        action(id=number(11), history=abandoned),
        milestone(id=number(1), action_id=number(10)),
        milestone(id=number(2), action_id=number(10)),
        milestone(id=number(3), action_id=number(11)),
    )
    found = await values(databases, "K05", as_of="2026-06-30", by="department")
    assert (found.value, found.numerator, found.denominator) == (1.0, 1, 1)
    assert {group.dimensions["department"]: group.value for group in found.groups} == {"44": 1.0, "49": 1.0}


async def test_a_distribution_gives_ranks_that_were_observed(databases: Databases) -> None:
    for key, days in enumerate((0, 1, 2, 3, 4, 5, 6, 7, 8, 30), start=1):
        await record(databases, request(id=number(key), answered_at=at("2026-01-05") + timedelta(days=days)))
    found = await values(databases, "I08", as_of="2026-12-31")
    assert (found.value, found.p90, found.samples) == (4, 8, 10)
    january = await values(databases, "I08", as_of="2026-12-31", **period("2026-01-06", "2026-01-09"))
    assert (january.value, january.samples) == (2, 3)


async def test_the_slip_of_a_day_is_the_slip_that_stood_on_it(databases: Databases) -> None:
    await record(databases, milestone(due=on("2026-04-30"), reschedules=(reschedule("2026-03-01", "2026-03-31", "2026-04-30"),)))
    assert (await values(databases, "K07", as_of="2026-02-28")).value == 0
    assert (await values(databases, "K07", as_of="2026-03-01")).value == 30


async def test_cells_count_distinct_keys(databases: Databases) -> None:
    await record(
        databases,
        need(id=number(1), organisation_id=number(100)),
        need(id=number(2), organisation_id=number(100), profession=Profession.infirmier),
        need(id=number(3), organisation_id=number(101), department=ANGERS),
    )
    found = await values(databases, "R06", as_of="2026-06-30", by="profession")
    assert (found.value, found.denominator) == (2, None)
    assert {group.dimensions["profession"]: group.value for group in found.groups} == {"as": 2, "ide": 1}
    assert found.additive is False
    await record(
        databases,
        need(id=number(3), version=2, organisation_id=number(101), history=history(("open", "2026-01-05"), ("filled", "2026-02-02"))),
    )
    assert (await values(databases, "R06", as_of="2026-06-30")).value == 1


async def test_coverage_is_out_of_all_the_cells(databases: Databases) -> None:
    await record(databases, action(id=number(1), axis="A4", objectives=("O2", "O3")), action(id=number(2), axis="A4", objectives=("O3",)))
    found = await values(databases, "K15", as_of="2026-06-30")
    assert (found.numerator, found.denominator) == (2, 28)


async def test_a_formula_is_computed_over_the_same_days_and_groups(databases: Databases) -> None:
    await record(
        databases,
        envelope(id=number(1)),
        envelope(id=number(2), department=LAVAL, ceiling_cents=1_000_000),
        commitment(id=number(1)),
        commitment(id=number(2), department=LAVAL, released_on=on("2026-05-04")),
    )
    found = await values(databases, "R05", as_of="2026-03-01", by="department")
    assert (found.value, found.numerator, found.denominator) == (round(700_000 / 11_000_000, 6), 700_000, 11_000_000)
    assert {group.dimensions["department"]: group.value for group in found.groups} == {"regional": 0.035, "53": 0.35}
    assert (await values(databases, "R05", as_of="2026-05-04", department="53")).value == 0.0


async def test_offers_and_placements_meet_in_one_rate(databases: Databases) -> None:
    published = history(("draft", "2026-01-05"), ("published", "2026-01-12"))
    await record(databases, offer(history=published), placement(id=number(1)), placement(id=number(2), department=NANTES))
    found = await values(databases, "I04", as_of="2026-06-30", by="profession")
    assert (found.numerator, found.denominator) == (10, 20)
    assert {group.dimensions["profession"]: (group.numerator, group.denominator) for group in found.groups} == {
        "as": (0, 20),
        "ide": (10, 20),
    }
    await record(databases, placement(id=number(2), version=2, cancelled_on=on("2026-02-02")))
    assert (await values(databases, "I04", as_of="2026-06-30", school_year="2026-2027")).numerator == 5


async def test_posts_are_open_until_filled_or_ended(databases: Databases) -> None:
    await record(
        databases,
        need(id=number(1), headcount=3, filled_count=1),
        need(id=number(2), headcount=2, filled_count=1, ended_on=on("2026-03-02"), status="expired"),
        assignment(id=number(1)),
        assignment(id=number(2)),
    )
    assert [(await values(databases, "R01", as_of=day)).value for day in ("2026-01-05", "2026-01-19", "2026-03-02")] == [5, 3, 2]
    assert (await values(databases, "R02", as_of="2026-06-30")).value == 0.4


async def test_answers_are_counted_on_the_day_they_were_due(databases: Databases) -> None:
    await record(
        databases,
        application(id=number(1), answered_at=at("2026-01-15")),
        application(id=number(2), answered_at=at("2026-01-16")),
        application(id=number(3)),
        application(id=number(4), history=history(("submitted", "2026-01-05"), ("withdrawn", "2026-01-08"))),
    )
    assert (await values(databases, "R07", as_of="2026-01-14")).denominator == 0
    found = await values(databases, "R07", as_of="2026-01-15")
    assert (found.numerator, found.denominator) == (1, 3)


async def test_a_value_not_given_is_a_group_of_its_own(databases: Databases) -> None:
    await record(databases, site(id=number(1)), site(id=number(2), sector=None))
    found = await values(databases, "N01", as_of="2026-06-30", by="sector")
    assert [(group.dimensions["sector"], group.value) for group in found.groups] == [(Sector.sanitary, 1), (None, 1)]
    assert found.additive is True


async def test_series_of_stocks_stand_and_series_of_flows_happen(databases: Databases) -> None:
    await record(databases, unit(history=history(("active", "2026-02-10"), ("suspended", "2026-04-10"))))
    stock = await values(databases, "I27", as_of="2026-05-15", every="month", **period("2026-01-01"))
    assert [(point.month, point.value) for point in stock.series or ()] == [
        ("2026-01", None),
        ("2026-02", 1),
        ("2026-03", 1),
        ("2026-04", 0),
        ("2026-05", 0),
    ]
    await record(databases, application(id=number(1)), application(id=number(2), submitted_at=at("2026-03-10")))
    flow = await values(databases, "R10", as_of="2026-03-31", every="month", by="department", **period("2026-01-01"))
    assert [point.value for point in flow.series or ()] == [1, 0, 1]
    assert [point.value for point in flow.groups[0].series or ()] == [1, 0, 1]


@pytest.mark.parametrize("every", ["month", "year"])
async def test_what_stood_before_a_series_of_a_stock_stands_in_it(databases: Databases, every: str) -> None:
    """A period that began after most had begun gave the net change, and a share below nothing."""
    await record(databases, *(site(id=number(key), history=history(("active", "2025-03-01"))) for key in range(3)))
    await record(databases, site(id=number(4), history=history(("active", "2025-03-01"), ("closed", "2026-02-01"))))
    asked: dict[str, Any] = {"as_of": "2026-06-30", "every": every, "by": "department", **period("2026-01-01")}
    found = await values(databases, "N01", **asked)
    assert [point.value for point in found.series or ()] == ([4, 3, 3, 3, 3, 3] if every == "month" else [3])
    assert (found.value, found.groups[0].value, found.start) == (3, 3, on("2026-01-01"))
    again = await values(
        databases, "N01", as_of="2026-06-30", every=every, by="department", known_at=found.known_at, **period("2026-01-01")
    )
    assert again.model_dump_json() == found.model_dump_json()


async def test_the_roll_up_and_the_entries_give_the_same_bytes(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    await _a_little_of_everything(databases)
    questions: list[dict[str, Any]] = [{}, {"by": "department"}, {"department": "44"}, {"by": "department", "every": "month"}]
    asked = [
        (code, {"as_of": "2026-06-30", **each}) for code in ("K03", "K05", "K06", "K07", "I01", "I04", "R01", "R05") for each in questions
    ]
    now = await dashboard_bytes(databases, as_of="2026-06-30", every="month")
    first = [await values(databases, code, **each) for code, each in asked]
    by_entries_alone(monkeypatch)
    assert await dashboard_bytes(databases, as_of="2026-06-30", every="month") == now
    for (code, each), found in zip(asked, first, strict=True):
        again = await values(databases, code, **each, known_at=found.known_at)
        assert again.model_dump_json() == found.model_dump_json()


async def test_a_past_answer_is_given_again_after_a_correction(databases: Databases) -> None:
    await record(databases, milestone(version=1))
    served = await values(databases, "K06", as_of="2026-04-30", by="department")
    await record(databases, milestone(version=2, reached_on=on("2026-03-31")))
    assert (await values(databases, "K06", as_of="2026-04-30")).value == 1.0
    again = await values(databases, "K06", as_of="2026-04-30", by="department", known_at=served.known_at)
    assert again.model_dump_json() == served.model_dump_json()


async def test_what_the_ledger_does_not_know_yet_is_refused(databases: Databases) -> None:
    await record(databases, action())
    with pytest.raises(Invalid, match="ne sait rien après"):
        await values(databases, "K03", known_at=datetime.now(UTC) + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("code", "asked", "parameter"),
    [
        ("K06", {"by": "profession"}, "by"),
        ("K06", {"profession": "ide"}, "profession"),
        ("K03", {"by": "department,objective"}, "by"),
        ("K03", {"by": "department", "objective": "O1"}, "by"),
        ("K15", {"from": "2026-01-01"}, "from"),
        ("K03", {"from": "2026-01-01"}, "from"),
        ("K06", {"from": "2026-02-01", "to": "2026-02-01"}, "to"),
        ("K06", {"from": "1990-01-01", "every": "month"}, "every"),
        ("K06", {"period": "2026", "from": "2026-01-01"}, "period"),
        ("K03", {"period": "2026-11"}, "period"),
    ],
)
async def test_a_question_without_an_answer_is_refused(databases: Databases, code: str, asked: dict[str, Any], parameter: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await values(databases, code, **asked)
    assert refusal.value.errors is not None
    assert refusal.value.errors[0].pointer == parameter


async def test_the_catalogue_is_public(client: Client) -> None:
    answer = await client().get("/observatory/v1/indicators")
    assert answer.status_code == 200
    found = {item["code"]: item for item in answer.json()["items"]}
    assert len(found) >= 12
    assert found["R05"]["sources"] == ["recruitment.commitment", "recruitment.scheme_envelope"]
    one = await client().get("/observatory/v1/indicators/K03")
    assert one.json() == found["K03"]
    said = [(each["name"], each["label"], each["several"]) for each in found["K03"]["dimensions"]]
    assert ("department", "Département", True) in said
    assert (await client().get("/observatory/v1/indicators/K99")).status_code == 404


@pytest.mark.parametrize(
    ("code", "said"), [("A01", "L'indicateur A01 n'existe pas : lisez N01."), ("K55", "L'indicateur K55 n'existe pas : lisez R02 et R03.")]
)
async def test_a_code_that_is_no_indicator_s_any_more_names_the_one_to_read(steering: httpx.AsyncClient, code: str, said: str) -> None:
    for path in (code, f"{code}/values"):
        answer = await steering.get(f"/observatory/v1/indicators/{path}")
        assert (answer.status_code, answer.json()["detail"]) == (404, said)


def test_the_codes_to_read_instead_are_built_and_the_others_are_not() -> None:
    assert {code for codes in ELSEWHERE.values() for code in codes} <= set(CATALOGUE.codes)
    assert ELSEWHERE.keys().isdisjoint(CATALOGUE.codes)


async def test_figures_over_http(databases: Databases, client: Client, steering: httpx.AsyncClient) -> None:
    await record(databases, action(departments=tuple(Department)))
    answer = await steering.get(
        "/observatory/v1/indicators/K03/values?as_of=2026-06-30&by=department&status=in_progress&every=month&from=2026-01-01"
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["value"], len(body["groups"]), body["from"], body["to"], body["filters"]) == (
        1,
        5,
        "2026-01-01",
        None,
        {"status": "in_progress"},
    )
    again = await steering.get(str(answer.request.url), params={**answer.request.url.params, "known_at": body["known_at"]})
    assert again.content == answer.content
    shown = await client(Role.reader).get("/observatory/v1/values?as_of=2026-06-30&every=month")
    assert {item["code"]: item["value"] for item in shown.json()["items"]}["K03"] == 1


async def test_who_may_ask(client: Client) -> None:
    path = "/observatory/v1/indicators/K03/values"
    assert (await client().get(path)).status_code == 401
    assert (await client(Role.reader).get(path)).status_code == 403
    assert (await client(Role.steering).get("/observatory/v1/indicators/K99/values")).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "as_of=2026-02-30",
        "known_at=2026-01-01",
        "known_at=2026-01-01T00:00:00",
        "known_at=0001-01-01T00:00:00%2B14:00",
        "known_at=2999-01-01T00:00:00Z",
        "known_at=1700000000",
        "by=department,,axis",
        "every=day",
        "department=%00",
        "unknown=1",
        "by=axis&by=cohort",
    ],
)
async def test_a_malformed_question_is_a_422(steering: httpx.AsyncClient, query: str) -> None:
    answer = await steering.get(f"/observatory/v1/indicators/K03/values?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


async def _a_little_of_everything(databases: Databases) -> None:
    for version in (1, 2):
        await record(
            databases,
            *(
                action(id=number(key), version=version, axis=f"A{1 + (key + version) % 7}", departments=(NANTES, LAVAL)[: key % 3])
                for key in range(6)
            ),
            *(
                milestone(id=number(key), version=version, action_id=number(key), departments=(NANTES, LAVAL)[: key % 3])
                for key in range(6)
            ),
            offer(version=version, history=history(("published", "2026-01-05"), ("closed", "2026-03-02"))),
            *(placement(id=number(key), version=version, cancelled_on=on("2026-04-01") if version == key else None) for key in range(3)),
            need(version=version, headcount=2 + version),
            assignment(version=version),
            envelope(version=version),
            commitment(version=version, amount_cents=version * 100),
            request(version=version, answered_at=at("2026-01-09")),
        )


async def test_a_quotient_is_the_same_alone_and_among_its_groups(databases: Databases) -> None:
    await record(databases, envelope(opened_on=on("2026-01-01")))
    alone = await values(databases, "R05", as_of="2026-04-30")
    (group,) = (await values(databases, "R05", as_of="2026-04-30", by="scheme_code")).groups
    assert (alone.value, alone.numerator) == (group.value, group.numerator) == (0.0, 0)


async def test_milestones_of_actions_that_were_never_approved_count_for_nothing(databases: Databases) -> None:
    late = {"due_initial": on("2026-03-31"), "due": on("2026-03-31")}
    for key, status in enumerate(ActionStatus, start=1):
        await record(databases, milestone(id=number(key), action_status=status, **late))
        reached = {"status": MilestoneStatus.reached, "reached_on": on("2026-03-30")}
        await record(databases, milestone(id=number(key + 100), action_status=status, **reached, **late))
    live, decided = 3, len(ActionStatus) - 2
    found = await values(databases, "K06", as_of="2026-12-31")
    assert (found.numerator, found.denominator) == (decided, decided + live)
    assert (await values(databases, "K07", as_of="2026-12-31")).samples == decided + live


async def test_g4_months_before_the_first_data_are_not_zeros(databases: Databases) -> None:
    await record(databases, need(id=number(1), department=NANTES, headcount=2, published_at=at("2026-03-10")))
    found = await values(databases, "R01", as_of="2026-05-31", every="month", by="department")
    assert found.series is not None
    assert [(one.month, one.tracked, one.value) for one in found.series[-4:]] == [
        ("2026-02", False, None),
        ("2026-03", True, 2),
        ("2026-04", True, 2),
        ("2026-05", True, 2),
    ]
    await record(databases, need(id=number(2), department=ANGERS, headcount=1, published_at=at("2026-05-10")))
    found = await values(databases, "R01", as_of="2026-05-31", every="month", by="department")
    [angers] = [group for group in found.groups if group.dimensions["department"] == "49"]
    assert angers.series is not None
    assert [(one.tracked, one.value) for one in angers.series[-4:]] == [(False, None), (True, 0), (True, 0), (True, 1)], (
        "zero once it is counted"
    )
    nothing = await values(databases, "I08", as_of="2026-05-31", every="month")
    assert {(one.tracked, one.value) for one in nothing.series or ()} == {(False, None)}
