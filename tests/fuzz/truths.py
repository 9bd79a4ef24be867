"""What JSON Schema cannot say: rules between two fields, and between a field and a row. Sound data is made to keep them."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from services.actions_api import parties
from services.actions_api.actions.leading import BY_PLANNERS
from services.contracts.codes import PLAN
from services.kernel.api.allowed_operations import declared
from services.kernel.base import clock
from services.kernel.base.fields import FIRST_YEAR, LAST_YEAR
from services.kernel.base.periods import last_day
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.dimensions import Named
from tests.fuzz.world import ACTIONS, ENVELOPES, INDICATORS, NEEDS, OFFERS, ORGANISATIONS, SCHEMES, STARTS_IN, UNITS, Json, World

REFERENCES: Mapping[str, str] = {
    "action_id": ACTIONS,
    "lead_organisation_id": ORGANISATIONS,
    "parent_id": ORGANISATIONS,
    "unit_id": UNITS,
    "offer_id": OFFERS,
    "scheme_id": SCHEMES,
    "envelope_id": ENVELOPES,
    "need_id": NEEDS,
}
"""Fields of bodies that name a row which must be there: `unknown_reference` otherwise."""

BEYOND = re.compile("[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]")
"""Invisible characters that are refused, though the published pattern cannot say so."""

STARTS_FROM: Mapping[str, str] = {operation: next(iter(statuses)) for operation, statuses in declared().items()} | {
    "prolongNeed": "expired",
}
"""The state from which an operation on a row succeeds; whatever the day, for a need that is prolonged."""

OF_THEMSELF = frozenset({"acceptMembership", "leaveMembership"})
"""The operations that are for the person of a row alone."""

NAMED = {each.name for each in CATALOGUE.dimensions if isinstance(each.values, Named)}
PERIODS = (("starts_on", "ends_on"), ("from_week", "to_week"))
LONGEST_WEEKS = {"createOffer": 52, "changeOffer": 52, "setCapacity": 106}
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
LAST_MONDAY = date(LAST_YEAR, 12, 30)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ROOM = timedelta(days=30)
"""Between the last day of a need and the end of its posts, for the need to be prolonged."""


PLANNERS = {str(role) for role in parties.PLANNERS}
OF_PLANNERS = (*BY_PLANNERS, "lead_organisation_id")


def made_sound(world: World, operation: str, body: Json, now: Json | None, caller: Mapping[str, Any]) -> Json:
    """A body of sound fields, made sound as a whole. `now` is the resource that it changes."""
    body = dict(body)
    for name, collection in REFERENCES.items():
        if body.get(name):
            body[name] = world.random.choice(world.anchors[collection])
    _owners(world, operation, body, now, caller)
    if operation in ("inviteMember", "requestMembership", "changeMembership"):
        _memberships(world, operation, body)
    today = clock.today().isoformat()
    if operation == "acceptApplication" and body.get("starts_on"):
        body["starts_on"] = max(body["starts_on"], (clock.today() + STARTS_IN).isoformat())
    _periods(operation, body, now or {})
    _bounds(operation, body, now or {})
    if operation == "reachMilestone" and body.get("reached_on"):
        body["reached_on"] = today  # those of the seed were planned today
    _corrections(operation, body, now or {}, today)
    if operation == "createEnvelope":
        body["funder"] = world.random.choice(world.funders)
    if operation == "holdPerson":
        body["until"] = max(body["until"], (clock.today() + DAY).isoformat())
    if operation == "submitRequest":
        body["learners"] = min(body["learners"], 3)
    if body.keys() & {"latitude", "longitude"}:
        place = body.get("latitude"), body.get("longitude")
        body["latitude"], body["longitude"] = (None, None) if None in place else place
    return {name: BEYOND.sub("x", value) if isinstance(value, str) else value for name, value in body.items()}


def _owners(world: World, operation: str, body: Json, now: Json | None, caller: Mapping[str, Any]) -> None:
    if operation in ("createUnit", "createNeed"):
        host, site = world.hosts[0] if world.random.random() < 0.8 else world.random.choice(world.hosts)
        body["organisation_id"], body["site_id"] = host, site
    elif operation == "changeNeed" and body.get("site_id") and now:
        body["site_id"] = dict(world.hosts).get(now["organisation_id"], now["site_id"])
    elif operation == "transferSite":
        others = [host for host, _ in world.hosts if not now or host != now["organisation_id"]]
        body |= {"organisation_id": world.random.choice(others), "on": clock.today().isoformat()}
    elif operation == "createSite":
        body["organisation_id"] = world.random.choice(world.anchors[ORGANISATIONS])
    elif operation in ("createAction", "changeAction") and caller["role"] not in PLANNERS:
        for name in (*OF_PLANNERS, *(["departments"] if operation == "changeAction" else [])):
            body.pop(name, None)
    elif operation == "createMilestone" and caller["role"] not in PLANNERS:
        shown = [key for key, action in world.pools.get(ACTIONS, {}).items() if _takes_milestones(action)]
        body["action_id"] = world.random.choice(shown or [body["action_id"]])
    elif operation == "submitRequest" and (body.get("institute_id") or caller["role"] != "institute"):
        body["institute_id"] = world.institutes[0] if world.random.random() < 0.8 else world.random.choice(world.institutes)


def _memberships(world: World, operation: str, body: Json) -> None:
    """What every manager of an organisation may give."""
    if operation != "changeMembership":
        body["organisation_id"] = world.random.choice(world.anchors[ORGANISATIONS])
    for name, value in (("roles", ["reader"]), ("departments", []), ("manager", True)):
        if name in body:
            body[name] = value


def _takes_milestones(action: Json) -> bool:
    """Whether an action is shown to all, and lasts as long as the plan."""
    starts, ends = action.get("starts_on") or FIRST_DAY.isoformat(), action.get("ends_on") or LAST_DAY.isoformat()
    return action.get("status") != "draft" and starts <= PLAN.starts_on.isoformat() and ends >= PLAN.ends_on.isoformat()


def _corrections(operation: str, body: Json, now: Json, today: str) -> None:
    """What is published is corrected within bounds that a document cannot say."""
    if operation == "prolongNeed":
        last, end = _day(now.get("expires_on")), _day(now.get("ends_on"))
        later = last + DAY if last and now.get("status") in ("open", "partially_filled") else clock.today()
        latest = last_day(end) if end else LAST_DAY
        body["expires_on"] = max(min(body["expires_on"], latest.isoformat()), later.isoformat())
    elif operation == "changeNeed" and now.get("status", "draft") != "draft":
        last = max(now.get("expires_on", today), today)
        if (body.get("ends_on") or LAST_DAY.isoformat()) <= (date.fromisoformat(last) + ROOM).isoformat():
            body.pop("starts_on", None)
            del body["ends_on"]
        if body.get("expires_on"):
            body["expires_on"] = min(max(body["expires_on"], today), last)
    elif operation == "changeOffer" and now.get("status") == "published" and body.get("ends_on", LAST_DAY.isoformat()) <= today:
        body.pop("starts_on", None)
        del body["ends_on"]
    elif operation == "resizeOffer":
        body["seats"] = min(body["seats"], 3)  # all offers of a unit share its weeks


def _periods(operation: str, body: Json, now: Json) -> None:
    weeks = LONGEST_WEEKS.get(operation)
    said = set(body)
    if operation == "acceptApplication":  # what it does not say, or says null, is the need's
        said = {name for name, value in body.items() if value is not None}
        now = {"starts_on": (clock.today() + STARTS_IN).isoformat()}
    for first, last in PERIODS:
        start, end = (_day(body[name] if name in said else now.get(name)) for name in (first, last))
        if weeks:
            start, end = _monday(start), _monday(end)
        if start and end:
            start, end = _ordered(start, end, weeks, moves_start=first in said, moves_end=last in said)
        for name, day in ((first, start), (last, end)):
            if body.get(name) and day:
                body[name] = day.isoformat()


def _bounds(operation: str, body: Json, now: Json) -> None:
    """Days within what they belong to: no action of the seed ends before the plan, and no need seeks once its posts are over."""
    first, last, beyond = PLAN.starts_on.isoformat(), last_day(PLAN.ends_on).isoformat(), PLAN.ends_on.isoformat()
    if body.get("due"):
        body["due"] = min(max(body["due"], first), last)
    if operation == "changeAction":
        for name, day in (
            ("starts_on", min(body.get("starts_on") or first, first)),
            ("ends_on", max(body.get("ends_on") or beyond, beyond)),
        ):
            if body.get(name):
                body[name] = day
    end = _day(body.get("ends_on", now.get("ends_on")))
    if operation in ("createNeed", "changeNeed") and end and body.keys() & {"ends_on", "expires_on"}:
        asked = body.get("expires_on") or now.get("expires_on", LAST_DAY.isoformat())
        body["expires_on"] = min(asked, max(last_day(end) - ROOM, FIRST_DAY).isoformat())


def _ordered(start: date, end: date, weeks: int | None, *, moves_start: bool, moves_end: bool) -> tuple[date, date]:
    """A period whose end follows its start, not too long; what a body does not hold stays."""
    step = WEEK if weeks else DAY
    longest = weeks * WEEK if weeks else LAST_DAY - FIRST_DAY
    if moves_start and moves_end:
        start = min(start, LAST_MONDAY - step)
        return start, min(max(end, start + step), start + longest)
    if moves_start:
        return max(min(start, end - step), end - longest), end
    return start, min(max(end, start + step), start + longest)


def sound_query(world: World, operation: str, query: Json, code: str | None) -> Json:
    """Query parameters made sound as a whole."""
    query = {name: BEYOND.sub("x", value) if isinstance(value, str) else value for name, value in query.items() if value is not None}
    if "id" in query:
        known = [each for anchored in world.anchors.values() for each in anchored]
        query["id"] = ",".join([query["id"][:36], *world.random.sample(known, 5)])
    if "force" in query:
        query["force"] = "true"  # what is drawn from a few rows is often drawn twice
    if operation in ("readIndicatorValues", "readDashboard"):
        _values_query(world, query, code)
    if operation in ("listContextSeries", "readContextSeries") and "known_at" in query:
        query["known_at"] = world.known_at
    if operation == "readCapacity":
        start = min(_day(query.get("from")) or clock.today(), LAST_MONDAY - 105 * WEEK)
        start -= timedelta(days=start.weekday())
        if "from" in query:
            query["from"] = start.isoformat()
        if "to" in query:
            query["to"] = (start + world.random.randint(1, 100) * WEEK).isoformat()
    return query


def _values_query(world: World, query: Json, code: str | None) -> None:
    indicator = world.pools[INDICATORS].get(code or "", {})
    dimensions = [dimension["name"] for dimension in indicator.get("dimensions", ())]
    for name in world.dimensions & set(query) - set(dimensions):
        del query[name]
    if "by" in query:
        query["by"] = world.random.choice(dimensions or ["none"])
        if not dimensions:
            del query["by"]
    for name in [name for name in ("by", *dimensions) if name in query][1:]:
        del query[name]  # two together may be refused: a fact has several values of some
    for name in NAMED & set(query):
        del query[name]  # only what facts have given is known
    stands = indicator.get("reading") == "stock"
    if query.pop("period", None) and not stands and not query.keys() & {"from", "to"}:
        query["period"] = world.random.choice(("2026-W47", "2026-11", "2026-Q4", "2026-S2", "2026", "twelve_months"))
    start, end = _day(query.get("from")), _day(query.get("to"))
    if start and (stands or query.get("every")):
        del query["from"]
    elif start and end and end <= start:
        query["to"] = (min(start, LAST_DAY - WEEK) + WEEK).isoformat()
        query["from"] = min(start, LAST_DAY - WEEK).isoformat()
    if "known_at" in query:
        query["known_at"] = world.known_at


def _monday(day: date | None) -> date | None:
    return day - timedelta(days=day.weekday()) if day else None


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
