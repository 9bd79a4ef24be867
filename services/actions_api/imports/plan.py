"""`plam import plan`: the reference data, and the flagship actions whose titles are public, as drafts."""

from dataclasses import dataclass, field
from typing import Any

from sqlmodel import select

from services.actions_api.actions.tables import Action
from services.actions_api.referentials import operations as referentials
from services.contracts.codes import Axis, Objective
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Database

SUGGESTED = "Axe et objectif proposés par l'import : la présentation publique du plan ne les précise pas."


@dataclass
class PlanReport:
    """What an import did, or would do."""

    lines: list[str] = field(default_factory=list)
    changed: int = 0


async def import_plan(db: Database, plan: dict[str, Any]) -> PlanReport:
    """Loads the plan's facts; what is there already, and the same, is left alone."""
    report = PlanReport()
    for section, changed in (await referentials.load(db, plan)).items():
        report.lines.append(f"{section} : {len(plan[section])} entrées, {changed} changée(s)")
        report.changed += changed
    known = set(await db.fetch(select(Action.ref)))
    for flagship in plan["flagship_actions_public"]:
        if flagship["code"] in known:
            report.lines.append(f"action {flagship['code']} : déjà là")
            continue
        action = Action(
            ref=flagship["code"],
            title=flagship["label"],
            description=SUGGESTED,
            axis=Axis(flagship["axis_suggested"]),
            objectives=[Objective.o3],
            flagship=True,
            cohort=plan["plan"]["flagship_cohort"]["label"],
        )
        await db.save(action, event="actions.action.created", by=SYSTEM)
        report.lines.append(f"action {flagship['code']} : créée (brouillon) « {flagship['label']} »")
        report.changed += 1
    return report
