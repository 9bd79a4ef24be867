"""What the tests of internships share: the day on which they take place."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    """A day before the weeks and the deadlines that these tests name; time goes on from there."""
    with time_machine.travel(datetime(2026, 11, 23, 10, tzinfo=UTC)):
        yield
