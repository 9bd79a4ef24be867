"""The real servers of a test: those that PLAM_TEST_*_URL name. With PLAM_REQUIRE_SERVICES, none may be missing."""

import os

import pytest


def real(variable: str) -> str:
    """The URL of a real server; the test is skipped without it, or fails where servers are required."""
    url = os.environ.get(variable)
    if not url:
        if os.environ.get("PLAM_REQUIRE_SERVICES"):
            pytest.fail(f"{variable} n'est pas définie, et PLAM_REQUIRE_SERVICES l'exige")
        pytest.skip(f"{variable} n'est pas définie")
    return url
