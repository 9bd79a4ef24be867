"""HTTP for the reference data: public."""

from services.actions_api.referentials import operations
from services.actions_api.referentials.schemas import ReferentialList
from services.actions_api.referentials.tables import AxisRow, DepartmentRow, ObjectiveRow
from services.kernel.api.auth import Public
from services.kernel.api.routing import Db, router

routes = router("/v1", "Référentiels")


@routes.get("/axes", operation_id="listAxes", response_model=ReferentialList)
async def list_axes(_caller: Public, db: Db) -> ReferentialList:
    """Les sept axes de travail du plan ; chaque action relève d'un seul."""
    return await operations.read_all(db, AxisRow)


@routes.get("/objectives", operation_id="listObjectives", response_model=ReferentialList)
async def list_objectives(_caller: Public, db: Db) -> ReferentialList:
    """Les quatre objectifs transversaux ; chaque action répond à un ou plusieurs."""
    return await operations.read_all(db, ObjectiveRow)


@routes.get("/departments", operation_id="listDepartments", response_model=ReferentialList)
async def list_departments(_caller: Public, db: Db) -> ReferentialList:
    """Les cinq départements de la région."""
    return await operations.read_all(db, DepartmentRow)
