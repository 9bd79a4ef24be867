"""Where notices live: one a person. They hold references, never names; the address is asked of the person at sending."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, CheckConstraint, DateTime, Index, Integer, Text, UniqueConstraint, text

from services.access_api.base import AccessRecord
from services.access_api.persons.tables import Delivery
from services.contracts.access import NoticeTopic
from services.contracts.labelled import Labelled
from services.kernel.data.columns import one_of, page_index, personal
from services.kernel.data.records import with_history


class NoticeStatus(Labelled):
    """Ce qu'il advient d'un avis."""

    pending = "pending", "À envoyer"
    sent = "sent", "Envoyé"
    digested = "digested", "Envoyé", "Dans un récapitulatif."
    failed = "failed", "Non envoyé", "Tous les essais ont échoué."
    muted = "muted", "Non voulu", "La personne ne veut pas de courriel à ce sujet."


class Notice(AccessRecord, table=True):
    """Un avis à une personne."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("person_id", "dedup_key"),
        CheckConstraint(one_of("topic", NoticeTopic), "topic"),
        CheckConstraint(one_of("delivery", Delivery), "delivery"),
        CheckConstraint(one_of("status", NoticeStatus), "status"),
        CheckConstraint("title !~ '[\\x01-\\x1f\\x7f]'", "title"),
        CheckConstraint("(status IN ('sent', 'digested')) = (sent_at IS NOT NULL)", "sent_at"),
        page_index("notice_person_page", "person_id"),
        page_index("notice_status_page", "status"),
        page_index("notice_topic_page", "topic"),
        Index("notice_due", "delivery", "due_at", "id", postgresql_where=text("status = 'pending'")),
        Index("notice_age", "created_at"),
    )

    person_id: UUID = personal(SaUuid, references="person.id")
    topic: NoticeTopic = personal(Text)
    title: str = personal(Text)
    lines: list[str] = personal(ARRAY(Text), default_factory=list)
    path: str | None = personal(Text, default=None)
    dedup_key: str = personal(Text)
    delivery: Delivery = personal(Text)
    due_at: datetime = personal(DateTime(timezone=True))
    sent_at: datetime | None = personal(DateTime(timezone=True), default=None)
    attempts: int = personal(Integer, default=0)
    last_error: str | None = personal(Text, default=None)
    status: NoticeStatus = personal(Text)


with_history(Notice, purged=True)
