"""Who may do what, for programs: every operation of every service, whichever of them a process serves."""

from collections.abc import AsyncIterator

import httpx
import pytest

from services.access_api.permissions.schemas import PERMISSION
from services.access_api.service import SERVICE
from services.contracts.codes import STAFF
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from tests.support.api import operations
from tests.support.hostile import PROBES
from tests.support.http import ok

PATH = "/access/v1/permissions"


@pytest.fixture
async def anybody(databases: Databases) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token, and a process that serves access_api alone."""
    transport = httpx.ASGITransport(system_app((SERVICE,), databases))
    async with httpx.AsyncClient(transport=transport, base_url="http://plam.test") as client:
        yield client


async def test_every_operation_of_every_service_is_said_with_its_rights(anybody: httpx.AsyncClient) -> None:
    said = ok(await anybody.get(PATH))["items"]

    documented = {(each.method.upper(), each.path, each.id) for each in operations() if each.path.rpartition("/")[2] not in PROBES}
    assert {(each["method"], each["path"], each["operation"]) for each in said} == documented
    assert {each["operation"] for each in said if each["public"]} == {
        each.id for each in operations() if each.spec["security"] == [] and each.path.rpartition("/")[2] not in PROBES
    }
    assert [each["operation"] for each in said if each["public"] is bool(each["rights"])] == []


async def test_a_right_is_a_role_and_how_far_it_goes(anybody: httpx.AsyncClient) -> None:
    said = {each["operation"]: each for each in ok(await anybody.get(PATH))["items"]}

    assert said["changeUnit"] == PERMISSION
    assert [(right["role"], right["extent"]) for right in said["readUnit"]["rights"]] == [(role, "region") for role in STAFF]
    assert {right["role"]: right["extent_label"] for right in said["readPlacement"]["rights"]}["hr_partner"] == "Départements"
