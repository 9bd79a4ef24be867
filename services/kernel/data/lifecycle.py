"""Moves between the states of a life cycle; a service's noun gives the allowed ones as one dict, and the states' names as another."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Generic, TypeVar

from services.kernel.base.problems import MoveRefused
from services.kernel.data.records import Record

S = TypeVar("S", bound=StrEnum)


class Lifecycle(Generic[S]):
    """The allowed moves of a noun: from each state, the states that may follow. `words` are the states' French names, for refusals."""

    def __init__(self, moves: Mapping[S, Collection[S]], words: Mapping[S, str]) -> None:
        """Raises `TypeError` for a state without a name."""
        if unnamed := sorted(set(type(next(iter(moves)))) - words.keys()):
            raise TypeError(f"Cycle de vie : {', '.join(unnamed)} n'a pas de nom.")
        self.moves = moves
        self.words = words

    def allowed(self, status: S) -> list[S]:
        """The states that may follow a state, in the life cycle's order."""
        return list(self.moves.get(status, ()))

    def move(self, row: Record, to: S, *, only_from: S | None = None) -> None:
        """Moves a row to a state, perhaps from one state only. Raises `MoveRefused`, which says what may follow."""
        status: S = getattr(row, row.status_field)
        if to not in self.moves.get(status, ()) or only_from not in (None, status):
            raise self._refusal(status, [only_from] if only_from else [each for each in self.words if to in self.allowed(each)], to)
        setattr(row, row.status_field, to)

    def require(self, row: Record, *statuses: S) -> None:
        """Raises `MoveRefused` unless a row is in one of these states: for what changes something else than the state."""
        status: S = getattr(row, row.status_field)
        if status not in statuses:
            raise self._refusal(status, statuses)

    def _refusal(self, status: S, asked: Sequence[S], to: S | None = None) -> MoveRefused:
        """What a person is told: the state that there is, those that it takes, those that may follow."""
        allowed = self.allowed(status)
        now = f"Le statut est « {self.words[status]} »"
        said = f"C'est déjà fait : {now[0].lower()}{now[1:]}." if status == to else f"{now} ; cette opération demande {self._or(asked)}."
        following = f"D'ici, il peut passer à {self._or(allowed)}." if allowed else "Il ne change plus."
        return MoveRefused(f"{said} {following}", status_now=str(status))

    def _or(self, statuses: Sequence[S]) -> str:
        words = [f"« {self.words[each]} »" for each in statuses]
        return " ou ".join(filter(None, (", ".join(words[:-1]), words[-1])))
