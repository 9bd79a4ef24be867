"""What can be asked of the figures, and what is answered."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, create_model

from services.kernel.base.fields import Day, Instant
from services.kernel.base.periods import KNOWN, Step, span_named
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import Dimension, Named, Territory, Year
from services.observatory_api.indicators.kinds import Kind, Period, Reading, Unit

Dimensions = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[a-z_]{1,30}(,[a-z_]{1,30}){0,2}$")]


NO_FILTERS = frozenset({"as_of", "known_at", "every", "period", "start", "end", "by"})
"""What is asked of figures beside dimensions."""


class DashboardQuery(BaseModel):
    """Which day, which state of knowledge, which department, and whether with a series."""

    model_config = ConfigDict(extra="forbid")

    as_of: Day | None = Field(
        None, description="Jour auquel les chiffres se lisent, inclus ; aujourd'hui par défaut, ou la fin d'une période à venir."
    )
    known_at: Instant | None = Field(
        None,
        description="Ce que le registre avait enregistré à cet instant ; avec le même `as_of`, mêmes octets que ce qui fut servi alors.",
    )
    every: Step | None = Field(
        None,
        description="Ajoute une série : un point par semaine, mois, trimestre… de la période, ou pour les douze derniers ; 120 au plus.",
    )
    department: Territory | None = Field(
        None, description="Département (code INSEE), actions de toute la région comprises ; regional : ce qui n'en nomme aucun."
    )

    def filters(self) -> dict[str, str]:
        """The filters given, by dimension."""
        given = {name: getattr(self, name) for name in sorted(type(self).model_fields) if name not in NO_FILTERS}
        return {name: str(value) for name, value in given.items() if value is not None}


PERIODS = {each.value: each for each in Period}


def _known_period(name: str) -> str:
    if name not in PERIODS:
        try:
            span_named(name)
        except ValueError as error:
            raise ValueError(f"{error} ; ou {', '.join(PERIODS)}") from error
    return name


class PeriodQuery(DashboardQuery):
    """What is asked of one indicator: a period, and groups."""

    period: Annotated[str, StringConstraints(max_length=20), AfterValidator(_known_period)] | None = Field(
        None,
        description="Période d'un flux, par son nom (au lieu de `from` et `to`) : "
        f"{KNOWN} ; ou selon le jour où se lit le chiffre : {', '.join(PERIODS)}.",
        examples=["2026-Q4"],
    )
    start: Day | None = Field(
        None, alias="from", description="Premier jour de la période d'un flux, depuis l'origine par défaut ; d'un stock, de sa série."
    )
    end: Day | None = Field(None, alias="to", description="Fin de la période, exclue ; le lendemain de `as_of` par défaut.")
    by: Dimensions | None = Field(
        None, description="Une à trois dimensions de l'indicateur, séparées par des virgules.", examples=["department"]
    )

    def days(self, as_of: date) -> tuple[date | None, date | None]:
        """The first day and the end, excluded, of the period that is asked for; none where it has none."""
        if self.period is None:
            return self.start, self.end
        return PERIODS[self.period].span(as_of) if self.period in PERIODS else span_named(self.period)

    def groups(self) -> tuple[str, ...]:
        """The dimensions to group by."""
        return tuple(dict.fromkeys(self.by.split(","))) if self.by else ()


def values_query(catalogue: Catalogue) -> type[PeriodQuery]:
    """What may be asked of the indicators of a catalogue: a filter for each of their dimensions."""
    filters: dict[str, Any] = {
        each.name: (each.type | None, Field(None, description=f"{each.label}.", examples=_examples(each)))
        for each in catalogue.dimensions
        if each.name not in PeriodQuery.model_fields
    }
    return create_model("ValuesQuery", __base__=PeriodQuery, **filters)


def _examples(dimension: Dimension) -> list[str] | None:
    return [dimension.values.example] if isinstance(dimension.values, Named | Year) else None


if TYPE_CHECKING:
    ValuesQuery = PeriodQuery
else:
    ValuesQuery = values_query(CATALOGUE)


class CoverageRead(BaseModel):
    """Ce dont une valeur est connue, sur ce dont elle pourrait l'être."""

    model_config = ConfigDict(from_attributes=True)

    known: int = Field(description="Ce dont elle est connue.", examples=[12])
    knowable: int = Field(description="Ce dont elle pourrait l'être.", examples=[15])


class FigureRead(BaseModel):
    """Une valeur et ce dont elle est faite."""

    value: int | float | None = Field(
        description="La valeur : une part va de 0 à 1 ; null quand rien n'est divisé par rien.", examples=[0.75]
    )
    numerator: int | None = Field(description="Ce qui est divisé, ou la somme elle-même.", examples=[3])
    denominator: int | None = Field(description="Ce par quoi l'on divise.", examples=[4])
    samples: int | None = Field(description="Nombre d'observations d'une distribution, dont la valeur est la médiane.", examples=[None])
    p90: int | None = Field(description="Neuvième décile d'une distribution.", examples=[None])
    coverage: CoverageRead | None = Field(
        description="Couverture d'une valeur qui peut n'être connue qu'en partie ; null : la question ne se pose pas.", examples=[None]
    )


class PointRead(FigureRead):
    """Un point d'une série."""

    period: str = Field(description=f"Nom de sa période, réduite aux jours demandés : {KNOWN}.", examples=["2026-11"])
    month: str | None = Field(description="Mois, AAAA-MM, quand le pas est le mois ; préférez `period`.", examples=["2026-11"])
    tracked: bool = Field(description="Faux tant que rien n'avait été compté sous ces filtres : pas encore suivi, et non zéro.")


class GroupRead(FigureRead):
    """Le chiffre d'un groupe."""

    dimensions: dict[str, str | None] = Field(description="Ce qui distingue le groupe.", examples=[{"department": "44"}])
    series: list[PointRead] | None = Field(description="Un point par semaine, mois, trimestre…, si demandé.")


class _Asked(BaseModel):
    as_of: date = Field(description="Jour auquel les chiffres se lisent, inclus.")
    to_come: bool = Field(description="Si ce jour est à venir : les chiffres sont ceux des faits déjà enregistrés et datés jusque-là.")
    known_at: datetime = Field(
        description="Dernier enregistrement pris en compte : redemandé avec lui, le même chiffre a les mêmes octets."
    )


class IndicatorValue(FigureRead):
    """La valeur d'un indicateur."""

    code: str = Field(description="Code de l'indicateur.", examples=["K06"])
    label: str = Field(description="Libellé.", examples=["Jalons tenus"])
    definition: int = Field(description="Numéro de la définition en vigueur.", examples=[1])
    kind: Kind = Field(description="Nature de l'indicateur.")
    unit: Unit = Field(description="Unité.")
    reading: Reading = Field(description="Stock (ce qui vaut un jour donné) ou flux (ce qui a eu lieu).")
    series: list[PointRead] | None = Field(description="Un point par semaine, mois, trimestre…, si demandé.")


class ValuesRead(_Asked, IndicatorValue):
    """Les chiffres d'un indicateur."""

    model_config = ConfigDict(serialize_by_alias=True)

    period: str | None = Field(description="Période demandée par son nom.", examples=[None])
    start: date | None = Field(serialization_alias="from", description="Premier jour de la période.")
    end: date | None = Field(serialization_alias="to", description="Fin de la période, exclue.")
    filters: dict[str, str] = Field(description="Filtres appliqués.")
    by: list[str] = Field(description="Dimensions des groupes.", examples=[["department"]])
    additive: bool = Field(description="Les groupes s'additionnent : faux quand un même fait compte dans plusieurs, ou pour une part.")
    groups: list[GroupRead] = Field(description="Un chiffre par groupe non vide.")


class DashboardRead(_Asked):
    """La valeur de tous les indicateurs, dans la région ou dans un département, lue en une fois."""

    department: Territory | None = Field(None, description="Département dont sont les chiffres ; null : la région entière.")
    items: list[IndicatorValue] = Field(
        description="Un par indicateur, par code ; dans un département, ceux qui se répartissent par département."
    )
