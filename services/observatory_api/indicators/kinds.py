"""What kinds of figures there are, and how one is read. These words are data."""

from enum import StrEnum


class Kind(StrEnum):
    """La façon dont se lisent les contributions d'un indicateur."""

    sum = "sum"
    distribution = "distribution"
    cell = "cell"
    derived = "derived"


class Unit(StrEnum):
    """Ce que compte une valeur ; une part va de 0 à 1."""

    number = "count"
    share = "share"
    days = "days"
    cents = "cents"
    seat_weeks = "seat_weeks"


class Reading(StrEnum):
    """Stock : ce qui vaut un jour donné ; flux : ce qui a eu lieu jusque-là."""

    stock = "stock"
    flow = "flow"


class Better(StrEnum):
    """Le sens dans lequel un chiffre s'améliore : la hausse, ou la baisse."""

    up = "up"
    down = "down"


class Period(StrEnum):
    """Ce que couvre un flux quand on n'en dit rien : tout depuis l'origine, ou les douze derniers mois."""

    origin = "origin"
    twelve_months = "twelve_months"
