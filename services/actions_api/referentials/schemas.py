"""What the API gives of the reference data, and the shape of the plan's facts."""

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.codes import Axis, Department
from services.kernel.base.fields import Code, Line, Paragraphs


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


class Entry(BaseModel):
    """An axis or an objective, as the plan's facts tell it."""

    code: Code
    label: Line
    description: Paragraphs | None = None


class DepartmentFact(BaseModel):
    """A department of the plan."""

    code: Department
    name: Line


class FlagshipFact(BaseModel):
    """A flagship action whose title is public."""

    code: Code
    label: Line
    axis_suggested: Axis


class CohortFact(BaseModel):
    """The cohort of the flagship actions."""

    label: Code


class PlanFact(BaseModel):
    """What is said of the plan itself."""

    flagship_cohort: CohortFact


class PlanFacts(BaseModel):
    """The part of the plan's facts that is imported; a file may say more."""

    plan: PlanFact
    axes: list[Entry]
    objectives: list[Entry]
    departments: list[DepartmentFact]
    flagship_actions_public: list[FlagshipFact]
