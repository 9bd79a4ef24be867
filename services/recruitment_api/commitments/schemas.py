"""What the API takes and gives of a commitment."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.codes import Department
from services.contracts.envelope import StatusChange
from services.contracts.recruitment import CommitmentState, CommitmentStatus
from services.kernel.api.paging import ListQuery
from services.kernel.base.fields import Code, PositiveCents
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.recruitment_api.commitments.tables import Commitment
from services.recruitment_api.envelopes.schemas import EXAMPLE as ENVELOPE
from services.recruitment_api.parties import FUNDERS

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a33",
    envelope_id=ENVELOPE["id"],
    scheme_code=ENVELOPE["scheme_code"],
    fiscal_year=ENVELOPE["fiscal_year"],
    department=ENVELOPE["department"],
    amount_cents=350_000,
    reference="CAE-2026-0001",
    committed_on="2026-09-30",
    released_on=None,
    status="committed",
    status_reason=None,
    history=[{"status": "committed", "at": CREATED}],
)


class CommitmentCreate(BaseModel):
    """Un nouvel engagement."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    envelope_id: UUID = Field(description="L'enveloppe.")
    amount_cents: PositiveCents = Field(description="Montant, en centimes.")
    reference: Code = Field(description="Référence, unique dans l'enveloppe ; jamais le nom d'une personne.", examples=["CAE-2026-0001"])


class CommitmentRead(Resource):
    """Un engagement sur une enveloppe."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    envelope_id: UUID = Field(description="L'enveloppe.")
    scheme_code: str = Field(description="Code du dispositif.")
    fiscal_year: int = Field(description="Exercice.")
    department: Department | None = Field(description="Département de l'enveloppe ; aucun : toute la région.")
    amount_cents: int = Field(description="Montant, en centimes.")
    reference: str = Field(description="Référence.")
    committed_on: date = Field(description="Jour de l'engagement.")
    released_on: date | None = Field(description="Jour de la libération.")
    status: CommitmentStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la libération.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class CommitmentQuery(ListQuery):
    """Les filtres de la liste des engagements."""

    envelope_id: UUID | None = Field(None, description="Enveloppe.")
    status: CommitmentStatus | None = Field(None, description="Statut.")


COMMITMENT = Noun(Commitment, CommitmentRead, CommitmentState, confidential=True, wall=FUNDERS)
