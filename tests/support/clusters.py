"""PostgreSQL servers of a test's own, of the versions that this machine has: for what no shared server may suffer."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from services.kernel.process.embedded import EmbeddedPostgres, binaries


def programs_of(major: int) -> Path:
    """Where the programs of a version are; the test is skipped without them, or fails where services are required."""
    for folder in binaries():
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        if re.search(rf"\) {major}\D", told):
            return folder
    if os.environ.get("PLAM_REQUIRE_SERVICES"):
        pytest.fail(f"PostgreSQL {major} n'est pas installé, et PLAM_REQUIRE_SERVICES l'exige")
    pytest.skip(f"PostgreSQL {major} n'est pas installé")


@contextmanager
def cluster(home: Path, major: int) -> Iterator[str]:
    """The URL, as its superuser, of a new server that nobody else uses."""
    postgres = EmbeddedPostgres(home, 200, [programs_of(major)])
    url = postgres.attach()
    try:
        yield url
    finally:
        postgres.release()


def as_login(url: str, login: str, database: str) -> str:
    """The same server, another login and database: on its socket every name is trusted."""
    return urlunsplit(urlsplit(url)._replace(netloc=f"{login}@", path=f"/{database}"))
