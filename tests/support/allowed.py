"""What may be asked for from a status, as a noun's table of operations says it."""

from collections.abc import Collection, Mapping
from enum import StrEnum


def asked_from(operations: Mapping[str, Collection[StrEnum]], status: StrEnum) -> list[str]:
    """The operations that may be asked for from a status, in their order."""
    return [operation for operation, statuses in operations.items() if status in statuses]
