"""What kinds of figures there are, and how one is read. These words are data."""

from enum import StrEnum

from services.contracts.labelled import Labelled


class Kind(Labelled):
    """La façon dont se lisent les contributions d'un indicateur."""

    sum = "sum", "Somme"
    distribution = "distribution", "Distribution"
    cell = "cell", "Cellules distinctes"
    derived = "derived", "Formule"


class Unit(StrEnum):
    """Ce que compte une valeur ; une part va de 0 à 1."""

    number = "count"
    share = "share"
    days = "days"
    cents = "cents"
    seat_weeks = "seat_weeks"


class Reading(Labelled):
    """Stock : ce qui vaut un jour donné ; flux : ce qui a eu lieu jusque-là."""

    stock = "stock", "Stock"
    flow = "flow", "Flux"


class Better(Labelled):
    """Le sens dans lequel un chiffre s'améliore : la hausse, ou la baisse."""

    up = "up", "La hausse"
    down = "down", "La baisse"


class Period(StrEnum):
    """Ce que couvre un flux quand on n'en dit rien : tout depuis l'origine, ou les douze derniers mois."""

    origin = "origin"
    twelve_months = "twelve_months"
