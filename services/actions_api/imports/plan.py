"""`plam import plan`: the flagship actions whose titles are public, as drafts."""

from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import BaseModel
from sqlmodel import select

from services.actions_api.actions.tables import Action
from services.contracts.codes import Axis, Objective
from services.kernel.base.fields import Code, Line
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Database

PLAN = Path(__file__).with_name("plan.yaml")
"""The facts of the plan, transcribed from its public presentation (October 2022)."""
SUGGESTED = "Axe et objectif proposés par l'import : la présentation publique du plan ne les précise pas."


class FlagshipFact(BaseModel):
    """A flagship action whose title is public."""

    code: Code
    label: Line
    axis_suggested: Axis


class CohortFact(BaseModel):
    """The cohort of the flagship actions."""

    label: Code


class PlanFact(BaseModel):
    """What is said of the plan itself."""

    flagship_cohort: CohortFact


class PlanFacts(BaseModel):
    """The part of the plan's facts that is imported; a file may say more."""

    plan: PlanFact
    flagship_actions_public: list[FlagshipFact]


@dataclass
class PlanReport:
    """What an import did, or would do."""

    lines: list[str] = field(default_factory=list)
    changed: int = 0


def read_plan(path: Path = PLAN) -> PlanFacts:
    """The plan's facts. Raises `OSError`, `yaml.YAMLError`, or `ValueError` for facts of another shape."""
    return PlanFacts.model_validate(yaml.safe_load(path.read_text("utf-8")))


async def import_plan(db: Database, plan: PlanFacts) -> PlanReport:
    """Loads the plan's facts; what is there already is left alone."""
    report = PlanReport()
    known = set(await db.fetch(select(Action.ref)))
    for flagship in plan.flagship_actions_public:
        if flagship.code in known:
            report.lines.append(f"action {flagship.code} : déjà là")
            continue
        action = Action(
            ref=flagship.code,
            title=flagship.label,
            description=SUGGESTED,
            axis=flagship.axis_suggested,
            objectives=[Objective.o3],
            flagship=True,
            cohort=plan.plan.flagship_cohort.label,
        )
        await db.save(action, event="actions.action.created", by=SYSTEM)
        report.lines.append(f"action {flagship.code} : créée (brouillon) « {flagship.label} »")
        report.changed += 1
    return report
