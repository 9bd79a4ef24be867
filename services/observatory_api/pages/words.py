"""How figures, days and instants are said in French: numbers with narrow no-break spaces, nouns in the right number."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.kernel.base.clock import PARIS
from services.kernel.base.french import MONTHS, day_in_words
from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.indicators.nouns import NARROW, Noun, money, number

TYPOGRAPHY = ((" : ", "\u00a0: "), (" ; ", f"{NARROW}; "), (" ?", f"{NARROW}?"), ("« ", f"«{NARROW}"), (" »", f"{NARROW}»"))
"""Spaces before signs, where a line must not break."""

NOTHING = "sans objet"
NOT_YET = "pas encore suivi"
FEW = "moins de cinq"
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


SERVICES: Mapping[str, str] = {
    "actions": "Actions du plan",
    "internships": "Stages",
    "recruitment": "Recrutement",
    "access": "Organisations et accès",
    "observatory": "Observatoire",
}


DAY = Noun("jour", "jours")


def decimal(value: float, places: int) -> str:
    """A number with a comma, without idle zeros."""
    whole, _, rest = f"{abs(value):,.{places}f}".partition(".")
    rest = rest.rstrip("0")
    text = whole.replace(",", NARROW) + (f",{rest}" if rest else "")
    return f"−{text}" if value < 0 and text != "0" else text


def amount(value: float | None, unit: Unit, noun: Noun | None = None) -> str:
    """A value with its unit, or with what it counts; or that there is none: nothing is never zero."""
    if value is None:
        return NOTHING
    if unit is Unit.share:
        return f"{decimal(value * 100, 1)}{NARROW}%"
    if unit is Unit.cents:
        return money(int(value))
    said = DAY if unit is Unit.days else noun
    return said.counted(int(value)) if said else number(int(value))


def bare(value: float | None, unit: Unit) -> str:
    """A value in a chart or a table, where the heading says what is counted."""
    return amount(value, unit) if value is None or unit in (Unit.share, Unit.cents) else number(int(value))


def listed(names: Sequence[str]) -> str:
    """One, another and a third."""
    *first, last = names
    return f"{', '.join(first)} et {last}" if first else last


def several(*, regional: bool) -> str:
    """What is to be said of lines in which the same fact may count; `regional`: of departments that share what is of the whole region."""
    apart = "Un même fait peut compter dans plusieurs lignes : elles ne s’additionnent pas."
    return f"Ce qui est de toute la région compte dans chaque département. {apart}" if regional else apart


def instant(value: datetime) -> str:
    """An instant, to the second, by the clocks of Paris."""
    local = value.astimezone(PARIS)
    return f"{day_in_words(local.date())} à {local:%H}{NARROW}h{NARROW}{local:%M}{NARROW}min{NARROW}{local:%S}{NARROW}s"


def month(written: str, names: tuple[str, ...] = MONTHS) -> str:
    """A month written AAAA-MM: novembre 2026."""
    year, _, place = written.partition("-")
    return f"{names[int(place) - 1]} {year}"
