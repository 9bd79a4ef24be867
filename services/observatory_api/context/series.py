"""The context series: what each is of, in words, and the measures that it has."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class ContextCode(StrEnum):
    """Une série de contexte, par son code."""

    inhabitants = "C01"
    workforce = "C02"
    establishments = "C03"
    care_homes = "C04"
    courses = "C05"


class Measure(StrEnum):
    """Ce qui est mesuré, et son unité."""

    inhabitants = "inhabitants"
    fte_hundredths = "fte_hundredths"
    headcount = "headcount"
    establishments = "establishments"
    homes = "homes"
    courses = "courses"

    @property
    def counted(self) -> bool:
        """Whether it counts lines of a source: what a source on a department does not name, there is none of."""
        return self in (Measure.establishments, Measure.homes, Measure.courses)


UNITS: Mapping[Measure, str] = {
    Measure.inhabitants: "habitants",
    Measure.fte_hundredths: "centièmes d'ETP",
    Measure.headcount: "personnes",
    Measure.establishments: "établissements",
    Measure.homes: "EHPAD",
    Measure.courses: "formations",
}


class ContextSeries(NamedTuple):
    """A series: its label, and what it counts."""

    label: str
    words: str


SERIES: Mapping[ContextCode, ContextSeries] = {
    ContextCode.inhabitants: ContextSeries("Habitants", "Population municipale, telle que l'INSEE l'établit."),
    ContextCode.workforce: ContextSeries(
        "Personnel des établissements de santé",
        "Personnel non médical, et personnel médical salarié, que les établissements de santé déclarent : en équivalents temps plein "
        "(`fte_hundredths`) et en personnes (`headcount`). Un établissement qui n'a pas répondu ne compte pas : `reported` et `lines` "
        "disent combien ont répondu.",
    ),
    ContextCode.establishments: ContextSeries(
        "Établissements de santé", "Établissements de santé qui répondent à la SAE, par catégorie FINESS."
    ),
    ContextCode.care_homes: ContextSeries(
        "EHPAD", "Établissements d'hébergement pour personnes âgées dépendantes, sans leurs places : la source ne les dit pas."
    ),
    ContextCode.courses: ContextSeries(
        "Formations sanitaires et sociales",
        "Formations sanitaires et sociales proposées sur Parcoursup, sans leurs places. Celle qu'un établissement propose plusieurs fois "
        "dans une commune, sous plusieurs mineures par exemple, compte une fois ; `lines` dit le nombre de lignes de la source.",
    ),
}
