"""What the tests of access_api stand on."""

import os
from pathlib import Path

import pytest

from services.kernel.data.database import Databases
from tests.support.access import load_communes


@pytest.fixture
async def communes(databases: Databases) -> None:
    """The communes of the region."""
    await load_communes(databases)


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of the region's real files, which may not be there."""
    return Path(os.environ.get("PLAM_OPEN_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(scope="session")
def real_establishments(open_data: Path) -> Path:
    """The real file of the region's health establishments, when it is there."""
    path = open_data / "etablissements_sante_sae2023_pays_de_la_loire.csv"
    if not path.is_file():
        pytest.skip("PLAM_OPEN_DATA names no folder of open data")
    return path
