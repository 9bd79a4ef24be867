"""Where placements live: one learner, one seat. All but the learner's reference is the request's and the offer's."""

from datetime import date
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, Text

from services.contracts.codes import Department, Profession
from services.contracts.internships import PlacementStatus
from services.contracts.labelled import Labelled
from services.internships_api.base import InternshipsRecord
from services.kernel.data.columns import one_of, page_index, personal
from services.kernel.data.records import with_history


class PlacementCancelReason(Labelled):
    """Pourquoi un stage est annulé : terrain indisponible, pas de tuteur, parcours modifié, désistement, autre."""

    unit_unavailable = "unit_unavailable", "Terrain indisponible"
    no_tutor = "no_tutor", "Pas de tuteur"
    curriculum = "curriculum", "Parcours modifié"
    learner_withdrew = "learner_withdrew", "Désistement"
    other = "other", "Autre"


class Placement(InternshipsRecord, table=True):
    """Un stage attribué."""

    __tablename__ = "placement"
    __table_args__ = (
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(one_of("profession", Profession), "profession"),
        CheckConstraint("starts_on < ends_on", "period"),
        CheckConstraint(one_of("cancel_reason", PlacementCancelReason), "cancel_reason"),
        CheckConstraint(one_of("status", PlacementStatus), "status"),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_on IS NOT NULL) AND (status = 'cancelled') = (cancel_reason IS NOT NULL)", "cancelled"
        ),
        page_index("placement_request_id_page", "request_id"),
        page_index("placement_offer_page", "offer_id"),
        page_index("placement_unit_page", "unit_id"),
        page_index("placement_organisation_page", "organisation_id"),
        page_index("placement_institute_page", "institute_id"),
        page_index("placement_department_page", "department"),
        page_index("placement_profession_page", "profession"),
        page_index("placement_status_page", "status"),
    )

    request_id: UUID = personal(SaUuid, references="placement_request.id")
    offer_id: UUID = personal(SaUuid, references="placement_offer.id")
    unit_id: UUID = personal(SaUuid, references="placement_unit.id")
    organisation_id: UUID = personal(SaUuid)
    institute_id: UUID = personal(SaUuid)
    organisation_name: str | None = personal(Text, default=None)
    institute_name: str | None = personal(Text, default=None)
    unit_name: str | None = personal(Text, default=None)
    site_name: str | None = personal(Text, default=None)
    commune: str | None = personal(Text, default=None)
    department: Department = personal(Text)
    profession: Profession = personal(Text)
    starts_on: date = personal(Date)
    ends_on: date = personal(Date)
    learner_ref: str | None = personal(Text, default=None)
    confirmed_on: date = personal(Date)
    cancelled_on: date | None = personal(Date, default=None)
    cancel_reason: PlacementCancelReason | None = personal(Text, default=None)
    status: PlacementStatus = personal(Text, default=PlacementStatus.confirmed)


with_history(Placement)
