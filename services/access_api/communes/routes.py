"""HTTP for communes: public."""

from typing import Annotated

from fastapi import Query, Request, Response

from services.access_api.communes import operations
from services.access_api.communes.schemas import CommuneQuery, CommuneRead
from services.access_api.identifiers import CommuneCode
from services.kernel.api.auth import Public
from services.kernel.api.resources import Page, page_of
from services.kernel.api.routing import Db, router
from services.kernel.base.problems import problems

routes = router("/v1/communes", "communes", "Communes", "Les communes de la région et leurs anciens noms, pour situer les sites.")


@routes.get("", operation_id="listCommunes", response_model=Page[CommuneRead])
async def list_communes(request: Request, query: Annotated[CommuneQuery, Query()], _caller: Public, db: Db) -> Response:
    """Les communes de la région, par code ; cherchées par `q`, celles qui portent le nom d'abord."""
    return page_of(request, query, await operations.read_page(db, query))


@routes.get("/{code}", operation_id="readCommune", response_model=CommuneRead, responses=problems(404))
async def read_commune(request: Request, code: CommuneCode, _caller: Public, db: Db) -> Response:
    """Une commune ; le code d'une ancienne commune donne celle d'aujourd'hui, avec `matched`."""
    return await operations.read(request, db, code)
