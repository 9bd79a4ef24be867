"""What the API gives of a notice."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.access_api.notices.tables import Notice, NoticeStatus
from services.access_api.persons.tables import Delivery
from services.contracts.access import NoticeTopic
from services.contracts.envelope import StatusChange
from services.kernel.api.paging import ListQuery
from services.kernel.data.nouns import CREATED, Noun, Resource, shown
from services.kernel.data.walls import Wall

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a0d",
    person_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a06",
    topic="credential_expiring",
    title="Une clé d'accès expire dans 30 jours",
    lines=["Clé d'accès : plam_live_4f9c02ab", "Dernier jour : 29 octobre 2026"],
    path="/credentials/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a0c",
    delivery="immediate",
    due_at=CREATED,
    sent_at=None,
    attempts=0,
    last_error=None,
    status="pending",
    history=[{"status": "pending", "at": CREATED}],
)


class NoticeRead(Resource):
    """Un avis à une personne : son titre et ses lignes portent des références, jamais de nom."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    person_id: UUID = Field(description="Personne prévenue.")
    topic: NoticeTopic = Field(description="Sujet.")
    title: str = Field(description="Titre, qui est aussi l'objet du courriel.")
    lines: list[str] = Field(description="Lignes.")
    path: str | None = Field(description="Où l'écran correspondant se trouve, sous l'adresse des écrans.")
    delivery: Delivery = Field(description="Comment il part.")
    due_at: datetime = Field(description="Quand il part, ou est de nouveau essayé (UTC).")
    sent_at: datetime | None = Field(description="Quand il est parti (UTC).")
    attempts: int = Field(description="Nombre d'essais.")
    last_error: str | None = Field(description="Ce qui a empêché le dernier essai.")
    status: NoticeStatus = Field(description="Statut.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class OwnNoticeQuery(ListQuery):
    """La page demandée de ses avis."""


class NoticeQuery(ListQuery):
    """Les filtres de la liste des avis."""

    status: NoticeStatus | None = Field(None, description="Statut.")
    topic: NoticeTopic | None = Field(None, description="Sujet.")


NOTICE = Noun(Notice, NoticeRead, personal=True, wall=Wall(person="person_id"))
