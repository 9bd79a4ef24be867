"""HTTP for the rights, as the routes of all services declare them: public."""

from services.access_api.permissions.schemas import PermissionList, permission
from services.kernel.api.auth import Public
from services.kernel.api.rights import published
from services.kernel.api.routing import router

routes = router("/v1/permissions", "permissions", "Droits", "Qui peut demander quoi : les rôles de chaque opération, et jusqu'où ils vont.")


@routes.get("", operation_id="listPermissions", response_model=PermissionList)
async def list_permissions(_caller: Public) -> PermissionList:
    """Les opérations de tous les services et leurs droits, tels que leurs adresses les déclarent.

    Le statut d'une ressource et le jour en refusent parfois davantage : `allowed_operations` le dit de chacune. Un brouillon ne se montre
    qu'à qui le prépare ou en décide ; de même, dans les listes, ce qui est dissimulé. Les chiffres de la région sont à qui lit des
    chiffres ; ceux d'un département, au pilotage, aux comités et à qui agit dans ce département.
    """
    return PermissionList(items=[permission(said) for said in published()])
