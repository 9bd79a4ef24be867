"""What actions_api says of its entities: the plan's actions and their milestones."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from services.contracts.codes import Department, Sector, Side
from services.contracts.envelope import Contract, Count, Day, Several, State, Text
from services.contracts.labelled import Labelled


class ActionStatus(Labelled):
    """Le cycle de vie d'une action."""

    draft = "draft", "Brouillon"
    submitted = "submitted", "Soumise"
    approved = "approved", "Validée"
    in_progress = "in_progress", "En cours"
    suspended = "suspended", "Suspendue"
    completed = "completed", "Terminée"
    evaluated = "evaluated", "Évaluée"
    abandoned = "abandoned", "Abandonnée"


LIVE = (ActionStatus.approved, ActionStatus.in_progress, ActionStatus.suspended)
"""The states of an action that is still to bring its results: it alone is late, or has late milestones."""


class MilestoneStatus(Labelled):
    """Le cycle de vie d'un jalon."""

    planned = "planned", "Prévu"
    reached = "reached", "Atteint"
    cancelled = "cancelled", "Annulé"


class EndsChange(Contract):
    """Un changement de la fin prévue d'une action vivante : le jour, la fin d'avant, la nouvelle ; aucune tant qu'elle n'est pas dite."""

    on: Day = Field(description="Jour du changement.")
    old: Day | None = Field(description="Fin prévue d'avant, exclue.")
    new: Day | None = Field(description="Nouvelle fin prévue, exclue.")


class ActionState(State):
    """Une fiche action du plan : un axe, un à quatre objectifs, des territoires, un pilote, une fin prévue et un statut datés."""

    kind: ClassVar[str] = "action"
    number: ClassVar[int] = 2

    ref: Text
    axis: Text
    objectives: Several[Text]
    departments: Several[Department]
    sectors: Several[Sector]
    sides: Several[Side]
    flagship: bool
    cohort: Text | None = None
    lead_organisation_id: UUID | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    ends_changes: Several[EndsChange] = ()
    status: ActionStatus


class Reschedule(Contract):
    """Le report d'un jalon : le jour, l'ancienne échéance, la nouvelle, le motif."""

    on: Day = Field(description="Jour du report.")
    old_due: Day = Field(description="Échéance d'avant.")
    new_due: Day = Field(description="Nouvelle échéance.")
    reason: Text = Field(description="Motif.")


class MilestoneState(State):
    """Un jalon d'une action : son échéance initiale ne change jamais ; l'axe et les territoires sont ceux de l'action."""

    kind: ClassVar[str] = "milestone"
    number: ClassVar[int] = 1

    action_id: UUID
    axis: Text
    departments: Several[Department]
    action_status: ActionStatus
    weight: Count
    due_initial: Day
    due: Day
    reached_on: Day | None = None
    cancelled_on: Day | None = None
    reschedules: Several[Reschedule] = ()
    status: MilestoneStatus
