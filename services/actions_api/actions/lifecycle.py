"""The life cycle of an action, in one look."""

from services.contracts.actions import ActionStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {
        S.draft: (S.submitted,),
        S.submitted: (S.approved, S.draft),
        S.approved: (S.in_progress, S.abandoned),
        S.in_progress: (S.suspended, S.completed, S.abandoned),
        S.suspended: (S.in_progress, S.abandoned),
        S.completed: (S.evaluated, S.in_progress),
    },
    {
        S.draft: "brouillon",
        S.submitted: "soumise",
        S.approved: "validée",
        S.in_progress: "en cours",
        S.suspended: "suspendue",
        S.completed: "terminée",
        S.evaluated: "évaluée",
        S.abandoned: "abandonnée",
    },
)

move = LIFECYCLE.move

ENDED = (S.completed, S.evaluated, S.abandoned)
"""The states of an action whose fiche and milestones no longer change."""

OPERATIONS = {
    "changeAction": (S.draft, S.submitted, S.approved, S.in_progress, S.suspended),
    "submitAction": (S.draft,),
    "sendBackAction": (S.submitted,),
    "approveAction": (S.submitted,),
    "startAction": (S.approved,),
    "suspendAction": (S.in_progress,),
    "resumeAction": (S.suspended,),
    "completeAction": (S.in_progress,),
    "evaluateAction": (S.completed,),
    "reopenAction": (S.completed,),
    "abandonAction": (S.approved, S.in_progress, S.suspended),
}
"""The operations on an action, and the statuses from which each may be asked for."""

BY_DECISION = ("sendBackAction", "approveAction", "evaluateAction", "reopenAction", "abandonAction")
"""Those that are not the lead organisation's: who prepares the plan decides on what it does."""
