"""What the API gives of a commune."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.access_api.folding import fold
from services.contracts.codes import Department
from services.kernel.api.paging import PageQuery

NamePrefix = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(fold)]


class CommuneRead(BaseModel):
    """Une commune."""

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


class CommuneQuery(PageQuery):
    """Les filtres de la liste des communes."""

    department: Department | None = Field(None, description="Département.")
    q: NamePrefix | None = Field(
        None, description="Début du nom, sans égard aux accents, à la casse ni aux tirets.", examples=["saint naz"]
    )
