"""The checks that nearly every line passes, made on whole columns: several times quicker than line by line.

They only find the lines of which something must be said; `establishments` then says it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from services.access_api.identifiers import LA_POSTE, luhn_failures
from services.contracts.codes import Department

LONGEST_TEXT = 200
HALF_A_NAME = 95
"""Two texts of this length still make one name."""
NO_SIREN, NO_SIRET = "0" * 9, "0" * 14
_place = re.compile("(?:0[1-9]|[1-8][0-9]|9[0-578]|2[AB]|9[A-J])[0-9]{3}").fullmatch
"""A commune of any department; the register writes those overseas 9A to 9J."""
_REGION = frozenset(department.value for department in Department)
ODD_SIRENS = {"", NO_SIREN, LA_POSTE}


def doubtful_positions(columns: Any, seen: dict[str, int], communes: Any) -> set[int]:
    """The positions of the doubtful lines of a chunk. `columns` has the fields of an `Establishment`, each of them a column.

    `seen` gets the line on which each FINESS number came first.
    """
    found = {
        *luhn_failures(columns.finess, 9),
        *luhn_failures(columns.finess_ej, 9),
        *luhn_failures([number or NO_SIREN for number in columns.siren], 9),
        *luhn_failures([number or NO_SIRET for number in columns.siret], 14),
    }
    known = len(seen)  # nearly always each number is new; else the first line that gave it keeps it
    if seen.keys().isdisjoint(columns.finess):
        seen.update(zip(reversed(columns.finess), reversed(columns.line), strict=True))
    if len(seen) != known + len(columns.finess):
        first = [seen.setdefault(number, line) for number, line in zip(columns.finess, columns.line, strict=True)]
        found.update(_differing_positions(first, columns.line))
    departments = [*map(communes.departments.get, columns.commune)]
    if departments != [*columns.department]:
        found.update(_differing_positions(departments, columns.department))
    found.update(_disagreeing_sirets(columns.siren, columns.siret))
    found.update(_malformed(columns))
    return found


def _disagreeing_sirets(sirens: Sequence[str], sirets: Sequence[str]) -> Iterable[int]:
    """Where a SIREN is absent, or one of the odd ones, or not what its SIRET begins with."""
    if ODD_SIRENS.isdisjoint(sirens) and "" not in sirets and all(map(str.startswith, sirets, sirens)):
        return ()
    pairs = zip(sirens, sirets, strict=True)
    return _positions(siren in ODD_SIRENS or not (siret or siren).startswith(siren) for siren, siret in pairs)


def _malformed(columns: Any) -> Iterator[int]:
    postal = "".join(columns.postal_code)
    if not (postal.isdecimal() and postal.isascii() and {*map(len, columns.postal_code)} == {5}):
        yield from _positions(code != "" and not is_digits(code, 5) for code in columns.postal_code)
    for cells in (columns.latitude, columns.longitude):
        if any(cells):
            yield from _positions(map(bool, cells))
    for codes in (columns.category_code, columns.legal_code):
        if wrong := {code for code in {*codes} if not is_code(code)}:
            yield from _positions(code in wrong for code in codes)
    for texts in (columns.name, columns.more, columns.category_label, columns.legal_label, columns.address):
        if max(map(len, texts)) > HALF_A_NAME:
            yield from _positions(len(text) > HALF_A_NAME for text in texts)
    if not all(map(str.strip, columns.name)):
        yield from _positions(not name.strip() for name in columns.name)


def _differing_positions(column: Sequence[Any], other: Sequence[Any]) -> Iterable[int]:
    return _positions(one != two for one, two in zip(column, other, strict=True))


def _positions(doubts: Iterable[bool]) -> Iterable[int]:
    return (position for position, doubt in enumerate(doubts) if doubt)


def is_code(value: str) -> bool:
    """Whether a code of a nomenclature is absent, or a few letters and digits."""
    return value == "" or (value.isalnum() and value.isascii() and len(value) <= 10)


def is_elsewhere(commune: str) -> bool:
    """Whether a code is that of a commune outside the region, present or former, overseas too."""
    return _place(commune) is not None and commune[:2] not in _REGION


def is_digits(value: str, length: int) -> bool:
    """Whether a code is so many ASCII digits."""
    return len(value) == length and value.isdecimal() and value.isascii()
