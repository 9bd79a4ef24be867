"""The life cycle of a scheme, in one look."""

from services.contracts.recruitment import SchemeStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.draft: (S.active,), S.active: (S.retired,)},
    {S.draft: "brouillon", S.active: "actif", S.retired: "retiré"},
)

move = LIFECYCLE.move

OPERATIONS = {
    "changeScheme": (S.draft,),
    "activateScheme": (S.draft,),
    "retireScheme": (S.active,),
}
"""The operations on a scheme, and the statuses from which each may be asked for."""
