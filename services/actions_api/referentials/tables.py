"""The plan's reference data: what the axes, the objectives and the departments are called."""

from sqlalchemy import Integer, Text
from sqlmodel import SQLModel

from services.actions_api.base import METADATA
from services.kernel.data.columns import public


class Referential(SQLModel):
    """A code, its French label, its place in the list."""

    metadata = METADATA

    code: str = public(Text, primary_key=True)
    label: str = public(Text)
    description: str | None = public(Text, default=None)
    position: int = public(Integer)


class AxisRow(Referential, table=True):
    """Un axe du plan."""

    __tablename__ = "axis"


class ObjectiveRow(Referential, table=True):
    """Un objectif transversal."""

    __tablename__ = "objective"


class DepartmentRow(Referential, table=True):
    """Un département de la région."""

    __tablename__ = "department"
