"""What a spreadsheet does to codes that it takes for numbers or days: which cells it can have spoilt, and how a person mends them.

A code that lost its zeros is never completed here: for most codes nothing proves that a zero is what is missing.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

CHANGED = "le tableur a changé ce nombre : mettez la colonne au format Texte"
A_DAY = "le tableur en a fait une date : mettez la colonne au format Texte"
SHOWN = 20
"""How much of a cell a message shows."""

_number = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]{1,3}|[0-9]+[.,][0-9]+", re.IGNORECASE).fullmatch
_MONTH = r"(?:janv|jan|f[ée]vr?|feb|mars?|avr|apr|mai|may|juin|jun|juil|jul|ao[uû]t|aug|sept?|oct|nov|d[ée]c)[a-zé]*\.?"
_NUMERIC_DAY = r"[0-9]{1,4}[/-][0-9]{1,2}[/-][0-9]{1,4}(?:0?0:00(?::00)?)?"
_WORDY_DAY = rf"[0-9]{{1,2}}[-/ .]?{_MONTH}(?:[-/ .]?[0-9]{{2,4}})?|{_MONTH}[-/ .]?[0-9]{{2,4}}"
_day = re.compile(f"{_NUMERIC_DAY}|{_WORDY_DAY}", re.IGNORECASE).fullmatch


class Code(NamedTuple):
    """A kind of code: its name, how long it is, and whether a value is one."""

    name: str
    length: int
    holds: Callable[[str], bool]

    def problem(self, value: str) -> str | None:
        """What is wrong with a value, which the sentence shows, and what may have spoilt it."""
        if self.holds(value):
            return None
        return f"« {value[:SHOWN]} » n'est pas un {self.name}, {self._cause(value)}"

    def is_formed(self, value: str) -> bool:
        """Whether a value has the length and the digits of the code, be its key right or not."""
        return len(value) == self.length and value.isdecimal() and value.isascii()

    def _cause(self, value: str) -> str:
        if spoilt := damage(value):
            return spoilt
        missing = self.length - len(value)
        if value and missing > 0 and value[0] in "0123456789" and self.holds(value.zfill(self.length)):
            return f"il manque sans doute {'un zéro' if missing == 1 else f'{missing} zéros'} au début : mettez la colonne au format Texte"
        return "forme ou clé fausse"


def damage(value: str) -> str | None:
    """How a spreadsheet shows a code that it took for a number or for a day; none when a value is not of that look."""
    if _number(value):
        return CHANGED
    return A_DAY if _day(value) else None


def tidied(value: str) -> str:
    """A code without the spaces that group its digits, no-break ones among them, in capitals."""
    return "".join(value.split()).upper()
