"""What the API takes and gives of a scheme."""

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.envelope import StatusChange
from services.contracts.recruitment import SchemeKind, SchemeState, SchemeStatus
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Code, Line, Paragraphs
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.recruitment_api.schemes.tables import Scheme

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a31",
    code="RU-ETE-2026",
    kind="emergency_recruitment",
    label="Recrutements d'urgence de l'été 2026",
    description=None,
    legal_basis="Instruction régionale du 12 mai 2026",
    status="draft",
    history=[{"status": "draft", "at": CREATED}],
)


class SchemeWrite(BaseModel):
    """What may be said of a scheme while it is a draft."""

    model_config = ConfigDict(extra="forbid")

    kind: SchemeKind = Field(description="Nature : allocation d'études, recrutement d'urgence, apprentissage, aide à l'installation.")
    label: Line = Field(description="Libellé.")
    description: Paragraphs | None = Field(None, description="Contenu et conditions.")
    legal_basis: Line | None = Field(None, description="Fondement juridique ; aucun pour un dispositif non réglementé.")


class SchemeCreate(SchemeWrite):
    """Un nouveau dispositif, à l'état de brouillon."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    code: Code = Field(description="Code, unique et définitif.", examples=["RU-ETE-2026"])


class SchemePatch(patch_of(SchemeWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Recrutements d'urgence de l'été et de l'automne 2026"}]})


class SchemeRead(Resource):
    """Un dispositif de recrutement."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: str = Field(description="Code.")
    kind: SchemeKind = Field(description="Nature.")
    label: str = Field(description="Libellé.")
    description: str | None = Field(description="Contenu et conditions.")
    legal_basis: str | None = Field(description="Fondement juridique.")
    status: SchemeStatus = Field(description="Statut.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class SchemeQuery(ListQuery):
    """Les filtres de la liste des dispositifs."""

    kind: SchemeKind | None = Field(None, description="Nature.")
    status: SchemeStatus | None = Field(None, description="Statut.")


SCHEME = Noun(Scheme, SchemeRead, SchemeState)
