"""Identifiers: UUID version 7 (RFC 9562), so that keys rise with time and indexes stay compact."""

import os
import time
from uuid import UUID


def new() -> UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, 12 of the fraction of one (the RFC's method 3), then 62 random bits.

    What one process makes one after the other is in order, within a millisecond too.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
