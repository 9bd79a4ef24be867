"""Who depends on whom: an institute on its legal entity, one step deep."""

from uuid import UUID

from services.access_api.organisations import queries
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.tables import Organisation
from services.contracts.access import OrganisationStatus
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict, invalid
from services.kernel.data.database import Database

POINTER = "#/parent_id"
WORDS = {OrganisationStatus.suspended: "suspendue", OrganisationStatus.closed: "fermée"}
UNDO = {OrganisationStatus.suspended: "rétablissez", OrganisationStatus.closed: "rouvrez"}


class HasChildren(Conflict):
    """An organisation on which others depend cannot depend on one itself."""

    type = "organisation-has-children"
    title = "D'autres organisations dépendent de celle-ci"
    told = "Des organisations en dépendent : rattachez-les d'abord à une autre."


async def check_parent(db: Database, organisation: Organisation, parent_id: UUID, *, by: Principal) -> Organisation:
    """The parent on which an organisation may depend; what was checked then holds until the transaction ends.

    Raises `Invalid` for a parent that is unknown, suspended or closed, the organisation itself, or a child; `HasChildren` when the
    organisation has children.
    """
    if parent_id == organisation.id:
        raise invalid(POINTER, "own_parent", "Une organisation ne dépend pas d'elle-même : donnez une autre organisation, ou null.")
    await db.fetch(queries.locked([organisation.id, parent_id]))
    unknown = "Cette organisation n'existe pas."
    parent = await ORGANISATIONS.cited(db, parent_id, by=by, pointer=POINTER, unknown=unknown)
    if parent.status is not OrganisationStatus.active:
        detail = f"« {parent.name} » est {WORDS[parent.status]} : {UNDO[parent.status]}-la d'abord, ou donnez une autre organisation."
        raise invalid(POINTER, "parent_not_active", detail)
    if parent.parent_id is not None:
        above = await ORGANISATIONS.one(db, parent.parent_id, by=by)
        detail = f"« {parent.name} » dépend déjà de « {above.name} » : donnez `{above.id}`, ou détachez d'abord « {parent.name} »."
        raise invalid(POINTER, "parent_has_parent", detail)
    if children := await db.fetch(queries.first_child(organisation.id)):
        raise HasChildren(
            f"« {organisation.name} » ne peut pas dépendre de « {parent.name} » : « {children[0].name} » dépend d'elle. "
            "Rattachez d'abord à une autre, ou détachez, celles que donne la liste `?parent_id=` de cette organisation."
        )
    return parent
