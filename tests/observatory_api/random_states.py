"""Many states of each kind, drawn by chance and the same at each run, whichever Python: what tells two functions of a state apart."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from random import Random
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID
from zlib import crc32

from pydantic import AwareDatetime, BaseModel

from services.contracts.envelope import State
from services.observatory_api.indicators.model import Figure

HOW_MANY = 400
FIRST, DAYS = date(2026, 8, 20), 24
"""Few days, so that two of them are often the same, and both sides of a school year."""
TEXTS = ("A1", "A4", "O2", "O3")


class Chance:
    """Draws by `random()` alone, which is promised to give the same for a seed in every release of Python."""

    def __init__(self, name: str) -> None:
        self._random = Random(crc32(name.encode())).random  # noqa: S311  # nothing secret

    def below(self, limit: int) -> int:
        """From 0 on."""
        return int(self._random() * limit)

    def day(self) -> date:
        """One of the few days."""
        return FIRST + timedelta(self.below(DAYS))

    def instant(self) -> datetime:
        """An instant of one of the days, before or after midnight in Paris."""
        return datetime.combine(self.day(), datetime.min.time(), UTC) + timedelta(minutes=15 * self.below(96))

    def value(self, annotation: Any) -> Any:
        """A value of a field."""
        origin, within = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.value(within[0])
        if origin in (Union, UnionType):
            return None if self.below(3) == 0 else self.value(next(one for one in within if one is not type(None)))
        if origin is tuple:
            return tuple(self.value(within[0]) for _ in range(self.below(4)))
        return self._simple(annotation)

    def _simple(self, annotation: Any) -> Any:
        if issubclass(annotation, Enum):
            members = list(annotation)
            return members[self.below(len(members))]
        if issubclass(annotation, BaseModel):
            return annotation(**{name: self.value(field.annotation) for name, field in annotation.model_fields.items()})
        drawn: Mapping[Any, Callable[[], Any]] = {
            date: self.day,
            AwareDatetime: self.instant,
            UUID: lambda: UUID(int=1 + self.below(5)),
            bool: lambda: self.below(2) == 1,
            int: lambda: 1 + self.below(9),
            str: lambda: TEXTS[self.below(len(TEXTS))],
        }
        return drawn[annotation]()

    def state(self, cls: type[State]) -> State:
        """A state whose history is in order and ends in its status."""
        values = {name: self.value(field.annotation) for name, field in cls.model_fields.items()}
        steps = sorted(self.instant() for _ in range(1 + self.below(4)))
        statuses = [self.value(cls.model_fields["status"].annotation) for _ in steps]
        history = tuple({"status": status, "at": step} for status, step in zip(statuses, steps, strict=True))
        return cls(**values | {"history": history, "status": statuses[-1]})


@lru_cache
def random_states(cls: type[State]) -> tuple[State, ...]:
    """The states of a kind."""
    chance = Chance(cls.kind)
    return tuple(chance.state(cls) for _ in range(HOW_MANY))


def random_figures(of: int) -> Iterator[tuple[Figure, ...]]:
    """Figures that a formula is asked of, so many at once; some are nothing."""
    chance = Chance("figures")
    for _ in range(HOW_MANY):
        yield tuple(Figure(chance.below(9), *(chance.value(int | None) for _ in range(2))) for _ in range(of))
