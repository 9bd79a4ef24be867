"""The pages that open without a token: to who sits at this machine, decided on the raw headers; every doubt closes the door."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.observatory_api.service import SERVICE
from tests.support.api import call
from tests.support.database import STUCK
from tests.support.listening import listening

PORT = "{port}"
"""Stands for the port that the server listens on."""
Header = tuple[str, str]
HOST = ("Host", f"localhost:{PORT}")

BROWSER = [
    ("Connection", "keep-alive"), ("Cache-Control", "max-age=0"), ("sec-ch-ua", '"Chromium";v="142"'), ("sec-ch-ua-mobile", "?0"),
    ("DNT", "1"), ("Upgrade-Insecure-Requests", "1"), ("User-Agent", "Mozilla/5.0"), ("Accept", "text/html"), ("Sec-GPC", "1"),
    ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-User", "?1"), ("Accept-Encoding", "gzip, br"),
    ("Accept-Language", "fr"), ("Cookie", "a=b"), ("If-None-Match", '"x"'), ("Priority", "u=0, i"), ("Referer", "http://localhost/"),
]  # fmt: skip
OPENS: Mapping[str, Sequence[Header]] = {
    "our name and port": [HOST],
    "our name alone": [("Host", "localhost")],
    "IPv4": [("Host", f"127.0.0.1:{PORT}")],
    "IPv6": [("Host", f"[::1]:{PORT}")],
    "IPv6 alone": [("Host", "[::1]")],
    "curl": [HOST, ("User-Agent", "curl/8.5.0"), ("Accept", "*/*")],
    "a browser": [HOST, *BROWSER],
    "a link of ours": [HOST, ("Sec-Fetch-Site", "same-origin")],
}
HOSTS = [
    "a{x}.evil.test", f"a{{x}}.evil.test:{PORT}", "", " ", "evil.test", f"evil.test:{PORT}", f"localhost.evil.test:{PORT}", "localhost.",
    f"localhost.:{PORT}", f"LOCALHOST:{PORT}", "LocalHost", f"user@localhost:{PORT}", f"user:pass@127.0.0.1:{PORT}",
    f"localhost:{PORT}@evil.test", f"localhost:{PORT}, evil.test", f"localhost,evil.test:{PORT}", "localhost:1", "localhost:",
    "localhost:x", f"localhost:0{PORT}", f"localhost:{PORT}:{PORT}", f"localhost:{PORT}/", f"localhost:{PORT}#", f"http://localhost:{PORT}",
    f"localhost\\:{PORT}", f"localhost%00:{PORT}", f"%6cocalhost:{PORT}", f"127.1:{PORT}", f"0177.0.0.1:{PORT}", f"2130706433:{PORT}",
    f"0x7f000001:{PORT}", f"127.0.0.1.nip.io:{PORT}", f"127.0.0.2:{PORT}", f"0.0.0.0:{PORT}", f"::1:{PORT}", "::1", "[::1", f"[::]:{PORT}",
    f"[0:0:0:0:0:0:0:1]:{PORT}", f"[::ffff:127.0.0.1]:{PORT}", f"[::1%25lo]:{PORT}", f"[::1].evil.test:{PORT}", f"localhost evil:{PORT}",
    f"lоcalhost:{PORT}".encode().decode("latin-1"), f"localhost\u00a0:{PORT}", "x" * 300,
]  # fmt: skip
"""One `Host`, and not in the list."""
RELAYED = [
    "Forwarded", "Via", "X-Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-By",
    "X-Forwarded-Server", "X-Forwarded-Prefix", "X-Forwarded-Client-Cert", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP",
    "X-Original-Forwarded-For", "X-Original-Host", "X-Original-URL", "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "X-Host",
    "X-ProxyUser-Ip", "Proxy-Connection", "Proxy-Authorization", "CF-Connecting-IP", "CF-Ray", "CF-IPCountry", "CF-Visitor", "CDN-Loop",
    "True-Client-IP", "Client-IP", "Fastly-Client-IP", "Fly-Client-IP", "X-Envoy-External-Address", "X-Request-Id", "X-Amzn-Trace-Id",
    "X-Azure-ClientIP", "X-Appengine-User-Ip", "X-Scheme", "X-Request-Start", "Traceparent", "Max-Forwards", "Tailscale-User-Login",
    "Ngrok-Trace-Id", "X-Nobody-Knows-It-Yet",
]  # fmt: skip
CLOSES: Mapping[str, Sequence[Header]] = {
    "no host": [],
    "two hosts": [HOST, HOST],
    "two hosts, the first foreign": [("Host", "evil.test"), HOST],
    "two hosts, the second foreign": [HOST, ("Host", "evil.test")],
    **{f"host {host[:40]!r}": [("Host", host)] for host in HOSTS},
    **{f"relayed by {name}": [HOST, (name, "127.0.0.1")] for name in RELAYED},
    "relayed, said emptily": [HOST, ("X-Forwarded-For", "")],
    **{f"from {site!r}": [HOST, ("Sec-Fetch-Site", site)] for site in ("cross-site", "same-site", "", "Cross-Site", "none, cross-site")},
    "from two sites": [HOST, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")],
    "with a body": [HOST, ("Content-Type", "text/plain")],
}


@pytest.fixture
async def pools(settings: Settings, databases: Databases) -> AsyncIterator[Databases]:
    """Pools of an application whose pages are open to this machine."""
    made = Databases(settings.model_copy(update={"local_pages": True}))
    yield made
    await made.close()


async def asked(pools: Databases, headers: Sequence[Header], port: int = 8000, **changed: Any) -> int:
    """The status of the page, asked of the application itself with exactly these headers."""
    app = system_app((SERVICE,), pools)
    raw = [(name.lower().encode(), value.replace(PORT, str(port)).encode("latin-1")) for name, value in headers]

    async def exactly(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "headers": raw, "server": ("127.0.0.1", port), **changed}, receive, send)

    return (await call(exactly, "GET", "/observatory/")).status


@pytest.fixture
async def port(pools: Databases) -> AsyncIterator[int]:
    """The port of a real server, made as `plam up` makes it."""
    async with listening(system_app((SERVICE,), pools)) as number:
        yield number


async def sent(port: int, headers: Sequence[Header], line: str = "GET /observatory/ HTTP/1.1") -> int:
    """The status of what comes back over the wire; 0 when the server closes without a word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [line, *(f"{name}: {value.replace(PORT, str(port))}" for name, value in headers), "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    first = await asyncio.wait_for(reader.readline(), STUCK)
    writer.close()
    return int(first.split()[1]) if first else 0


@pytest.mark.parametrize("form", OPENS)
async def test_b3_who_sits_at_this_machine_reads_the_page(form: str, pools: Databases) -> None:
    assert await asked(pools, OPENS[form]) == 200


@pytest.mark.parametrize("form", CLOSES)
async def test_b3_every_doubt_closes_the_local_door(form: str, pools: Databases) -> None:
    assert await asked(pools, CLOSES[form]) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"http_version": "1.0"},
        {"http_version": "0.9"},
        {"client": None},
        {"client": ("", 0)},
        {"client": ("203.0.113.5", 50_000)},
        {"client": ("10.0.0.7", 50_000)},
        {"client": ("::ffff:10.0.0.7", 50_000)},
        {"client": ("fe80::1", 50_000)},
        {"server": ("localhost", 9000)},
        {"server": ("/run/plam.sock", None)},
        {"server": None},
    ],
    ids=repr,
)
async def test_b3_another_peer_port_or_protocol_closes_it(changed: dict[str, Any], pools: Databases) -> None:
    assert await asked(pools, [HOST], **changed) == 401


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_b3_the_peer_is_any_address_of_the_loopback(client: str, pools: Databases) -> None:
    assert await asked(pools, [HOST], client=(client, 50_000)) == 200


async def test_b3_on_the_wire_it_opens_to_this_machine(port: int) -> None:
    assert {form: await sent(port, headers) for form, headers in OPENS.items()} == dict.fromkeys(OPENS, 200)


async def test_b3_on_the_wire_every_doubt_closes_it(port: int) -> None:
    answers = {form: await sent(port, headers) for form, headers in CLOSES.items()}
    assert {form: status for form, status in answers.items() if status not in (400, 401)} == {}
    assert sum(status == 401 for status in answers.values()) > len(CLOSES) * 3 // 4, "the page answers, not the parser"
    for name in ("no host", "two hosts", "host 'a{x}.evil.test'", "host ''", "relayed by X-Forwarded-For", "from 'cross-site'"):
        assert answers[name] == 401, name


@pytest.mark.parametrize("target", ["http://evil.test/observatory/", "https://evil.test:444/observatory/", "http://127.0.0.1/observatory/"])
async def test_b3_on_the_wire_what_is_asked_of_a_proxy_closes_it(target: str, port: int) -> None:
    assert await sent(port, [HOST], f"GET {target} HTTP/1.1") == 401


@pytest.mark.parametrize("line", ["GET /observatory/ HTTP/1.0", "GET http://evil.test/observatory/ HTTP/1.0"])
async def test_b3_on_the_wire_http_1_0_closes_it(line: str, port: int) -> None:
    for headers in ([], [HOST], [HOST, ("Connection", "keep-alive")], [("Host", "a{x}.evil.test")]):
        assert await sent(port, headers, line) in (400, 401, 404)
    assert await sent(port, [HOST], "GET /observatory/ HTTP/1.0") == 401
