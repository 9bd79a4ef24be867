"""Identifiers: of version 7, in the order in which they are made."""

import time

from services.kernel.base import ids


def test_identifiers_are_of_version_7_and_say_when_they_were_made() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_identifiers_made_one_after_the_other_are_in_order() -> None:
    made = [ids.new() for _ in range(2_000)]
    assert made == sorted(made)
    assert len({one.int & (1 << 62) - 1 for one in made}) == len(made)
