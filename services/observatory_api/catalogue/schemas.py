"""What the catalogue says of an indicator."""

from pydantic import BaseModel, Field

from services.observatory_api.indicators.kinds import Better, Kind, Period, Reading, Unit


class ValueRead(BaseModel):
    """Une valeur d'une dimension."""

    code: str = Field(description="Code, à donner comme filtre.", examples=["44"])
    label: str = Field(description="Libellé.", examples=["Loire-Atlantique"])


class DimensionRead(BaseModel):
    """Une dimension d'un indicateur."""

    name: str = Field(description="Nom, à donner dans `by` ou comme filtre.", examples=["department"])
    label: str = Field(description="Libellé.", examples=["Département"])
    several: bool = Field(
        description="Un même fait peut y avoir plusieurs valeurs : il compte entièrement dans chacune, une fois au total."
    )
    values: list[ValueRead] | None = Field(
        description="Les valeurs, dans leur ordre ; null : une année, ou un nom que les faits donnent.",
    )
    example: str = Field(description="Une valeur, pour voir à quoi elles ressemblent.", examples=["44"])


class ListingRead(BaseModel):
    """La liste derrière un chiffre, dans l'API du service qui tient ses lignes : ce qui est compté aujourd'hui, dans la région."""

    addresses: list[str] = Field(
        description="Adresses des lignes que compte le chiffre (pour une part, le numérateur) ; vide quand aucune liste ne les donne.",
        examples=[["/actions/v1/actions?overdue=true"]],
    )
    by_department: bool = Field(description="Si la liste prend le filtre `department`.")
    note: str | None = Field(
        description="En quoi les lignes diffèrent de ce qui est compté, ou pourquoi il n'y a pas de liste ; null : une ligne par unité.",
        examples=[None],
    )


class ThemeRead(BaseModel):
    """Ce dont parlent des indicateurs : une partie de la page."""

    anchor: str = Field(description="Ancre de la partie, dans la page.", examples=["plan"])
    title: str = Field(description="Titre.", examples=["Le plan"])


class NounRead(BaseModel):
    """Ce qui est compté, en mots."""

    one: str = Field(description="Au singulier.", examples=["jalon tenu"])
    several: str = Field(description="Au pluriel.", examples=["jalons tenus"])


class IndicatorRead(BaseModel):
    """Un indicateur : ce qu'il compte, en mots, et comment."""

    code: str = Field(description="Code.", examples=["K06"])
    label: str = Field(description="Libellé.", examples=["Jalons tenus"])
    definition: int = Field(description="Numéro de la définition.", examples=[1])
    words: str = Field(description="Définition, en mots.", examples=["Part des jalons atteints au plus tard à leur échéance initiale."])
    theme: ThemeRead = Field(description="Ce dont il parle.")
    counted: NounRead = Field(description="Ce qu'il compte : pour une part, ce qui est divisé ; pour une distribution, ce qui est observé.")
    among: NounRead | None = Field(description="Pour une part, ce par quoi elle divise.")
    covering: NounRead | None = Field(
        description="Ce dont la valeur peut n'être connue qu'en partie, en mots : ce que compte sa couverture ; null : elle n'en a pas.",
        examples=[None],
    )
    better: Better | None = Field(description="Le sens dans lequel il s'améliore ; null : ni l'un ni l'autre.")
    period: Period | None = Field(
        description="Pour un flux, la période qu'en dit le haut de la page ; sans `from`, l'API lit depuis l'origine. null : un stock."
    )
    kind: Kind = Field(description="Nature : somme, distribution, cellules distinctes, ou formule.")
    unit: Unit = Field(description="Unité.")
    reading: Reading = Field(description="Stock (ce qui vaut un jour donné) ou flux (ce qui a eu lieu).")
    dimensions: list[DimensionRead] = Field(description="Ce par quoi il se répartit.")
    sources: list[str] = Field(description="États dont il est calculé, `service.nature`.", examples=[["actions.milestone"]])
    of: list[str] = Field(description="Indicateurs dont il est la formule.", examples=[["R04", "R08"]])
    listing: ListingRead = Field(description="La liste derrière le chiffre.")
    owner: str = Field(description="Qui en répond.", examples=["Pilotage du plan"])


class CatalogueRead(BaseModel):
    """Le catalogue des indicateurs."""

    items: list[IndicatorRead] = Field(description="Un par indicateur, par code.")
    next: None = Field(default=None, description="Toujours absent : le catalogue tient en une page.")
