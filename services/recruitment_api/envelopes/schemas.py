"""What the API takes and gives of an envelope and of its ledger."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.contracts.codes import Department
from services.contracts.envelope import StatusChange
from services.contracts.recruitment import EnvelopeStatus, SchemeEnvelopeState
from services.kernel.api.paging import ListQuery
from services.kernel.base.fields import Cents, Code, Line, PositiveCents, count
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.kernel.data.records import table_of
from services.kernel.data.walls import declare
from services.recruitment_api.envelopes.tables import EntryKind, EnvelopeEntry, SchemeEnvelope
from services.recruitment_api.parties import FUNDERS
from services.recruitment_api.schemes.schemas import EXAMPLE as SCHEME

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a32",
    scheme_id=SCHEME["id"],
    scheme_code=SCHEME["code"],
    fiscal_year=2026,
    funder="ARS-PDL",
    department=None,
    ceiling_cents=10_000_000,
    committed_cents=350_000,
    available_cents=9_650_000,
    opened_on="2026-09-30",
    status="open",
    status_reason=None,
    history=[{"status": "open", "at": CREATED}],
)
ENTRY: JsonDict = {
    "envelope_id": EXAMPLE["id"],
    "seq": 2,
    "kind": "commit",
    "amount_cents": 350_000,
    "reference": "CAE-2026-0001",
    "commitment_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a33",
    "balance_after_cents": 9_650_000,
    "by": "pilotage",
    "recorded_at": CREATED,
}


class EnvelopeCreate(BaseModel):
    """Une nouvelle enveloppe, ouverte, d'un dispositif actif."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    scheme_id: UUID = Field(description="Le dispositif.")
    fiscal_year: count(2000, 2199) = Field(description="Exercice.")  # type: ignore[valid-type]  # a type made by a function
    funder: Code = Field(
        description="Financeur : le code (`funder_code`) d'une organisation active dont c'est un rôle.", examples=["ARS-PDL"]
    )
    department: Department | None = Field(None, description="Département ; aucun : toute la région.")
    ceiling_cents: PositiveCents = Field(description="Plafond, en centimes.")


class CeilingChange(BaseModel):
    """Un nouveau plafond."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ceiling_cents": 12_000_000, "reason": "Dotation complémentaire"}]}
    )

    ceiling_cents: Cents = Field(description="Nouveau plafond, en centimes : au moins ce qui est engagé.")
    reason: Line = Field(description="Motif.")


class EnvelopeRead(Resource):
    """L'enveloppe d'un dispositif pour un exercice."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    scheme_id: UUID = Field(description="Le dispositif.")
    scheme_code: str = Field(description="Code du dispositif.")
    fiscal_year: int = Field(description="Exercice.")
    funder: str = Field(description="Financeur : son code ; d'une enveloppe d'avant les codes, ce qui en était dit.")
    department: Department | None = Field(description="Département ; aucun : toute la région.")
    ceiling_cents: int = Field(description="Plafond, en centimes.")
    committed_cents: int = Field(description="Montant engagé, en centimes.")
    available_cents: int = Field(description="Montant disponible, en centimes.")
    opened_on: date = Field(description="Ouverture.")
    status: EnvelopeStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif du dernier changement de statut.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class EnvelopeQuery(ListQuery):
    """Les filtres de la liste des enveloppes."""

    scheme_id: UUID | None = Field(None, description="Dispositif.")
    fiscal_year: int | None = Field(None, ge=2000, le=2199, description="Exercice.")
    department: Department | None = Field(None, description="Département.")
    status: EnvelopeStatus | None = Field(None, description="Statut.")


class EntryRead(BaseModel):
    """Une écriture du registre d'une enveloppe, immuable."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, json_schema_extra={"examples": [ENTRY]})

    envelope_id: UUID = Field(description="L'enveloppe.")
    seq: int = Field(description="Rang de l'écriture dans l'enveloppe, à partir de 1, sans trou.")
    kind: EntryKind = Field(description="Engagement, libération ou changement de plafond.")
    amount_cents: int = Field(description="Montant, en centimes ; d'un changement de plafond, l'écart.")
    reference: str = Field(description="Référence de l'engagement, ou motif du changement de plafond.")
    commitment_id: UUID | None = Field(description="L'engagement.")
    balance_after_cents: int = Field(description="Montant disponible après l'écriture, en centimes.")
    by: str = Field(description="Auteur.")
    recorded_at: datetime = Field(description="Enregistrement (UTC).")


ENVELOPE = Noun(SchemeEnvelope, EnvelopeRead, SchemeEnvelopeState)
declare(table_of(EnvelopeEntry), FUNDERS)
