"""What tests of migrations share."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.migrations.databases import execute
from tests.support.database import database_url


@pytest.fixture
def fresh(server: str) -> Iterator[str]:
    """The URL of a database that nothing has been done to."""
    name = f"plam_stairs_{os.getpid()}"
    asyncio.run(execute(server, f'CREATE DATABASE "{name}"'))
    yield database_url(server, name)
    asyncio.run(execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))
