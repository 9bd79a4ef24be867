"""What the tests of recruitment share: an employer."""

import pytest

from services.kernel.database import Databases
from tests.conftest import Client
from tests.support.recruitment import Employer, an_employer


@pytest.fixture
async def employer(databases: Databases, client: Client) -> Employer:
    """An employer with one site, in Loire-Atlantique."""
    return await an_employer(databases, client)
