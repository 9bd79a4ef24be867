"""Who is told of a request: the host when it comes, the institute when it is answered. By references: no notice names anybody."""

from services.contracts.access import NoticeTopic, Recipient
from services.contracts.codes import Role
from services.contracts.internships import RequestStatus
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.base.french import counted
from services.kernel.data.database import Database
from services.kernel.data.notices import notify

EVENT = "internships.notice.raised"


async def tell_host(db: Database, request: PlacementRequest) -> None:
    """Tells those who answer for the host that seats are asked for."""
    await notify(
        db,
        EVENT,
        NoticeTopic.request_received,
        to=[Recipient(organisation_id=request.organisation_id, role=Role.employer, department=request.department)],
        title="Une demande de stage attend votre réponse",
        lines=_lines(request),
        path=_path(request),
        key=f"request:{request.id}:submitted",
    )


async def tell_institute(db: Database, request: PlacementRequest) -> None:
    """Tells those who answer for the institute what the host has answered."""
    accepted = request.status is RequestStatus.accepted
    reason = [f"Motif : {request.decline_reason.label}"] if request.decline_reason else []
    await notify(
        db,
        EVENT,
        NoticeTopic.request_answered,
        to=[Recipient(organisation_id=request.institute_id, role=Role.institute, department=request.department)],
        title=f"Une demande de stage est {'acceptée' if accepted else 'refusée'}",
        lines=[*_lines(request), *reason],
        path=_path(request),
        key=f"request:{request.id}:answered",
    )


def _lines(request: PlacementRequest) -> list[str]:
    return [f"Demande : {request.id}", f"Profession : {request.profession.label}", f"Places : {counted(request.learners, 'stagiaire')}"]


def _path(request: PlacementRequest) -> str:
    return f"/internships/requests/{request.id}"
