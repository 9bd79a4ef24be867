"""The OpenAPI documents name the address and the contact that the operator gives, and neither invents one."""

from pathlib import Path
from typing import Any

import pytest

from services.kernel.api.auth import Tokens
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import service_app
from services.plam import ROUTING, SERVICES
from tests.support.database import SECRET


def document(folder: Path, **given: Any) -> dict[str, Any]:
    settings = Settings(home=folder, secret=SECRET, **given)
    return service_app(SERVICES[0], Databases(settings, ROUTING), Tokens(settings)).openapi()


@pytest.mark.parametrize(
    ("public_url", "server"),
    [
        (None, "/access"),
        ("https://plam.example.org", "https://plam.example.org/access"),
        ("https://example.org:8443/plam/", "https://example.org:8443/plam/access"),
    ],
)
def test_servers_are_absolute_where_the_operator_says_the_address(tmp_path: Path, public_url: str | None, server: str) -> None:
    assert document(tmp_path, public_url=public_url)["servers"] == [{"url": server}]


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        (None, {}),
        ("plam@example.org", {"email": "plam@example.org"}),
        ("https://example.org/aide", {"url": "https://example.org/aide"}),
    ],
)
def test_whom_callers_turn_to_is_whom_the_operator_names(tmp_path: Path, contact: str | None, said: dict[str, str]) -> None:
    assert document(tmp_path, contact=contact)["info"]["contact"] == {"name": "L'équipe de PlaM", **said}
