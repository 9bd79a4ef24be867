"""What tests say of answers: headers to send, problems to read."""

from typing import Any

import httpx


def at(resource: dict[str, Any]) -> dict[str, str]:
    """The If-Match header of a resource as the test last saw it."""
    return {"If-Match": f'"{resource["version"]}"'}


def problem_type(answer: httpx.Response) -> str:
    """The problem's type, without its prefix."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: str = answer.json()["type"].removeprefix("urn:plam:problem:")
    return found


def pointers(answer: httpx.Response) -> list[str]:
    """The fields that a problem names."""
    return [error["pointer"] for error in answer.json().get("errors", ())]


def ok(answer: httpx.Response) -> dict[str, Any]:
    """The body of an answer that must be a success."""
    assert answer.is_success, f"{answer.request.method} {answer.request.url} : {answer.status_code} {answer.text}"
    found: dict[str, Any] = answer.json()
    return found
