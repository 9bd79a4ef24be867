"""HTTP for the reference data: public."""

from services.actions_api.referentials.schemas import ReferentialList, referential
from services.contracts.codes import Axis, Department, Objective
from services.kernel.api.auth import Public
from services.kernel.api.routing import router

routes = router("/v1", "referentials", "Référentiels", "Les codes du plan et leurs libellés : axes, objectifs, départements.")


@routes.get("/axes", operation_id="listAxes", response_model=ReferentialList)
async def list_axes(_caller: Public) -> ReferentialList:
    """Les axes de travail du plan ; chaque action relève d'un seul."""
    return referential(Axis)


@routes.get("/objectives", operation_id="listObjectives", response_model=ReferentialList)
async def list_objectives(_caller: Public) -> ReferentialList:
    """Les objectifs transversaux ; chaque action répond à un ou plusieurs."""
    return referential(Objective)


@routes.get("/departments", operation_id="listDepartments", response_model=ReferentialList)
async def list_departments(_caller: Public) -> ReferentialList:
    """Les départements de la région."""
    return referential(Department)
