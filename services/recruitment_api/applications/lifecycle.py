"""The life cycle of an application, in one look."""

from services.contracts.recruitment import ApplicationStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.submitted: (S.accepted, S.declined, S.withdrawn, S.need_closed)})

move = LIFECYCLE.move
