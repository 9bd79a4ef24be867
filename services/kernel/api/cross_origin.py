"""Front ends of other origins: those that the operator lists may read what we answer, and send what the API takes."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from services.kernel.base.problems import Forbidden

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id")
EXPOSED = ("ETag", "Link", "Location", "Retry-After", "WWW-Authenticate", "X-Request-Id")
KEPT_SECONDS = 600
"""How long a browser remembers what it was told."""


class CrossOrigin(CORSMiddleware):
    """Starlette's CORS without credentials (tokens go by `Authorization`), whose refusals are problems."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        super().__init__(
            app, allow_origins=origins, allow_methods=METHODS, allow_headers=SENT, expose_headers=EXPOSED, max_age=KEPT_SECONDS
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks whether it may ask. 403 for what it may not."""
        answer = super().preflight_response(request_headers)
        if answer.status_code == 200:
            return answer
        what = "Cette origine n'est pas de celles que l'exploitant permet (PLAM_CORS_ORIGINS)."
        if self.is_allowed_origin(request_headers["origin"]):
            what = f"Méthodes permises : {', '.join(METHODS)} ; en-têtes permis : {', '.join(SENT)}."
        refused = Forbidden(what).response()
        refused.headers["vary"] = answer.headers["vary"]
        return refused
