"""The catalogue of indicators over HTTP: everybody may read what is counted, and how."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from services.kernel.api.auth import Public
from services.kernel.api.resources import JSON
from services.kernel.api.routing import Db, router
from services.kernel.base.problems import problems
from services.observatory_api.catalogue import operations
from services.observatory_api.catalogue.schemas import CatalogueRead, IndicatorRead

Code = Annotated[str, Path(min_length=3, max_length=4, pattern=r"^[A-Z][0-9]{2,3}$", description="Code de l'indicateur.", examples=["K06"])]

catalogue = router("/v1/indicators", "indicators", "Indicateurs", "Le catalogue : ce que chaque indicateur compte, et comment.")


@catalogue.get("", operation_id="listIndicators", response_model=CatalogueRead)
async def list_indicators(db: Db, caller: Public) -> Response:
    """Liste les indicateurs : code, libellé, définition en mots et son numéro, unité, dimensions, sources."""
    return Response((await operations.indicators(db)).model_dump_json(), media_type=JSON)


@catalogue.get("/{code}", operation_id="readIndicator", response_model=IndicatorRead, responses=problems(404))
async def read_indicator(db: Db, caller: Public, code: Code) -> Response:
    """Donne un indicateur, sous sa définition en vigueur."""
    return Response((await operations.indicator(db, code)).model_dump_json(), media_type=JSON)
