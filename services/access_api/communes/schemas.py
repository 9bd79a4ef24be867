"""What the API takes and gives of a commune."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.contracts.codes import Department
from services.contracts.labelled import Labelled
from services.kernel.api.paging import PageQuery

EXAMPLE: JsonDict = {
    "code": "44184",
    "vintage": 2026,
    "name": "Saint-Nazaire",
    "department": "44",
    "arrondissement_code": "443",
    "arrondissement_name": "Saint-Nazaire",
    "epci_siren": "244400644",
    "epci_name": "CA de la Région Nazairienne et de l'Estuaire (CARENE)",
    "epci_type": "CA",
    "siren": "214401846",
    "postal_codes": ["44600"],
    "population": 73111,
    "latitude": 47.27351,
    "longitude": -2.21379,
}


class CommuneDocument(BaseModel):
    """What is stored of a commune."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    code: str = Field(description="Code INSEE (COG), différent du code postal.", examples=["44184"])
    vintage: int = Field(description="Année du code officiel géographique.", examples=[2026])
    name: str = Field(description="Nom.", examples=["Saint-Nazaire"])
    department: Department = Field(description="Département.")
    arrondissement_code: str = Field(description="Code de l'arrondissement.")
    arrondissement_name: str = Field(description="Arrondissement.")
    epci_siren: str | None = Field(description="SIREN de l'intercommunalité ; aucune pour quelques îles.")
    epci_name: str | None = Field(description="Intercommunalité.")
    epci_type: str | None = Field(description="Nature de l'intercommunalité : CC, CA, CU ou METRO.")
    siren: str | None = Field(description="SIREN de la commune.")
    postal_codes: list[str] = Field(description="Codes postaux.")
    population: int | None = Field(description="Population municipale.")
    latitude: float | None = Field(description="Latitude du centre (WGS 84) ; inconnue pour deux communes rétablies depuis 2018.")
    longitude: float | None = Field(description="Longitude du centre (WGS 84) ; inconnue avec la latitude.")


class CommuneMatch(Labelled):
    """Par quoi une commune est trouvée."""

    named = "name", "Nom"
    code = "code", "Code INSEE"
    postal_code = "postal_code", "Code postal"
    former_name = "former_name", "Nom d'avant une fusion"
    former_code = "former_code", "Code d'avant une fusion"


class CommuneMatched(BaseModel):
    """Ce par quoi une commune est trouvée."""

    model_config = ConfigDict(extra="forbid")

    kind: CommuneMatch = Field(
        description="Nom ou code d'aujourd'hui, code postal, nom ou code d'une ancienne commune (`former_name`, `former_code`)."
    )
    name: str = Field(description="Nom trouvé : celui d'aujourd'hui ou celui d'une ancienne commune.", examples=["Olonne-sur-Mer"])
    code: str = Field(description="Code INSEE qui va avec ce nom, ou le code postal trouvé.", examples=["85166"])


class CommuneRead(CommuneDocument):
    """Une commune."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    matched: CommuneMatched | None = Field(
        None, description="Ce par quoi elle est trouvée ; absent si rien n'est cherché, ou si le code demandé est celui d'aujourd'hui."
    )


class CommuneQuery(PageQuery):
    """Les filtres de la liste des communes."""

    department: Department | None = Field(None, description="Département.")
    q: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description=(
            "Débuts de mots, dans n'importe quel ordre, d'un nom d'aujourd'hui ou d'avant une fusion, code postal ou code INSEE ; "
            "sans égard aux accents, à la casse, aux tirets ni aux apostrophes ; « st » et « ste » valent « saint » et « sainte »."
        ),
        examples=["st naz"],
    )
