"""The figures over HTTP."""

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from services.kernel.api.auth import allow
from services.kernel.api.resources import live
from services.kernel.api.rights import within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import problems
from services.observatory_api.values import audience, operations
from services.observatory_api.values.schemas import DashboardQuery, DashboardRead, ValuesQuery, ValuesRead

Anyone = Annotated[Principal, allow(*audience.ANY)]
Detailed = Annotated[Principal, allow(*audience.WHOLE, within(*audience.TERRITORIAL))]
Code = Annotated[str, Path(min_length=3, max_length=4, pattern=r"^[A-Z][0-9]{2,3}$", description="Code de l'indicateur.", examples=["K06"])]

values = router("/v1", "values", "Chiffres", "Les chiffres des indicateurs, à un jour et à un état de connaissance donnés.")


@values.get("/values", operation_id="readDashboard", response_model=DashboardRead)
async def read_dashboard(db: Db, caller: Anyone, query: Annotated[DashboardQuery, Query()]) -> Response:
    """Donne la valeur de tous les indicateurs, dans la région ou dans un département ; à un jour et à un état de connaissance donnés.

    Un département se lit comme les chiffres d'un seul indicateur : par le pilotage, les comités, et qui agit dans ce département.
    """
    return live(await operations.dashboard(db, query, by=caller))


@values.get("/indicators/{code}/values", operation_id="readIndicatorValues", response_model=ValuesRead, responses=problems(404))
async def read_indicator_values(db: Db, caller: Detailed, code: Code, query: Annotated[ValuesQuery, Query()]) -> Response:
    """Donne les chiffres d'un indicateur : période, groupes, filtres, série mensuelle.

    Le pilotage et les comités lisent tout ; les autres, la région et les départements de leur jeton.
    """
    return live(await operations.indicator_values(db, code, query, by=caller))
