"""What figures are broken down by, and filtered by: each dimension once, with its label, its values and their labels.

Query parameters, the catalogue, headings and pages come from here. A dimension more is a line here, and an indicator that names it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, StringConstraints

from services.contracts.actions import ActionStatus
from services.contracts.codes import Axis, Department, Objective, OrganisationRole, Profession, Sector
from services.contracts.internships import RequestDeclineReason
from services.contracts.labelled import Labelled
from services.contracts.recruitment import NeedUrgency, SchemeKind
from services.kernel.base.fields import FreeText
from services.kernel.base.periods import span_named

REGIONAL = "regional"
"""What names no department. Of an action it is of every one; of money, of a post or a seat, of none."""


class YesOrNo(Labelled):
    """Oui ou non."""

    true = "true", "Oui"
    false = "false", "Non"


class Cover(Labelled):
    """Ce qu'une action transversale couvre en entier."""

    sectors = "sectors", "Les trois secteurs"
    sides = "sides", "Les deux versants"


if TYPE_CHECKING:
    Territory = Labelled
else:
    _rows = {each.name: (each.value, each.label) for each in Department} | {REGIONAL: (REGIONAL, "Toute la région")}
    Territory = Labelled("Territory", _rows, module=__name__)
    Territory.__doc__ = "Un département, ou toute la région : ce qui n'en nomme aucun."


@dataclass(frozen=True)
class Year:
    """Values that are years, of whatever kind: every one that looks like one is known."""

    pattern: str
    example: str
    check: Callable[[str], str] = str


@dataclass(frozen=True)
class Named:
    """Values that nobody lists beforehand: those that facts have given are known, and no others."""

    example: str


@dataclass(frozen=True)
class Dimension:
    """A name, which is that of the states' field (or of its plural), a label, and the values."""

    name: str
    label: str
    values: type[Labelled] | Year | Named
    several: bool = False
    """Whether a fact may have several values: it counts fully in each, once in the total."""

    def __post_init__(self) -> None:
        """Raises `TypeError` for a name that no query parameter could have, and for a dimension without a label."""
        if not re.fullmatch("[a-z][a-z_]{1,29}", self.name) or not self.label.strip():
            raise TypeError(f"La dimension {self.name!r} a un nom en minuscules (30 au plus), et un libellé.")

    @property
    def labels(self) -> Mapping[str, str]:
        """The label of each value, in order; empty where values are not listed beforehand."""
        return {} if isinstance(self.values, Year | Named) else {each.value: each.label for each in self.values}

    def label_of(self, value: str) -> str:
        """How a person reads a value."""
        return self.labels.get(value, value)

    @property
    def type(self) -> Any:
        """What a query parameter of this dimension holds."""
        if isinstance(self.values, Year):
            return Annotated[str, StringConstraints(pattern=self.values.pattern), AfterValidator(self.values.check)]
        return Annotated[str, FreeText(80)] if isinstance(self.values, Named) else self.values


def _school_year(written: str) -> str:
    span_named(written)
    return written


AXIS = Dimension("axis", "Axe de travail", Axis)
COHORT = Dimension("cohort", "Cohorte d'actions phares", Named("2023-2024"))
COVER = Dimension("cover", "Secteurs ou versants couverts", Cover, several=True)
DECLINE_REASON = Dimension("decline_reason", "Motif du refus", RequestDeclineReason)
DEPARTMENT = Dimension("department", "Département", Territory, several=True)
FIRST_PLACEMENT_SUITABLE = Dimension("first_placement_suitable", "Convient à un premier stage", YesOrNo)
FISCAL_YEAR = Dimension("fiscal_year", "Exercice budgétaire", Year("^20[0-9]{2}$", "2026"))
FLAGSHIP = Dimension("flagship", "Action phare", YesOrNo)
FUNDER = Dimension("funder", "Financeur", Named("ARS-PDL"))
OBJECTIVE = Dimension("objective", "Objectif", Objective, several=True)
PROFESSION = Dimension("profession", "Profession", Profession, several=True)
ROLE = Dimension("role", "Rôle d'une organisation", OrganisationRole, several=True)
SCHEME_CODE = Dimension("scheme_code", "Dispositif", Named("CAE-2026"))
SCHEME_KIND = Dimension("scheme_kind", "Nature du dispositif", SchemeKind)
SCHOOL_YEAR = Dimension("school_year", "Année scolaire", Year("^20[0-9]{2}-20[0-9]{2}$", "2026-2027", _school_year))
SECTOR = Dimension("sector", "Secteur", Sector)
STATUS = Dimension("status", "Statut", ActionStatus)
URGENCY = Dimension("urgency", "Urgence d'un besoin", NeedUrgency)
