"""The local door: whether a request is that of a browser, or of a command, of this very machine.

It is decided on what came over the wire, not on what a framework makes of it, and every doubt closes the door: a token opens it anywhere.
"""

from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address

from starlette.types import Scope

from services.kernel.api.http_protocol import ABSOLUTE_FORM

NAMES = ("localhost", "127.0.0.1", "[::1]")
"""What this machine is called from itself, in `Host`: alone or with our port. A site whose name leads here has another."""
SITES = frozenset({b"none", b"same-origin"})
"""`Sec-Fetch-Site` of who typed the address, or follows a link of ours. Another port of this machine is another program."""
SENT_BY_BROWSERS = frozenset(
    b"accept accept-charset accept-encoding accept-language cache-control connection cookie dnt host if-modified-since if-none-match "
    b"keep-alive origin pragma priority range referer save-data te upgrade-insecure-requests user-agent".split()
)
"""Headers of a request that nobody relayed, with those below. Whatever else there is says that somebody did: proxies tell it under
dozens of names (Forwarded, Via, X-Forwarded-…, X-Real-IP, CF-…, Fly-…), and no list of them is complete."""


SENT_BY_BROWSERS_TOO = (b"sec-ch-", b"sec-fetch-", b"sec-gpc", b"sec-purpose")


def is_local(scope: Scope) -> bool:
    """Whether someone at this machine asks: by one of its own names, by its loopback, in HTTP/1.1, without a sign of a relay."""
    sites = set(_values(scope, b"sec-fetch-site"))
    return (
        scope["http_version"] == "1.1"  # proxies speak HTTP/1.0 by default, browsers never
        and _is_loopback(scope)
        and _is_ours(list(_values(scope, b"host")), scope)
        and sites <= SITES
        and set(_values(scope, b"origin")) <= {b"http://" + host for host in _values(scope, b"host")}
        and all(name in SENT_BY_BROWSERS or name.startswith(SENT_BY_BROWSERS_TOO) for name, _ in scope["headers"])
        and ABSOLUTE_FORM not in scope
    )


def _values(scope: Scope, wanted: bytes) -> Iterator[bytes]:
    return (value for name, value in scope["headers"] if name == wanted)


def _is_ours(hosts: list[bytes], scope: Scope) -> bool:
    port = (scope.get("server") or (None, None))[1]
    return len(hosts) == 1 and hosts[0] in {spelt.encode() for name in NAMES for spelt in (name, f"{name}:{port}")}


def _is_loopback(scope: Scope) -> bool:
    """Whether the peer is on this machine: an IPv4 address may come written as an IPv6 one."""
    try:
        address = ip_address((scope.get("client") or ("", 0))[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
