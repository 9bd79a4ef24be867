"""Front ends of other origins, listed by the operator or not, and answers that are compressed for who accepts it."""

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest

from services.kernel.api.cross_origin import EXPOSED, SENT
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from tests.support.http import problem_type

FRONT, STRANGER = "https://plam.example.org", "https://example.net"
PATH = "/actions/v1/axes"
Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def opened(settings: Settings) -> Open:
    """Opens the system, with some origins listed."""

    @asynccontextmanager
    async def with_origins(*origins: str) -> AsyncIterator[httpx.AsyncClient]:
        databases = Databases(settings.model_copy(update={"cors_origins": origins}), ROUTING)
        transport = httpx.ASGITransport(system_app(SERVICES, databases))
        async with httpx.AsyncClient(transport=transport, base_url="http://plam.test", headers={"Accept-Encoding": "identity"}) as client:
            yield client
        await databases.close()

    return with_origins


def preflight(origin: str, method: str = "PATCH", headers: str = "authorization,if-match,content-type") -> dict[str, str]:
    """What a browser asks first."""
    return {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}


def allowed(answer: httpx.Response) -> str | None:
    """Whose pages may read the answer."""
    origin: str | None = answer.headers.get("access-control-allow-origin")
    return origin


async def test_a_listed_origin_may_ask_and_read_what_a_front_end_needs(opened: Open) -> None:
    async with opened(FRONT, "http://localhost:5173") as client:
        asked = await client.options(PATH, headers=preflight(FRONT, headers=",".join(SENT)))
        assert (asked.status_code, allowed(asked)) == (200, FRONT)
        assert "access-control-allow-credentials" not in asked.headers
        answer = await client.get(PATH, headers={"Origin": FRONT})
        assert (answer.status_code, allowed(answer)) == (200, FRONT)
        assert answer.headers["access-control-expose-headers"] == ", ".join(EXPOSED)
        assert {"Origin", "Accept-Encoding"} <= set(", ".join(answer.headers.get_list("vary")).split(", "))
        refused = await client.get("/actions/v1/actions", headers={"Origin": FRONT})
        assert (refused.status_code, allowed(refused)) == (401, FRONT), "a refusal is read too"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (preflight(STRANGER), "Cette origine n'est pas de celles"),
        (preflight("null"), "Cette origine n'est pas de celles"),
        (preflight(f"{FRONT}.example.net"), "Cette origine n'est pas de celles"),
        (preflight(FRONT.upper()), "Cette origine n'est pas de celles"),
        (preflight(FRONT, method="TRACE"), "Méthodes permises : GET, HEAD, POST, PUT, PATCH, DELETE"),
        (preflight(FRONT, headers="x-forwarded-for"), "en-têtes permis : Authorization, Content-Type"),
    ],
    ids=["stranger", "null", "longer", "upper case", "method", "header"],
)
async def test_a_preflight_of_another_is_refused_in_words(opened: Open, asked: dict[str, str], said: str) -> None:
    async with opened(FRONT) as client:
        answer = await client.options(PATH, headers=asked)
    assert (answer.status_code, problem_type(answer)) == (403, "forbidden")
    assert said in answer.json()["detail"]
    assert "Origin" in answer.headers["vary"]


async def test_what_is_refused_before_any_route_is_read_too(opened: Open) -> None:
    async with opened(FRONT) as client:
        answer = await client.get(PATH, headers={"Origin": FRONT, **{f"x-{number}": "1" for number in range(200)}})
    assert (answer.status_code, allowed(answer)) == (413, FRONT)


async def test_a_stranger_s_page_reads_nothing(opened: Open) -> None:
    async with opened(FRONT) as client:
        assert allowed(await client.get(PATH, headers={"Origin": STRANGER})) is None


async def test_it_is_off_by_default(opened: Open) -> None:
    async with opened() as client:
        asked = await client.options(PATH, headers=preflight(FRONT))
        answer = await client.get(PATH, headers={"Origin": FRONT})
    assert (asked.status_code, allowed(asked), allowed(answer)) == (405, None, None)


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.8", "deflate;q=0, gzip"])
async def test_who_accepts_gzip_gets_the_same_document_in_fewer_bytes(opened: Open, accepts: str) -> None:
    async with opened() as client:
        plain = await client.get("/observatory/openapi.json")
        async with client.stream("GET", "/observatory/openapi.json", headers={"Accept-Encoding": accepts}) as answer:
            sent = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 5
    assert "content-encoding" not in plain.headers
    for each in (answer, plain):
        assert each.headers.get_list("vary") == ["Accept-Encoding"]


@pytest.mark.parametrize("accepts", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br", "x-gzipped"])
async def test_who_does_not_accept_it_is_not_sent_it(opened: Open, accepts: str) -> None:
    async with opened() as client:
        answer = await client.get("/observatory/openapi.json", headers={"Accept-Encoding": accepts})
    assert "content-encoding" not in answer.headers


async def test_a_small_answer_goes_as_it_is(opened: Open) -> None:
    async with opened() as client:
        answer = await client.get("/actions/livez", headers={"Accept-Encoding": "gzip"})
    assert ("content-encoding" in answer.headers, answer.headers.get_list("vary")) == (False, ["Accept-Encoding"])
