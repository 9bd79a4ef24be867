"""What the API gives of the reference data."""

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.labelled import Labelled


class ReferentialRead(BaseModel):
    """Une entrée de référentiel."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "A1", "label": "Attractivité des territoires"}]})

    code: str = Field(description="Code stable.")
    label: str = Field(description="Libellé.")
    description: str | None = Field(None, description="Ce que recouvre l'entrée.")


class ReferentialList(BaseModel):
    """Un référentiel entier, dans l'ordre du plan."""

    items: list[ReferentialRead] = Field(description="Les entrées.")


def referential(codes: type[Labelled]) -> ReferentialList:
    """Some codes, in their order."""
    return ReferentialList(items=[ReferentialRead(code=one, label=one.label, description=one.description) for one in codes])
