"""A resource as it was: its successive versions, and the one that was known at an instant."""

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Table, select
from starlette.responses import Response

from services.kernel.api.resources import JSON, NO_STORE, OfNoun
from services.kernel.base.fields import Instant
from services.kernel.base.problems import NotFound
from services.kernel.data.database import Database

M = TypeVar("M", bound=BaseModel)


class _Head(BaseModel):
    version: int = Field(description="Version.", examples=[1])
    recorded_at: datetime = Field(description="Enregistrement (UTC).")
    by: str = Field(description="Auteur : le sujet de son jeton.", examples=["pilotage"])


class Version(_Head, OfNoun[M], Generic[M]):
    """Une version d'une ressource."""

    document: M = Field(description="La ressource telle qu'elle était.")


class History(OfNoun[M], Generic[M]):
    """Les versions d'une ressource, la plus récente d'abord."""

    items: list[Version[M]] = Field(description="Les versions.")


class HistoryQuery(BaseModel):
    """Ce que prend un historique."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Nombre de versions (1 à 200).")
    before: int | None = Field(None, ge=2, le=2**31, description="Versions antérieures à celle-ci.")
    known_at: Instant | None = Field(None, description="La version connue à cet instant, et les précédentes.")


async def read_history(db: Database, versions: Table, identifier: UUID, query: HistoryQuery) -> Response:
    """The versions of a resource, newest first. Raises `NotFound` when there is none."""
    statement = select(versions.c.version, versions.c.recorded_at, versions.c.by, versions.c.document)
    statement = statement.where(versions.c.id == identifier).order_by(versions.c.version.desc()).limit(query.limit)
    if query.before is not None:
        statement = statement.where(versions.c.version < query.before)
    if query.known_at is not None:
        statement = statement.where(versions.c.recorded_at <= query.known_at)
    rows = await db.fetch(statement)
    if not rows:
        raise NotFound
    items = [_item(*row) for row in rows]
    return Response(f'{{"items":[{",".join(items)}]}}', headers=NO_STORE, media_type=JSON)  # it says who did what


def _item(version: int, recorded_at: datetime, by: str, document: str) -> str:
    head = _Head(version=version, recorded_at=recorded_at, by=by)
    return f'{head.model_dump_json()[:-1]},"document":{document}}}'
