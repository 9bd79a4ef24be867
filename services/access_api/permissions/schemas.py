"""What the API gives of the rights."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.contracts.codes import Role
from services.kernel.api.openapi import summary_of
from services.kernel.api.rights import Extent, Guarded, Right

RIGHTS: list[JsonValue] = [
    {"role": "steering", "role_label": "Pilotage", "extent": "region", "extent_label": "Région"},
    {"role": "employer", "role_label": "Employeur", "extent": "organisation", "extent_label": "Organisation"},
]
PERMISSION: dict[str, JsonValue] = {
    "service": "internships",
    "operation": "changeUnit",
    "method": "PATCH",
    "path": "/internships/v1/units/{unit_id}",
    "summary": "Change un terrain de stage",
    "public": False,
    "rights": RIGHTS,
}


class RightRead(BaseModel):
    """Un droit : un rôle, et jusqu'où il va."""

    model_config = ConfigDict(json_schema_extra={"examples": RIGHTS})

    role: Role = Field(description="Rôle de l'appelant.")
    role_label: str = Field(description="Libellé du rôle.")
    extent: Extent = Field(
        description="Étendue : toute la région, les départements du jeton, son organisation, celle qu'il gère, ou soi-même."
    )
    extent_label: str = Field(description="Libellé de l'étendue.")


class PermissionRead(BaseModel):
    """Une opération, et qui peut la demander."""

    model_config = ConfigDict(json_schema_extra={"examples": [PERMISSION]})

    service: str = Field(description="Service.")
    operation: str = Field(description="Opération, par son operationId.")
    method: str = Field(description="Méthode HTTP.")
    path: str = Field(description="Adresse, à partir de celle du serveur.")
    summary: str = Field(description="Ce que fait l'opération.")
    public: bool = Field(description="Si elle se demande sans jeton.")
    rights: list[RightRead] = Field(description="Les droits : un seul suffit. Aucun pour une opération publique.")


class PermissionList(BaseModel):
    """Les opérations de tous les services, par adresse."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [PERMISSION]}]})

    items: list[PermissionRead] = Field(description="Les opérations.")


def permission(said: Guarded) -> PermissionRead:
    """What an operation's route declares."""
    return PermissionRead(
        service=said.service,
        operation=said.operation,
        method=said.method,
        path=f"/{said.service}{said.path}",
        summary=summary_of(said.words),
        public=said.rights is None,
        rights=[_right(right) for right in said.rights or ()],
    )


def _right(right: Right) -> RightRead:
    return RightRead(role=right.role, role_label=right.role.label, extent=right.extent, extent_label=right.extent.label)
