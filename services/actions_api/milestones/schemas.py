"""What the API takes and gives of a milestone."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.actions_api.actions.schemas import EXAMPLE as ACTION
from services.actions_api.milestones.tables import Milestone, RescheduleReason
from services.contracts.actions import MilestoneState, MilestoneStatus, Reschedule
from services.contracts.codes import Axis, Department
from services.contracts.envelope import StatusChange
from services.kernel.api.allowed_operations import Live
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Day, Line, Paragraphs, count
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a12",
    action_id=ACTION["id"],
    axis=ACTION["axis"],
    departments=ACTION["departments"],
    title="Charte régionale signée",
    deliverable="La charte, et la liste de ses signataires.",
    evidence=None,
    weight=1,
    due_initial="2027-03-31",
    due="2027-03-31",
    reached_on=None,
    cancelled_on=None,
    reschedules=[],
    status="planned",
    status_reason=None,
    history=[{"status": "planned", "at": CREATED}],
)


class MilestoneWrite(BaseModel):
    """What may be said of a milestone after its creation; its dates move by operations of their own."""

    model_config = ConfigDict(extra="forbid")

    title: Line = Field(description="Intitulé.")
    deliverable: Paragraphs | None = Field(None, description="Livrable attendu.")
    evidence: Paragraphs | None = Field(None, description="Preuve de réalisation.")
    weight: count(1, 100) = Field(1, description="Poids dans l'avancement de l'action.")  # type: ignore[valid-type]  # a type made by a function


class MilestoneCreate(MilestoneWrite):
    """Un nouveau jalon d'une action."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    action_id: UUID = Field(description="L'action.")
    due: Day = Field(description="Échéance, qui devient l'échéance initiale : dans les dates de l'action, ou du plan si elle n'en dit pas.")


class MilestonePatch(patch_of(MilestoneWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"weight": 2}]})


class MilestoneReach(BaseModel):
    """Le jalon est atteint."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reached_on": "2026-09-30"}]})

    reached_on: Day | None = Field(
        None, description="Jour où il a été atteint, depuis celui où il a été prévu ; aujourd'hui s'il n'est pas dit, jamais plus tard."
    )
    evidence: Paragraphs | None = Field(None, description="Preuve de réalisation.")


class MilestoneReschedule(BaseModel):
    """Une nouvelle échéance ; l'échéance initiale reste."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"due": "2027-06-30", "reason": "partner"}]})

    due: Day = Field(description="Nouvelle échéance, dans les dates de l'action, ou du plan si elle n'en dit pas.")
    reason: RescheduleReason = Field(description="Motif : moyens, partenaire, réglementation, périmètre, autre.")


class MilestoneRead(Resource):
    """Un jalon d'une action."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    action_id: UUID = Field(description="L'action.")
    axis: Axis = Field(description="Axe de l'action.")
    departments: list[Department] = Field(description="Départements de l'action.")
    title: str = Field(description="Intitulé.")
    deliverable: str | None = Field(description="Livrable attendu.")
    evidence: str | None = Field(description="Preuve de réalisation.")
    weight: int = Field(description="Poids dans l'avancement de l'action.")
    due_initial: date = Field(description="Échéance initiale, immuable.")
    due: date = Field(description="Échéance.")
    reached_on: date | None = Field(description="Jour où il a été atteint.")
    cancelled_on: date | None = Field(description="Jour de l'annulation.")
    reschedules: list[Reschedule] = Field(description="Reports successifs.")
    status: MilestoneStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de l'annulation ou de la réouverture.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class MilestoneLive(Live):
    """Ce qui dépend du jour."""

    late: bool = Field(description="En retard aujourd'hui : ni atteint ni annulé, échéance passée, action vivante.")
    days_late: int = Field(description="Jours de retard, 0 sinon.", examples=[0])
    slip_days: int = Field(
        description="Glissement : échéance (ou jour où il a été atteint) moins échéance initiale, en jours.", examples=[0]
    )


class MilestoneListed(MilestoneRead):
    """Un jalon d'une liste."""

    live: MilestoneLive | None = Field(None, description="Ce qui dépend du jour, avec `?live=true`.")


class MilestoneQuery(ListQuery):
    """Les filtres de la liste des jalons."""

    action_id: UUID | None = Field(None, description="Action.")
    axis: Axis | None = Field(None, description="Axe.")
    status: MilestoneStatus | None = Field(None, description="Statut.")
    overdue: bool | None = Field(None, description="En retard aujourd'hui, ou non.")
    live: bool = Field(False, description="Ajoute à chaque jalon ce qui dépend du jour, sous `live`.")


MILESTONE = Noun(Milestone, MilestoneRead, MilestoneState)
