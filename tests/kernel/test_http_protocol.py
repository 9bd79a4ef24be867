"""What every answer has in common, whatever was asked: methods, heads, request ids, hosts, origins, safe headers."""

import re
from collections import defaultdict
from uuid import uuid4

import httpx
import pytest
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from services.kernel.base import ids
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import Pages, system_app
from services.plam import SERVICES
from tests.kernel.http_world import look
from tests.support.actions import action_body, an_action
from tests.support.api import call, operations

ODD_METHODS = ("TRACE", "CONNECT", "OPTIONS", "PROPFIND", "get", "FOO", "PUT", "DELETE", "PATCH", "POST", "GET")
HEX = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def app(databases: Databases) -> ASGIApp:
    return system_app(SERVICES, databases)


def methods_of_paths() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for operation in operations():
        found[operation.path].add(operation.method.upper())
    return found


def _leads(path: str, target: str) -> bool:
    """Whether an address is one of a path: a word may stand where another path has an identifier."""
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", path), target) is not None


async def test_every_path_refuses_every_other_method_and_says_which_it_takes(app: ASGIApp) -> None:
    every = methods_of_paths()
    for path in every:
        target = re.sub(r"\{[^}]+\}", "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", path)
        methods = {each for other, taken in every.items() if _leads(other, target) for each in taken}
        for method in ODD_METHODS:
            if method in methods:
                continue
            answer = await call(app, method, target)
            assert answer.status == 405, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            allowed = set(answer.headers["allow"].split(", "))
            assert methods <= allowed, (method, path)
            assert allowed - {each for other, taken in every.items() if _leads(other, target) for each in taken} <= {"HEAD"}, (
                path,
                allowed,
            )


async def test_head_is_get_without_its_body(app: ASGIApp) -> None:
    for path in ("/actions/v1/axes", "/actions/livez", "/actions/openapi.json", "/actions/v1/actions", "/nowhere"):
        head, get = await call(app, "HEAD", path), await call(app, "GET", path)
        assert head.status == get.status
        assert head.body == b""
        differing = {"x-request-id", "content-length"} if get.status >= 400 else {"x-request-id"}
        assert {k: v for k, v in head.headers.items() if k not in differing} == {k: v for k, v in get.headers.items() if k not in differing}


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/actions",
        "/actions/",
        "/actions/v1",
        "/actions/v1/actions/",
        "/actions//v1/actions",
        "/ACTIONS/v1/actions",
        "/actions/v1/%2e%2e/livez",
        "/actions/v1/actions/a/b/c",
        "/actions/docs",
        "/actions/redoc",
        "/%00",
        "/actions/v1/axes%00",
        "/.env",
        "/actions/v1/axes;x=1",
        "//",
        "/actions/v2/actions",
    ],
)
async def test_an_unknown_path_is_a_404(app: ASGIApp, path: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        answer = await call(app, method, path)
        assert answer.status == 404, (method, answer)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.problem["type"] == "urn:plam:problem:not-found"


async def test_a_request_id_that_is_a_uuid_is_kept(steering: httpx.AsyncClient) -> None:
    given = uuid4()
    for text in (str(given), given.hex, str(given).upper()):
        answer = await steering.get("/actions/v1/axes", headers={"X-Request-Id": text})
        assert answer.headers["x-request-id"] == given.hex
    refused = await steering.get("/actions/v1/actions/x", headers={"X-Request-Id": str(given)})
    assert refused.json()["request_id"] == given.hex


@pytest.mark.parametrize("given", ["", "x", "1", "a\r\nSet-Cookie: x", "\x1b[31m", "é", "x" * 32, "0" * 33, "canary-" * 9, "\u2028"])
async def test_any_other_request_id_is_replaced(app: ASGIApp, given: str) -> None:
    answer = await call(app, "GET", "/actions/v1/axes", [("x-request-id", given.encode("utf-8").decode("latin-1"))])
    assert HEX.fullmatch(answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != given


async def test_the_request_id_goes_with_the_event(steering: httpx.AsyncClient, settings: Settings) -> None:
    given = ids.new()
    answer = await steering.post("/actions/v1/actions", json=action_body(), headers={"X-Request-Id": str(given)})
    assert answer.status_code == 201
    async with look(settings) as connection:
        assert await connection.fetchval("SELECT event::jsonb ->> 'correlationid' FROM actions.outbox") == given.hex


async def test_every_answer_carries_the_safe_headers(app: ASGIApp) -> None:
    for method, path in (
        ("GET", "/actions/v1/axes"),
        ("GET", "/nowhere"),
        ("POST", "/actions/v1/actions"),
        ("TRACE", "/actions/v1/axes"),
        ("GET", "/metrics"),
    ):
        answer = await call(app, method, path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
        assert "x-powered-by" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.tld", "null", "http://plam.test", "https://plam.test.evil.tld"])
async def test_no_other_origin_is_let_in(app: ASGIApp, origin: str) -> None:
    for method, extra in (("GET", ()), ("OPTIONS", (("access-control-request-method", "POST"),))):
        answer = await call(app, method, "/actions/v1/axes", [("origin", origin), *extra])
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_host_that_is_not_ours_is_refused(settings: Settings) -> None:
    named = Databases(settings.model_copy(update={"allowed_hosts": ("plam.test", "*.below.test")}))
    transport = httpx.ASGITransport(system_app(SERVICES, named))
    async with httpx.AsyncClient(transport=transport, base_url="http://plam.test") as client:
        for host in ("plam.test", "PLAM.test:8000", "a.below.test"):
            assert (await client.get("/actions/v1/axes", headers={"Host": host})).status_code == 200, host
        for host in ("evil.tld", "plam.test.evil.tld", "", "plam.test@evil.tld", "below.test", "evilbelow.test", "plam.test:x"):
            answer = await client.get("/actions/v1/axes", headers={"Host": host})
            assert answer.status_code == 400, host
            assert answer.headers["content-type"] == "application/problem+json", host
    await named.close()


async def test_a_forwarded_host_changes_nothing(app: ASGIApp) -> None:
    forwarded = [
        ("x-forwarded-host", "evil.tld"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "host=evil.tld"),
    ]
    plain, other = await call(app, "GET", "/actions/v1/axes"), await call(app, "GET", "/actions/v1/axes", forwarded)
    assert plain.body == other.body
    assert b"evil" not in other.body + repr(other.headers).encode()


# ── Metrics ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def counted(**labels: str) -> float:
    return REGISTRY.get_sample_value("plam_requests_total", labels) or 0.0


async def test_requests_are_counted_by_operation(steering: httpx.AsyncClient) -> None:
    labels = {"service": "actions", "operation": "readAction", "status": "404"}
    before = counted(**labels)
    for _ in range(3):
        await steering.get(f"/actions/v1/actions/{ids.new()}")
    assert counted(**labels) == before + 3
    assert 'plam_requests_total{operation="readAction",service="actions",status="404"}' in (await steering.get("/metrics")).text


async def test_what_a_client_invents_makes_no_label(app: ASGIApp) -> None:
    await call(app, "GET", "/metrics")
    before = operations_counted()
    for number in range(20):
        await call(app, f"CANARY{number}", "/actions/v1/axes")
        for path in (f"/canary{number}", f"/actions/canary{number}", f"/actions/v1/axes?canary{number}=1"):
            await call(app, "GET", path)
    text = (await call(app, "GET", "/metrics")).body.decode()
    assert "canary" not in text.lower()
    assert operations_counted() - before <= {"other", "listAxes"}


def operations_counted() -> set[str]:
    """The operations that the metric of requests has a label for, whichever test of this process asked for them."""
    return {sample.labels["operation"] for metric in REGISTRY.collect() if metric.name == "plam_requests" for sample in metric.samples}


async def test_the_metrics_of_the_process_tell_of_every_service_s_events(app: ASGIApp, steering: httpx.AsyncClient) -> None:
    await an_action(steering)
    text = (await call(app, "GET", "/metrics")).body.decode()
    assert 'plam_outbox_waiting{consumer="observatory",service="actions"} 1.0' in text
    for service in SERVICES:
        assert f'plam_quarantine_events{{service="{service.name}"}} 0.0' in text


async def test_what_breaks_outside_every_route_is_a_problem_too(databases: Databases) -> None:
    async def breaks(_request: Request) -> Response:
        raise RuntimeError

    answer = await call(system_app(SERVICES, databases, pages=Pages([Route("/breaks", breaks)])), "GET", "/breaks")
    assert (answer.status, answer.headers["content-type"], answer.problem["type"]) == (
        500,
        "application/problem+json",
        "urn:plam:problem:broken",
    )
