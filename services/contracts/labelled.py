"""Codes that have a French label: what is stored and sent is the code, what a person reads is the label."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A code, its label and, where there is more to say, a description. The order of the codes is that of their declaration."""

    label: str
    description: str | None

    def __new__(cls, code: str, label: str = "", description: str | None = None) -> Self:
        """Reads `name = code, label` or `name = code, label, description`. Raises `TypeError` for a code without a label."""
        if not label:
            raise TypeError(f"{cls.__module__} : {cls.__name__} : {code} n'a pas de libellé.")
        made = str.__new__(cls, code)
        made._value_ = code
        made.label = label
        made.description = description
        return made
