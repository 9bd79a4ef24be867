"""Reading the reference data, and loading it from the plan's facts."""

from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.actions_api.referentials.schemas import PlanFacts, ReferentialList, ReferentialRead
from services.actions_api.referentials.tables import AxisRow, DepartmentRow, ObjectiveRow, Referential
from services.kernel.data.database import Database

PLAN = Path(__file__).with_name("plan.yaml")
"""The facts of the plan, transcribed from its public presentation (October 2022)."""

SECTIONS: tuple[tuple[str, type[Referential], str], ...] = (
    ("axes", AxisRow, "label"),
    ("objectives", ObjectiveRow, "label"),
    ("departments", DepartmentRow, "name"),
)


async def read_all(db: Database, table: type[Referential]) -> ReferentialList:
    """A whole referential, in the plan's order."""
    rows = await db.fetch(select(table).order_by(col(table.position)))
    return ReferentialList(items=[ReferentialRead.model_validate(row) for row in rows])


def read_plan(path: Path = PLAN) -> dict[str, Any]:
    """The plan's facts. Raises `OSError`, `yaml.YAMLError`, or `ValueError` for facts of another shape."""
    plan: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    PlanFacts.model_validate(plan)
    return plan


async def load(db: Database, plan: dict[str, Any]) -> dict[str, int]:
    """Brings the reference data to the plan's facts; how many entries changed in each section."""
    changed: dict[str, int] = {}
    for section, table, label in SECTIONS:
        changed[section] = 0
        for position, entry in enumerate(plan[section], 1):
            values = {"code": entry["code"], "label": entry[label], "description": entry.get("description"), "position": position}
            statement = insert(table).values(**values)
            new = {name: statement.excluded[name] for name in ("label", "description", "position")}
            differs = (
                col(table.label).is_distinct_from(new["label"])
                | col(table.description).is_distinct_from(new["description"])
                | col(table.position).is_distinct_from(new["position"])
            )
            upsert = statement.on_conflict_do_update(index_elements=["code"], set_=new, where=differs).returning(col(table.code))
            changed[section] += len(await db.fetch(upsert))
    return changed
