"""What can be done with a scheme."""

from uuid import UUID

from services.contracts.recruitment import SchemeStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.base.french import counted
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict
from services.kernel.data.database import Database
from services.recruitment_api.schemes import queries
from services.recruitment_api.schemes.lifecycle import OPERATIONS, move
from services.recruitment_api.schemes.queries import SCHEMES
from services.recruitment_api.schemes.schemas import SchemeCreate, SchemePatch, SchemeWrite
from services.recruitment_api.schemes.tables import Scheme


class SchemeNotDraft(Conflict):
    """What a scheme says is settled once it is active."""

    type = "scheme-not-draft"
    title = "Le dispositif n'est plus un brouillon"
    advice = "Ce que dit un dispositif actif ne change plus : retirez-le, et créez-en un autre sous un autre code."


class SchemeNotActive(Conflict):
    """Money and needs go to active schemes only."""

    type = "scheme-not-active"
    title = "Le dispositif n'est pas actif"
    advice = "Choisissez un dispositif actif : un brouillon s'active, un dispositif retiré ne revient pas."


class SchemeStillFunded(Conflict):
    """A scheme retires once each of its envelopes is closed."""

    type = "scheme-still-funded"
    title = "Le dispositif a encore une enveloppe"
    told = "2 enveloppes à clôturer d'abord."


async def create(db: Database, body: SchemeCreate, *, by: Principal) -> Scheme:
    """Creates a draft. Raises `AlreadyExists` when the code is taken."""
    return await db.save(Scheme(**body.model_dump()), event="recruitment.scheme.created", by=by)


async def change(db: Database, scheme_id: UUID, patch: SchemePatch, *, by: Principal, version: int) -> Scheme:
    """Changes the fields that were sent, of a draft. Raises `SchemeNotDraft`."""
    scheme = await SCHEMES.load_for_change(db, scheme_id, by=by, version=version)
    if scheme.status is not SchemeStatus.draft:
        raise SchemeNotDraft
    if not patched(scheme, patch, SchemeWrite):
        return scheme
    return await db.save(scheme, event="recruitment.scheme.changed", by=by)


async def activate(db: Database, scheme_id: UUID, *, by: Principal, version: int) -> Scheme:
    """Opens a draft: it may have envelopes and needs."""
    scheme = await SCHEMES.load_for_change(db, scheme_id, by=by, version=version)
    move(scheme, SchemeStatus.active)
    return await db.save(scheme, event="recruitment.scheme.activated", by=by)


async def retire(db: Database, scheme_id: UUID, *, by: Principal, version: int) -> Scheme:
    """Ends an active scheme. Raises `SchemeStillFunded` while one of its envelopes is not closed."""
    scheme = await SCHEMES.load_for_change(db, scheme_id, by=by, version=version, lock=Lock.update)
    move(scheme, SchemeStatus.retired)
    unclosed = await db.fetch(queries.unclosed_envelopes(scheme_id))
    if unclosed:
        raise SchemeStillFunded(f"{counted(len(unclosed), 'enveloppe')} à clôturer d'abord.")
    return await db.save(scheme, event="recruitment.scheme.retired", by=by)


async def load_active(db: Database, scheme_id: UUID) -> Scheme:
    """The active scheme of a new row, held active until it is there. Raises `Invalid` or `SchemeNotActive`."""
    unknown = "Ce dispositif n'existe pas."
    scheme = await SCHEMES.cited(db, scheme_id, by=SYSTEM, pointer="#/scheme_id", unknown=unknown, lock=Lock.share)
    if scheme.status is not SchemeStatus.active:
        raise SchemeNotActive
    return scheme


async def is_active(db: Database, scheme_id: UUID) -> bool:
    """Whether a scheme may have envelopes and needs."""
    return (await SCHEMES.one(db, scheme_id, by=SYSTEM)).status is SchemeStatus.active


ALLOWED = AllowedOperations(SCHEMES, OPERATIONS)
