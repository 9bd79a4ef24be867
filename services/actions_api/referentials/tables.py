"""The plan's reference data: what the axes, the objectives and the departments are called."""

from sqlalchemy import Integer, Text
from sqlmodel import Field, SQLModel

from services.actions_api.base import METADATA
from services.kernel.data.columns import stored


class Referential(SQLModel):
    """A code, its French label, its place in the list."""

    metadata = METADATA

    code: str = Field(primary_key=True, sa_type=Text)
    label: str = stored(Text)
    description: str | None = stored(Text, default=None)
    position: int = stored(Integer)


class AxisRow(Referential, table=True):
    """Un axe du plan."""

    __tablename__ = "axis"


class ObjectiveRow(Referential, table=True):
    """Un objectif transversal."""

    __tablename__ = "objective"


class DepartmentRow(Referential, table=True):
    """Un département de la région."""

    __tablename__ = "department"
