"""What the tests of access_api stand on."""

from pathlib import Path

import pytest

from services.kernel.data.database import Databases
from tests.support.access import load_communes
from tests.support.open_data import FOLDER, real_file


@pytest.fixture
async def communes(databases: Databases) -> None:
    """The communes of the region."""
    await load_communes(databases)


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of the region's real files, which may not be there."""
    return FOLDER


@pytest.fixture(scope="session")
def real_establishments() -> Path:
    """The real file of the region's health establishments, when it is there."""
    return real_file("etablissements_sante_sae2023_pays_de_la_loire.csv")
