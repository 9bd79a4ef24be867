"""Which host names this system answers to: another one in `Host` is a 400, so that no link is ever made of it."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kernel.base.logs import correlation_id
from services.kernel.base.problems import BadRequest

ANY = ("*",)


class AllowedHosts:
    """ASGI, for an operator who named the hosts; `*.example.org` stands for every host below it."""

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self.app = app
        self.allowed = frozenset(name.lower() for name in allowed if not name.startswith("*."))
        self.below = tuple(name[1:].lower() for name in allowed if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is addressed to us, and what is no request."""
        if scope["type"] == "http" and not self.knows(Headers(scope=scope).getlist("host")):
            await BadRequest("L'en-tête Host ne désigne pas ce système.").response(correlation_id.get())(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def knows(self, given: Sequence[str]) -> bool:
        """Whether a request's one `Host` is among the allowed."""
        if len(given) != 1:
            return False
        name, _, port = given[0].lower().rpartition(":")
        host = name if name and port.isdecimal() else given[0].lower()
        return host in self.allowed or host.endswith(self.below)
