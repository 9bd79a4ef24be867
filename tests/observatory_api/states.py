"""Builders of states: keywords for what a test is about, defaults for the rest."""

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from services.contracts.access import OrganisationState, OrganisationStatus, SiteState, SiteStatus
from services.contracts.actions import ActionState, ActionStatus, MilestoneState, MilestoneStatus, Reschedule
from services.contracts.codes import Department, OrganisationRole, Profession, Sector, Side
from services.contracts.envelope import Event, State, StatusChange
from services.contracts.internships import (
    OfferState,
    OfferStatus,
    PlacementState,
    PlacementStatus,
    RequestState,
    RequestStatus,
    UnitState,
    UnitStatus,
)
from services.contracts.recruitment import (
    ApplicationState,
    ApplicationStatus,
    AssignmentState,
    AssignmentStatus,
    CommitmentState,
    CommitmentStatus,
    EnvelopeStatus,
    NeedState,
    NeedStatus,
    NeedUrgency,
    SchemeEnvelopeState,
    SchemeKind,
    SchemeState,
    SchemeStatus,
)
from services.kernel.base import ids
from services.kernel.data.service import Received

NANTES, ANGERS, LAVAL = Department.loire_atlantique, Department.maine_et_loire, Department.mayenne
SOURCES = {
    "organisation": "access",
    "site": "access",
    "action": "actions",
    "milestone": "actions",
    "unit": "internships",
    "offer": "internships",
    "request": "internships",
    "placement": "internships",
}


def at(day: str | date) -> datetime:
    """Noon of a day, in UTC."""
    return datetime.combine(date.fromisoformat(day) if isinstance(day, str) else day, time(12), UTC)


def on(day: str) -> date:
    """A day."""
    return date.fromisoformat(day)


def history(*steps: tuple[str, str]) -> tuple[StatusChange, ...]:
    """A dated history: `(status, day)`."""
    return tuple(StatusChange(status=status, at=at(day)) for status, day in steps)


def number(value: int) -> UUID:
    """An identifier that reads as a number."""
    return UUID(int=value)


def received(state: State, **given: Any) -> Received:
    """The state as it arrives in an event."""
    source = SOURCES.get(state.kind, "recruitment")
    event = Event(
        **{
            "id": ids.new(),
            "source": f"/{source}",
            "type": f"{source}.{state.kind}.updated",
            "subject": str(state.id),
            "time": at("2026-01-01"),
            "dataschema": state.schema_name(),
            "entityversion": state.version,
            "data": state.model_dump(mode="json"),
            **given,
        }
    )
    return Received(event, state)


def _made(cls: type[State], given: dict[str, Any], **defaults: Any) -> Any:
    values = {"id": number(1), "version": 1, **defaults, **given}
    if "history" not in given:
        values["history"] = history((values["status"], "2026-01-05"))
    elif values["history"] and "status" not in given:
        values["status"] = values["history"][-1].status
    return cls(**values)


def organisation(**given: Any) -> OrganisationState:
    made: OrganisationState = _made(
        OrganisationState,
        given,
        name="CHU de Nantes",
        roles=(OrganisationRole.employer, OrganisationRole.host),
        department=NANTES,
        status=OrganisationStatus.active,
    )
    return made


def site(**given: Any) -> SiteState:
    made: SiteState = _made(
        SiteState,
        given,
        organisation_id=number(100),
        name="Hôtel-Dieu",
        commune_code="44109",
        department=NANTES,
        sector=Sector.sanitary,
        status=SiteStatus.active,
    )
    return made


def action(**given: Any) -> ActionState:
    made: ActionState = _made(
        ActionState,
        given,
        ref="A-1",
        axis="A4",
        objectives=("O2", "O3"),
        departments=(NANTES, ANGERS),
        sectors=(Sector.sanitary,),
        sides=(Side.paramedical,),
        flagship=False,
        status=ActionStatus.in_progress,
    )
    return made


def milestone(**given: Any) -> MilestoneState:
    values: dict[str, Any] = {"due_initial": on("2026-03-31"), **given}
    made: MilestoneState = _made(
        MilestoneState,
        values,
        action_id=number(10),
        axis="A4",
        departments=(NANTES, ANGERS),
        action_status=ActionStatus.in_progress,
        weight=1,
        due=values["due_initial"],
        status=MilestoneStatus.planned,
    )
    return made


def reschedule(day: str, old: str, new: str) -> Reschedule:
    return Reschedule(on=on(day), old_due=on(old), new_due=on(new), reason="resource")


def unit(**given: Any) -> UnitState:
    made: UnitState = _made(
        UnitState,
        given,
        organisation_id=number(100),
        site_id=number(200),
        department=NANTES,
        professions=(Profession.infirmier, Profession.aide_soignant),
        first_placement_suitable=True,
        status=UnitStatus.active,
    )
    return made


def offer(**given: Any) -> OfferState:
    made: OfferState = _made(
        OfferState,
        given,
        unit_id=number(300),
        organisation_id=number(100),
        department=NANTES,
        professions=(Profession.infirmier, Profession.aide_soignant),
        starts_on=on("2026-09-07"),
        ends_on=on("2026-10-12"),
        seats=4,
        taken=0,
        published_on=on("2026-01-05"),
        status=OfferStatus.published,
    )
    return made


def request(**given: Any) -> RequestState:
    made: RequestState = _made(
        RequestState,
        given,
        offer_id=number(400),
        organisation_id=number(100),
        institute_id=number(500),
        department=NANTES,
        profession=Profession.infirmier,
        learners=2,
        submitted_at=at("2026-01-05"),
        status=RequestStatus.submitted,
    )
    return made


def placement(**given: Any) -> PlacementState:
    made: PlacementState = _made(
        PlacementState,
        given,
        organisation_id=number(100),
        institute_id=number(500),
        department=NANTES,
        profession=Profession.infirmier,
        starts_on=on("2026-09-07"),
        ends_on=on("2026-10-12"),
        confirmed_on=on("2026-01-12"),
        status=PlacementStatus.confirmed,
    )
    return made


def scheme(**given: Any) -> SchemeState:
    made: SchemeState = _made(SchemeState, given, code="CAE", scheme_kind=SchemeKind.study_allowance, status=SchemeStatus.active)
    return made


def envelope(**given: Any) -> SchemeEnvelopeState:
    made: SchemeEnvelopeState = _made(
        SchemeEnvelopeState,
        given,
        scheme_id=number(600),
        scheme_code="CAE",
        fiscal_year=2026,
        funder="ARS",
        ceiling_cents=10_000_000,
        committed_cents=0,
        opened_on=on("2026-01-05"),
        status=EnvelopeStatus.open,
    )
    return made


def commitment(**given: Any) -> CommitmentState:
    made: CommitmentState = _made(
        CommitmentState,
        given,
        envelope_id=number(700),
        scheme_code="CAE",
        fiscal_year=2026,
        amount_cents=350_000,
        committed_on=on("2026-02-02"),
        status=CommitmentStatus.committed,
    )
    return made


def need(**given: Any) -> NeedState:
    made: NeedState = _made(
        NeedState,
        given,
        organisation_id=number(100),
        department=NANTES,
        profession=Profession.aide_soignant,
        urgency=NeedUrgency.urgent,
        headcount=3,
        filled_count=0,
        published_at=at("2026-01-05"),
        status=NeedStatus.open,
    )
    return made


def application(**given: Any) -> ApplicationState:
    made: ApplicationState = _made(
        ApplicationState,
        given,
        department=NANTES,
        profession=Profession.aide_soignant,
        urgency=NeedUrgency.urgent,
        submitted_at=at("2026-01-05"),
        respond_by=on("2026-01-15"),
        status=ApplicationStatus.submitted,
    )
    return made


def assignment(**given: Any) -> AssignmentState:
    made: AssignmentState = _made(
        AssignmentState,
        given,
        organisation_id=number(100),
        department=NANTES,
        profession=Profession.aide_soignant,
        urgency=NeedUrgency.urgent,
        need_published_at=at("2026-01-05"),
        confirmed_at=at("2026-01-19"),
        starts_on=on("2026-02-02"),
        status=AssignmentStatus.confirmed,
    )
    return made
