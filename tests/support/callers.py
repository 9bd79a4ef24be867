"""Callers of tests: a fresh token for each request, so that a test may travel in time."""

from collections.abc import Generator
from datetime import timedelta

import httpx

from services.kernel.api.auth import Tokens
from services.kernel.base.principals import Principal


class Bearer(httpx.Auth):
    """Signs every request for a principal."""

    def __init__(self, tokens: Tokens, principal: Principal) -> None:
        self.tokens = tokens
        self.principal = principal

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Adds the token."""
        request.headers["Authorization"] = f"Bearer {self.tokens.issue(self.principal, timedelta(minutes=5))}"
        yield request
