"""What kinds of figures there are, and how one is read. These words are data."""

from datetime import date
from enum import StrEnum

from services.contracts.labelled import Labelled
from services.kernel.base.periods import Step, span_of, start_before


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


class Period(Labelled):
    """Ce que couvre un flux : tout depuis l'origine, les douze derniers mois, ou la semaine, le mois… du jour où il se lit."""

    origin = "origin", "Depuis l'origine"
    twelve_months = "twelve_months", "Les douze derniers mois"
    week = Step.week.value, "La semaine en cours"
    month = Step.month.value, "Le mois en cours"
    quarter = Step.quarter.value, "Le trimestre en cours"
    half_year = Step.half_year.value, "Le semestre en cours"
    year = Step.year.value, "L'année civile en cours"
    school_year = Step.school_year.value, "L'année scolaire en cours"
    fiscal_year = Step.fiscal_year.value, "L'exercice en cours"

    def span(self, as_of: date) -> tuple[date | None, date | None]:
        """The first day and the end, excluded, of what is read as of a day; none where it has none."""
        if self is Period.origin:
            return None, None
        if self is Period.twelve_months:
            return start_before(Step.month, as_of, 11), None
        return span_of(Step(self.value), as_of)
