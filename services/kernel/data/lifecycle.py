"""Moves between the states of a life cycle; a service's noun gives the allowed ones as one dict."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from services.kernel.base.problems import MoveRefused
from services.kernel.data.records import Record

S = TypeVar("S", bound=StrEnum)


class Lifecycle(Generic[S]):
    """The allowed moves of a noun: from each state, the states that may follow."""

    def __init__(self, moves: Mapping[S, Collection[S]]) -> None:
        self.moves = moves

    def allowed(self, status: S) -> list[S]:
        """The states that may follow a state, in the life cycle's order."""
        return list(self.moves.get(status, ()))

    def move(self, row: Record, to: S, *, only_from: S | None = None) -> None:
        """Moves a row to a state, perhaps from one state only. Raises `MoveRefused`, which lists the moves that are allowed."""
        status: S = getattr(row, row.status_field)
        if to not in self.moves.get(status, ()) or only_from not in (None, status):
            allowed = [str(state) for state in self.allowed(status)]
            raise MoveRefused(f"Passage de « {status} » à « {to} » refusé.", status_now=str(status), allowed_moves=allowed)
        setattr(row, row.status_field, to)
