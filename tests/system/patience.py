"""A client as the README asks for: what is 503 is sent again, under the same key."""

import asyncio

import httpx

TIMES, PAUSE = 5, 1.0
"""How often, and after how many seconds."""


class Patient(httpx.AsyncHTTPTransport):
    """Sends a request again for as long as the service says that it cannot answer now: the machine has other tests to do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The first answer that is not 503, or the last."""
        for _ in range(TIMES):
            answer = await super().handle_async_request(request)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            await answer.aread()
            await asyncio.sleep(PAUSE)
        return await super().handle_async_request(request)


def patient(address: str, token: str) -> httpx.AsyncClient:
    """A client with a token."""
    return httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30, transport=Patient())
