"""A system in which every kind of thing has happened, as the observatory and the copies tell it; a second secret."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from services.contracts.codes import STAFF
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.secret_fingerprints import fingerprint
from services.plam import ROUTING, SERVICES
from tests.conftest import Client
from tests.repairs.damage import owner_execute
from tests.support.access import load_communes
from tests.support.database import SECRET
from tests.support.delivering import delivering
from tests.support.story import Story, tell

OTHER = "another secret than that of the tests"


@pytest.fixture
def everybody(client: Client) -> httpx.AsyncClient:
    """A caller who may do everything."""
    return client(*STAFF)


@pytest.fixture
async def story(databases: Databases, everybody: httpx.AsyncClient) -> Story:
    """The story, told and heard: every event is applied."""
    await load_communes(databases)
    async with delivering(databases):
        return await tell(everybody)


@pytest.fixture
async def others(settings: Settings) -> AsyncIterator[Databases]:
    """The pools of a process that has another secret; the schemas have the tests' again at the end."""
    made = Databases(
        settings.model_copy(update={"secret": SecretStr(OTHER), "secret_previous": SecretStr(SECRET)}), ROUTING, any_secret=True
    )
    yield made
    await made.close()
    kept = f"UPDATE pseudonym_key SET fingerprint = '{fingerprint(SECRET.encode())}', previous = NULL"  # no user's text
    await asyncio.gather(*(owner_execute(settings, service.name, kept) for service in SERVICES))
