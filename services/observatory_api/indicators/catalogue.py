"""The list of indicators: one a file of this folder, found there."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from types import ModuleType

from services.contracts.access import MembershipState, NoticeState, PersonState, RevocationState
from services.contracts.envelope import State
from services.contracts.registry import STATES
from services.kernel.base.declarations import file_of
from services.kernel.base.problems import NotFound
from services.observatory_api import indicators
from services.observatory_api.indicators.dimensions import Dimension
from services.observatory_api.indicators.elsewhere import ELSEWHERE
from services.observatory_api.indicators.model import Feed, Indicator

Feeds = Mapping[type[State], Sequence[tuple[Indicator, Feed]]]
"""What each kind of state feeds."""

CODE = re.compile(r"[A-Z][0-9]{2,3}")
OF_PERSONS = "a person is named by their own id: the observatory never hears it"
NOT_COUNTED: Mapping[type[State], str] = {
    RevocationState: "the kernel keeps it, in every service: it becomes no fact",
    PersonState: OF_PERSONS,
    MembershipState: OF_PERSONS,
    NoticeState: "access_api alone hears it, and sends it to persons: it becomes no fact",
}
"""The states that no indicator reads, each with the reason. Facts of the others are kept, so that an indicator may count them one day."""


class Catalogue:
    """Indicators by code and definition number, and those that a kind of state feeds.

    A code is there once a definition. A retired one is read, no longer fed.
    Raises `TypeError` for a definition that is there twice, and unless every state either feeds an indicator or is among those that are
    not counted.
    """

    def __init__(self, indicators: Sequence[Indicator], not_counted: Collection[type[State]] = NOT_COUNTED.keys()) -> None:
        self.indicators = tuple(sorted(indicators, key=lambda indicator: (indicator.code, indicator.definition)))
        for one, next_one in pairwise(self.indicators):
            if (one.code, one.definition) == (next_one.code, next_one.definition):
                raise TypeError(f"{next_one.file} : {one.code} a déjà une définition {one.definition}, dans {one.file}.")
        self._check_themes()
        self.dimensions = self._named_once()
        self.feeds: dict[type[State], tuple[tuple[Indicator, Feed], ...]] = {}
        for indicator in self.indicators:
            for feed in () if indicator.retired else indicator.feeds:
                self.feeds[feed.state] = (*self.feeds.get(feed.state, ()), (indicator, feed))
        self._check_counted(not_counted)

    def definitions(self, code: str) -> Mapping[int, Indicator]:
        """An indicator's definitions by number, the oldest first; empty when the code is unknown."""
        return {indicator.definition: indicator for indicator in self.indicators if indicator.code == code}

    def definitions_of(self, code: str) -> Mapping[int, Indicator]:
        """The same. Raises `NotFound` when the code is unknown, which names the code to read instead where there is one."""
        if found := self.definitions(code):
            return found
        instead = f" : lisez {' et '.join(ELSEWHERE[code])}" if code in ELSEWHERE else ""
        raise NotFound(f"L'indicateur {code} n'existe pas{instead}.")

    def fed_from(self, lowest: Mapping[str, int]) -> Feeds:
        """What each state feeds when the definitions before these are fed no more."""
        return {
            state: [(one, feed) for one, feed in pairs if one.definition >= lowest.get(one.code, one.definition)]
            for state, pairs in self.feeds.items()
        }

    @property
    def lowest(self) -> dict[str, int]:
        """The number of the first definition of each indicator that can be read, by code."""
        return {code: min(self.definitions(code)) for code in self.codes}

    @property
    def highest(self) -> dict[str, int]:
        """The number of the last definition of each indicator, by code."""
        return {code: max(self.definitions(code)) for code in self.codes}

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, sorted."""
        return tuple(dict.fromkeys(indicator.code for indicator in self.indicators))

    def _check_themes(self) -> None:
        known: dict[str | int, Indicator] = {}
        for one in self.indicators:
            for name in (one.theme.anchor, one.theme.order):
                if (first := known.setdefault(name, one)).theme != one.theme:
                    raise TypeError(
                        f"{one.file} : le thème {one.theme.anchor} a l'ancre ou le rang de {first.theme.anchor}, dans {first.file}."
                    )

    def _named_once(self) -> tuple[Dimension, ...]:
        """The dimensions, by name: two of one name would be one query parameter."""
        known: dict[str, tuple[Dimension, Indicator]] = {}
        for one in self.indicators:
            for dimension in one.by:
                first, where = known.setdefault(dimension.name, (dimension, one))
                if first != dimension:
                    raise TypeError(f"{one.file} : {one.code} a une autre dimension {dimension.name} que {where.code}, dans {where.file}.")
        return tuple(dimension for _, (dimension, _) in sorted(known.items()))

    def _check_counted(self, not_counted: Collection[type[State]]) -> None:
        where = file_of(type(self))
        if forgotten := [state.__name__ for state in STATES.values() if state not in self.feeds and state not in not_counted]:
            names = ", ".join(forgotten)
            raise TypeError(f"{where} : aucun indicateur ne lit {names} : ajoutez-en un, ou dites pourquoi dans NOT_COUNTED.")
        for state in not_counted:
            if codes := ", ".join(dict.fromkeys(indicator.code for indicator, _ in self.feeds.get(state, ()))):
                raise TypeError(f"{where} : {state.__name__} est dans NOT_COUNTED, et {codes} le lit.")


def found_in(folder: ModuleType) -> tuple[Indicator, ...]:
    """The indicators that the files of a folder declare, each in the file that has its code's name: `k05_actions_late.py`.

    Raises `TypeError` for a file with the name of a code and no indicator, for an indicator in a file without its code's name, and for
    one in two files.
    """
    found: list[Indicator] = []
    for name in sorted(module.name for module in iter_modules(folder.__path__)):
        if f"{folder.__name__}.{name}" != __name__:
            found += _declared_in(import_module(f"{folder.__name__}.{name}"), name.partition("_")[0].upper())
    files: dict[str, str] = {}
    for one in found:
        if (first := files.setdefault(one.code, one.file)) != one.file:
            raise TypeError(f"{one.file} : {one.code} est déjà déclaré dans {first}.")
    return tuple(found)


def _declared_in(module: ModuleType, code: str) -> Iterator[Indicator]:
    file = f"{module.__name__.replace('.', '/')}.py"
    named = [one for one in vars(module).values() if isinstance(one, Indicator)]  # its second function has an indicator's name too
    declared = [one for one in dict.fromkeys(named) if one.file == file]
    if not declared and CODE.fullmatch(code):
        raise TypeError(f"{file} : aucun indicateur n'y est déclaré.")
    for one in declared:
        if one.code != code:
            raise TypeError(f"{file} : le nom du fichier n'est pas celui de {one.code}.")
        yield one


CATALOGUE = Catalogue(found_in(indicators))
