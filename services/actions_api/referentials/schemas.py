"""What the API gives of the reference data."""

from pydantic import BaseModel, ConfigDict, Field


class ReferentialRead(BaseModel):
    """Une entrée de référentiel."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"examples": [{"code": "A1", "label": "Attractivité des territoires"}]}
    )

    code: str = Field(description="Code stable.")
    label: str = Field(description="Libellé.")
    description: str | None = Field(None, description="Ce que recouvre l'entrée.")


class ReferentialList(BaseModel):
    """Un référentiel entier, dans l'ordre du plan."""

    items: list[ReferentialRead] = Field(description="Les entrées.")
