"""Yardstick: FastAPI and SQLModel as their documentation writes them. No policy, no metric, no log."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import ARRAY, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kernel.base import ids


class ActionBase(SQLModel):
    """What is given."""

    ref: str = Field(max_length=40, unique=True)
    title: str = Field(max_length=200)
    description: str | None = None
    expected_results: str | None = None
    axis: str
    objectives: list[str] = Field(sa_type=ARRAY(Text))
    departments: list[str] = Field(default=[], sa_type=ARRAY(Text))
    sectors: list[str] = Field(default=[], sa_type=ARRAY(Text))
    sides: list[str] = Field(default=[], sa_type=ARRAY(Text))
    horizon: str = "medium"
    flagship: bool = False
    cohort: str | None = None
    weight: int = Field(default=1, ge=1, le=100)
    lead_organisation_id: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class ActionRead(ActionBase):
    """What is answered."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    status: str
    status_reason: str | None
    decision_ref: str | None
    history: list[dict[str, Any]]
    lead_organisation_name: str | None
    ends_changes: list[dict[str, Any]]


class Action(ActionBase, table=True):
    """What is stored."""

    __tablename__ = "action"
    __table_args__ = {"schema": "usual"}

    id: UUID = Field(default_factory=ids.new, primary_key=True)
    version: int = 1
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    status: str = "draft"
    status_reason: str | None = None
    decision_ref: str | None = None
    history: list[dict[str, Any]] = Field(default=[], sa_type=JSONB)
    lead_organisation_name: str | None = None
    ends_changes: list[dict[str, Any]] = Field(default=[], sa_type=JSONB)


class Outbox(SQLModel, table=True):
    """An event."""

    __table_args__ = {"schema": "usual"}

    id: UUID = Field(default_factory=ids.new, primary_key=True)
    type: str
    event: dict[str, Any] = Field(sa_type=JSONB)


class Page(SQLModel):
    """A page."""

    items: list[ActionRead]
    next: str | None


URL = os.environ.get("PLAM_DATABASE_URL", "postgresql://").replace("postgresql://", "postgresql+asyncpg://")
engine = create_async_engine(URL, pool_size=8)
new_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def session() -> AsyncIterator[AsyncSession]:
    """A session a request."""
    async with new_session() as made:
        yield made


Session = Annotated[AsyncSession, Depends(session)]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Closes the engine at the end."""
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/actions", response_model=Page)
async def list_actions(db: Session, limit: int = 50, after: str | None = None) -> Any:
    """A page."""
    statement = select(Action).order_by(col(Action.id).desc()).limit(limit + 1)
    if after:
        statement = statement.where(col(Action.id) < UUID(bytes=base64.urlsafe_b64decode(after + "==")))
    rows = (await db.exec(statement)).all()
    following = base64.urlsafe_b64encode(rows[limit - 1].id.bytes).rstrip(b"=").decode() if len(rows) > limit else None
    return {"items": rows[:limit], "next": following}


@app.get("/actions/{action_id}", response_model=ActionRead)
async def read_action(action_id: UUID, db: Session) -> Any:
    """One row."""
    action = await db.get(Action, action_id)
    if action is None:
        raise HTTPException(404)
    return action


@app.post("/actions", response_model=ActionRead, status_code=201)
async def create_action(body: ActionBase, db: Session) -> Any:
    """A row and its event."""
    action = Action.model_validate(body)
    action.history = [{"status": "draft", "at": action.created_at.isoformat()}]
    db.add(action)
    db.add(Outbox(type="actions.action.created", event=ActionRead.model_validate(action).model_dump(mode="json")))
    await db.commit()
    await db.refresh(action)
    return action


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PLAM_PORT"]), loop="uvloop", http="httptools", log_config=None, access_log=False)
