"""What can be asked of the context series, and what is answered."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.codes import Department
from services.kernel.base.fields import Instant
from services.observatory_api.context.series import ContextCode, Measure

NO_DATA = "pas de donnée"


class ContextQuery(BaseModel):
    """Which state of knowledge."""

    model_config = ConfigDict(extra="forbid")

    known_at: Instant | None = Field(
        None, description="Ce qui avait été importé à cet instant ; tout ce qui est connu par défaut.", examples=["2026-11-22T09:30:00Z"]
    )


class SourceRead(BaseModel):
    """Qui le dit, et depuis quand c'est connu ici."""

    source: str = Field(description="Producteur et publication.", examples=["DREES, Statistique annuelle des établissements de santé"])
    licence: str = Field(description="Licence de la source.", examples=["Licence Ouverte 2.0"])
    vintage: int = Field(description="Millésime : année où la source l'a dit.", examples=[2023])
    recorded_at: datetime = Field(description="Instant de l'import.")


class ContextValueRead(BaseModel):
    """La valeur d'un département, ou l'absence de donnée, qui n'est jamais zéro."""

    department: Department = Field(description="Département (code INSEE).")
    value: int | None = Field(description="La valeur, dans l'unité de la mesure ; null sans donnée.", examples=[1487570])
    note: str | None = Field(description="« pas de donnée » où il n'y en a pas.", examples=[None])
    reported: int | None = Field(description="Lignes de la source qui disent cette valeur ; null sans donnée.", examples=[64])
    lines: int | None = Field(description="Lignes de la source pour ce département ; null sans donnée.", examples=[66])
    source: SourceRead | None = Field(description="Source ; null quand aucune ne parle de ce département.")


class ContextRowRead(BaseModel):
    """Une mesure d'une année, pour les cinq départements."""

    year: int = Field(description="Année des valeurs.", examples=[2023])
    measure: Measure = Field(description="Ce qui est mesuré.")
    unit: str = Field(description="Unité, en mots ; ETP : équivalent temps plein.", examples=["centièmes d'ETP"])
    category: str = Field(description="Code de la catégorie ; vide si la série n'en a pas.", examples=["non_medical"])
    label: str = Field(description="Libellé de la catégorie ; vide si la série n'en a pas.", examples=["Personnel non médical"])
    region: int | None = Field(description="Somme des cinq départements ; null si l'un d'eux est sans donnée.", examples=[None])
    departments: list[ContextValueRead] = Field(description="Les cinq départements, toujours.")


class _Series(BaseModel):
    code: ContextCode = Field(description="Code de la série.")
    label: str = Field(description="Libellé.", examples=["Habitants"])
    words: str = Field(description="Ce qui est compté, en mots.", examples=["Population municipale des communes du département."])


class ContextSeriesRead(_Series):
    """Une série de contexte : ce qu'un autre producteur compte dans un département une année."""

    years: list[int] = Field(description="Années connues, la plus récente d'abord.", examples=[[2023, 2022]])
    sources: list[SourceRead] = Field(description="Sources des valeurs connues, la plus récente d'abord.")


class _Known(BaseModel):
    known_at: datetime = Field(description="Dernier enregistrement du registre pris en compte.")


class ContextListRead(_Known):
    """Les séries de contexte."""

    items: list[ContextSeriesRead] = Field(description="Une par série, par code.")
    next: None = Field(default=None, description="Toujours absent : la liste tient en une page.")


class ContextValuesRead(_Known, _Series):
    """Les valeurs d'une série de contexte."""

    rows: list[ContextRowRead] = Field(description="Les années les plus récentes d'abord.")
