"""How sentences for people say days and numbers, in French."""

from datetime import date

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")


def day_in_words(day: date) -> str:
    """A day: 22 novembre 2026; the first of a month is an ordinal."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def counted(number: int, one: str, several: str | None = None) -> str:
    """So many of something: French has its plural from two on. `several` is `one` with an s unless it is said."""
    return f"{number} {(several or f'{one}s') if abs(number) >= 2 else one}"


def sentence(words: str) -> str:
    """Words as a sentence of its own: a capital, a full stop."""
    return f"{words[:1].upper()}{words[1:]}."
