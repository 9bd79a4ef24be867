"""Statements on credentials: a manager sees those of the organisation, steering all."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, bindparam, exists, false, select as select_columns
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.credentials.schemas import CredentialQuery, OwnCredentialQuery
from services.access_api.credentials.tables import USES, Credential
from services.access_api.parties import check_runs
from services.contracts.access import CredentialStatus
from services.kernel.api.reading import OWN_ORGANISATION, Reading, Scope, equal_to, visible_to
from services.kernel.base.principals import Principal
from services.kernel.data.records import table_of


def _managed(caller: Principal) -> Scope:
    if not caller.manager or caller.organisation is None:
        return Scope("nothing", false())
    return Scope("managed", col(Credential.organisation_id) == OWN_ORGANISATION, {OWN_ORGANISATION.key: caller.organisation})


OWN_CREDENTIALS = Reading(
    Credential,
    OwnCredentialQuery,
    equal_to(Credential, "status"),
    visible=_managed,
    check_change=lambda caller, credential: check_runs(caller, credential.organisation_id, credential.departments),
)
"""Those of the organisation that the caller manages."""

CREDENTIALS = Reading(Credential, CredentialQuery, equal_to(Credential, "organisation_id", "status"), visible=visible_to())
"""All of them, to steering."""


def by_id(credential_id: UUID) -> SelectOfScalar[Credential]:
    """A credential, whoever asks: for who shows its secret."""
    return select(Credential).where(Credential.id == credential_id)


def held(credential_id: UUID) -> SelectOfScalar[Credential]:
    """The same, once the secret is right: until the transaction ends nobody revokes it."""
    return by_id(credential_id).with_for_update(read=True)


def due(today: date, limit: int) -> SelectOfScalar[Credential]:
    """Active credentials whose last day is over, locked in order."""
    over = Credential.status == CredentialStatus.active, col(Credential.expires_on) <= today
    return select(Credential).where(*over).order_by(col(Credential.id)).limit(limit).with_for_update(key_share=True)


def expiring(today: date, until: date) -> SelectOfScalar[Credential]:
    """Active credentials whose last day is after today and not after a day, and that nothing has replaced."""
    near = Credential.status == CredentialStatus.active, col(Credential.expires_on) > today, col(Credential.expires_on) <= until
    replacing = table_of(Credential).alias().c
    replaced = exists().where(replacing.replaces_id == col(Credential.id))
    return select(Credential).where(*near, ~replaced).order_by(col(Credential.id))


def last_use(credential_id: UUID) -> Executable:
    """The last day on which a credential was used, or no row."""
    return select_columns(USES.c.last_used_on).where(USES.c.credential_id == credential_id)


def used(credential_id: UUID, today: date) -> Executable:
    """Says that a credential is used today; nothing is written where that is said already."""
    statement = insert(USES).values(credential_id=credential_id, last_used_on=bindparam("today", today, type_=Date))
    later = statement.excluded.last_used_on > USES.c.last_used_on
    return statement.on_conflict_do_update(
        index_elements=["credential_id"], set_={"last_used_on": statement.excluded.last_used_on}, where=later
    )
