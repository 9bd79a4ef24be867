"""HTTP for the context series, for whoever reads any figure: others have published them, by department."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from services.kernel.api.resources import live
from services.kernel.api.routing import Db, router
from services.observatory_api.context import operations
from services.observatory_api.context.schemas import ContextListRead, ContextQuery, ContextValuesRead
from services.observatory_api.context.series import ContextCode
from services.observatory_api.values.routes import Anyone

context = router("/v1/context", "context", "Contexte", "Ce que d'autres producteurs comptent dans les départements, avec leurs sources.")


@context.get("", operation_id="listContextSeries", response_model=ContextListRead)
async def list_context_series(db: Db, caller: Anyone, query: Annotated[ContextQuery, Query()]) -> Response:
    """Les séries de contexte : ce que d'autres producteurs comptent dans les départements, avec leurs sources et leurs années."""
    return live(await operations.series_list(db, query))


@context.get("/{code}", operation_id="readContextSeries", response_model=ContextValuesRead)
async def read_context_series(db: Db, caller: Anyone, code: ContextCode, query: Annotated[ContextQuery, Query()]) -> Response:
    """Les valeurs d'une série, par année et par département ; un département dont aucune source ne parle est sans donnée, jamais à zéro."""
    return live(await operations.series_values(db, code, query))
