"""What the tests of recruitment share: an employer, and the day on which they take place."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
import time_machine

from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.recruitment import Employer, a_funder, an_employer


@pytest.fixture
async def steering(steering: httpx.AsyncClient, databases: Databases) -> httpx.AsyncClient:
    """The regional agency's own client, where the service has heard that the agency funds."""
    await a_funder(databases)
    return steering


@pytest.fixture
async def employer(databases: Databases, client: Client) -> Employer:
    """An employer with one site, in Loire-Atlantique."""
    return await an_employer(databases, client)


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    """A day before the weeks and the deadlines that these tests name; time goes on from there."""
    with time_machine.travel(datetime(2026, 11, 23, 10, tzinfo=UTC)):
        yield
