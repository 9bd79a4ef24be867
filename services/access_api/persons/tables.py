"""Where persons live: names, addresses and telephones are in this table alone."""

from datetime import date

from sqlalchemy import ARRAY, CheckConstraint, Date, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from services.access_api.base import AccessRecord
from services.contracts.access import PersonStatus, SelfRole
from services.contracts.labelled import Labelled
from services.kernel.data.columns import all_of, one_of, page_index, personal
from services.kernel.data.records import with_history


class Locale(Labelled):
    """La langue dans laquelle on écrit à une personne."""

    fr = "fr", "Français"
    en = "en", "Anglais"


class Delivery(Labelled):
    """Comment une personne reçoit les avis."""

    immediate = "immediate", "Un courriel chacun"
    digest = "digest", "Un récapitulatif à sept heures"
    off = "off", "Aucun courriel"


_DELIVERIES = " && ".join(f'@ != "{delivery.value}"' for delivery in Delivery)


class Person(AccessRecord, table=True):
    """Une personne qui agit pour une organisation, ou pour elle-même."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email) AND strpos(email, '@') > 1", "email"),
        CheckConstraint(one_of("locale", Locale), "locale"),
        CheckConstraint(all_of("self_roles", SelfRole), "self_roles"),
        CheckConstraint(f"jsonb_typeof(preferences) = 'object' AND NOT preferences @? '$.* ? ({_DELIVERIES})'", "preferences"),
        CheckConstraint("(held_until IS NULL) = (hold_reason IS NULL)", "held_until"),
        CheckConstraint(one_of("status", PersonStatus), "status"),
        page_index("person_status_page", "status"),
    )

    given_name: str | None = personal(Text, default=None)
    family_name: str | None = personal(Text, default=None)
    email: str | None = personal(Text, default=None)
    phone: str | None = personal(Text, default=None)
    locale: Locale = personal(Text, default=Locale.fr)
    self_roles: list[SelfRole] = personal(ARRAY(Text), default_factory=list)
    held_until: date | None = personal(Date, default=None)
    hold_reason: str | None = personal(Text, default=None)
    last_contact_on: date | None = personal(Date, default=None)
    preferences: dict[str, str] = personal(JSONB, default_factory=dict, sa_column_kwargs={"server_default": "{}"})
    """Topic of notices, or `default` → delivery."""
    status: PersonStatus = personal(Text, default=PersonStatus.active)
    status_reason: str | None = personal(Text, default=None)


with_history(Person)
