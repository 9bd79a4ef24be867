"""What the API takes and gives of an action."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.actions_api.actions.tables import Action, Horizon
from services.contracts.actions import ActionState, ActionStatus, EndsChange
from services.contracts.codes import Axis, Department, Objective, Sector, Side
from services.contracts.envelope import StatusChange
from services.contracts.labelled import Labelled
from services.kernel.api.allowed_operations import Live
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Code, Day, Flag, Line, Paragraphs, count, distinct
from services.kernel.base.periods import check_order
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a11",
    ref="F51",
    title="Valorisation des tuteurs et gestion plus adaptée de l'offre de stages",
    description=None,
    expected_results="Une charte du tutorat, signée par les établissements et les instituts.",
    axis="A4",
    objectives=["O2", "O3"],
    departments=["44", "85"],
    sectors=["sanitary", "medico_social"],
    sides=["paramedical"],
    horizon="medium",
    flagship=True,
    cohort="2023-2024",
    weight=1,
    lead_organisation_id=None,
    lead_organisation_name=None,
    starts_on="2027-01-04",
    ends_on="2027-12-20",
    ends_changes=[],
    status="draft",
    status_reason=None,
    decision_ref=None,
    history=[{"status": "draft", "at": CREATED}],
)

Objectives = Annotated[list[Objective], Field(min_length=1, max_length=4), AfterValidator(distinct)]
Departments = Annotated[list[Department], Field(max_length=5), AfterValidator(distinct)]
Sectors = Annotated[list[Sector], Field(max_length=3), AfterValidator(distinct)]
Sides = Annotated[list[Side], Field(max_length=2), AfterValidator(distinct)]


class ActionWrite(BaseModel):
    """What may be said of an action after its creation."""

    model_config = ConfigDict(extra="forbid")

    title: Line = Field(description="Intitulé.")
    description: Paragraphs | None = Field(None, description="Contexte et contenu.")
    expected_results: Paragraphs | None = Field(None, description="Résultats attendus.")
    axis: Axis = Field(description="Axe de travail : un seul.")
    objectives: Objectives = Field(description="Objectifs transversaux : un à quatre.", json_schema_extra={"uniqueItems": True})
    departments: Departments = Field([], description="Départements ; aucun : toute la région.", json_schema_extra={"uniqueItems": True})
    sectors: Sectors = Field([], description="Secteurs concernés.", json_schema_extra={"uniqueItems": True})
    sides: Sides = Field([], description="Versants concernés.", json_schema_extra={"uniqueItems": True})
    horizon: Horizon = Field(Horizon.medium, description="Terme : court, moyen ou long.")
    flagship: Flag = Field(False, description="Action phare ; le pilotage et les comités le disent.")
    cohort: Code | None = Field(None, description="Cohorte de priorisation ; le pilotage et les comités la disent.", examples=["2023-2024"])
    weight: count(1, 100) = Field(1, description="Poids dans l'avancement du plan ; le pilotage et les comités le disent.")  # type: ignore[valid-type]  # a type made by a function
    lead_organisation_id: UUID | None = Field(None, description="Organisation pilote.")
    starts_on: Day | None = Field(None, description="Début prévu.")
    ends_on: Day | None = Field(None, description="Fin prévue, exclue.")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> "ActionWrite":
        if self.starts_on and self.ends_on:
            check_order(self.starts_on, self.ends_on)
        return self


class ActionCreate(ActionWrite):
    """Une nouvelle action, à l'état de brouillon."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    ref: Code = Field(description="Référence humaine, unique dans le plan.", examples=["F51"])


class ActionPatch(patch_of(ActionWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"objectives": ["O1", "O2", "O3"], "horizon": "long"}]})


class DecisionReference(BaseModel):
    """La décision d'un comité, sans laquelle ce changement est refusé."""

    model_config = ConfigDict(extra="forbid")

    decision_ref: Code = Field(description="Numéro de la décision.", examples=["COPIL-2022-10-19-3"])


class ActionRead(Resource):
    """Une action du plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    ref: str = Field(description="Référence humaine.")
    title: str = Field(description="Intitulé.")
    description: str | None = Field(description="Contexte et contenu.")
    expected_results: str | None = Field(description="Résultats attendus.")
    axis: Axis = Field(description="Axe de travail.")
    objectives: list[Objective] = Field(description="Objectifs transversaux.")
    departments: list[Department] = Field(description="Départements ; aucun : toute la région.")
    sectors: list[Sector] = Field(description="Secteurs concernés.")
    sides: list[Side] = Field(description="Versants concernés.")
    horizon: Horizon = Field(description="Terme.")
    flagship: bool = Field(description="Action phare.")
    cohort: str | None = Field(description="Cohorte de priorisation.")
    weight: int = Field(description="Poids dans l'avancement du plan.")
    lead_organisation_id: UUID | None = Field(description="Organisation pilote.")
    lead_organisation_name: str | None = Field(description="Son nom ; null sans pilote, et tant que ce service ne l'a pas appris.")
    starts_on: date | None = Field(description="Début prévu.")
    ends_on: date | None = Field(description="Fin prévue, exclue.")
    ends_changes: list[EndsChange] = Field(description="Changements de la fin prévue depuis que l'action est validée.")
    status: ActionStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif du dernier changement de statut.")
    decision_ref: str | None = Field(description="Décision qui a validé ou arrêté l'action.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class ActionHealth(Labelled):
    """La santé d'une action vivante (validée, en cours ou suspendue), calculée à la date du jour."""

    late = "late", "En retard"
    at_risk = "at_risk", "À surveiller"
    on_track = "on_track", "Dans les temps"


class Progress(BaseModel):
    """L'avancement par jalons : part des poids atteints, et de quoi il est fait."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value_bp": 2_500, "expected_bp": 5_000, "counted": 4, "reached": 1}]})

    value_bp: int | None = Field(description="Part atteinte, en points de base (10 000 = tout) ; null sans jalon, ou abandonnée.")
    expected_bp: int | None = Field(description="Part attendue à ce jour selon les échéances initiales.")
    counted: int = Field(description="Jalons comptés (non annulés).")
    reached: int = Field(description="Jalons atteints.")


class ActionLive(Live):
    """Ce qui dépend du jour ou de l'appelant : jamais en cache."""

    health: ActionHealth | None = Field(description="Santé ; null pour une action qui n'est pas vivante.")
    reasons: list[str] = Field(description="Pourquoi, en clair.", examples=[["« Charte régionale signée » est dû dans 12 j."]])
    progress: Progress = Field(description="Avancement.")


class ActionQuery(ListQuery):
    """Les filtres de la liste des actions."""

    axis: Axis | None = Field(None, description="Axe.")
    objective: Objective | None = Field(None, description="Objectif.")
    department: Department | None = Field(None, description="Département (actions régionales comprises).")
    status: ActionStatus | None = Field(None, description="Statut.")
    flagship: bool | None = Field(None, description="Actions phares, ou les autres.")
    lead_organisation_id: UUID | None = Field(None, description="Organisation pilote.")
    overdue: bool | None = Field(
        None, description="En retard aujourd'hui (vivante, et un jalon ouvert échu ou la fin prévue passée), ou non."
    )
    live: bool = Field(False, description="Ajoute à chaque action ce qui dépend du jour, sous `live`.")


class ActionListed(ActionRead):
    """Une action d'une liste."""

    live: ActionLive | None = Field(None, description="Ce qui dépend du jour, avec `?live=true`.")


ACTION = Noun(Action, ActionRead, ActionState, document_schema=2)
