"""What the organisation that leads an action does not say of it: who prepares the plan does."""

from collections.abc import Mapping
from typing import Any

from services.contracts.actions import ActionStatus
from services.kernel.base.problems import FieldError, Invalid

BY_PLANNERS = ("flagship", "cohort", "weight")
"""The place of an action in the plan."""


def kept_by_planners(status: ActionStatus) -> tuple[str, ...]:
    """What only who prepares the plan changes of an action: its place, who leads it, and, once it is no draft, who decides on it."""
    whose = ("lead_organisation_id",) if status is ActionStatus.draft else ("lead_organisation_id", "departments")
    return *BY_PLANNERS, *whose


def check_settable(said: Mapping[str, tuple[Any, Any]]) -> None:
    """Raises `Invalid`, which names each field whose value (new, old) would change. The same value again sets nothing."""
    told = "Le pilotage et les comités en décident : retirez ce champ, ou demandez-leur."
    refused = sorted(name for name, (new, old) in said.items() if new != old)
    if refused:
        errors = [FieldError(pointer=f"#/{name}", location="body", code="not_yours", detail=told) for name in refused]
        raise Invalid(f"{', '.join(refused)} : {told[0].lower()}{told[1:]}", errors=errors)
