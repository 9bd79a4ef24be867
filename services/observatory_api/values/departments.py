"""Departments as figures show them and as the ledger keeps them: `regional` is what names none."""

from collections.abc import Sequence

from services.observatory_api.indicators.dimensions import DEPARTMENT, REGIONAL
from services.observatory_api.indicators.model import Indicator

EVERY_ROW = tuple(DEPARTMENT.labels)


def rows_of(indicator: Indicator, kept: str) -> Sequence[str]:
    """The rows of a breakdown that count what the ledger keeps under a value: what is of every department is in all of them."""
    return EVERY_ROW if kept == REGIONAL and indicator.everywhere else (kept,)


def kept_as(indicator: Indicator, row: str) -> Sequence[str]:
    """The values under which the ledger keeps what a row counts."""
    return (row, REGIONAL) if row != REGIONAL and indicator.everywhere else (row,)
