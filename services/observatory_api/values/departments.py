"""Departments as figures show them and as the ledger keeps them: what names none is of every one, or stands in a row of its own."""

from collections.abc import Sequence

from services.contracts.codes import Department
from services.observatory_api.indicators.model import REGION, REGIONAL

EVERY_ROW = (*(department.value for department in Department), REGIONAL)


def rows_of(kept: str) -> Sequence[str]:
    """The rows of a breakdown that count what the ledger keeps under a value: that of an action without departments is all of them."""
    if kept == REGIONAL:
        return EVERY_ROW
    return (REGIONAL if kept == REGION else kept,)


def kept_as(row: str) -> Sequence[str]:
    """The values under which the ledger keeps what a row counts."""
    return [kept for kept in (*EVERY_ROW, REGION) if row in rows_of(kept)]
