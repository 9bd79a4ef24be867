"""The life cycle of a scheme, in one look."""

from services.contracts.recruitment import SchemeStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.draft: (S.active,), S.active: (S.retired,)})

move = LIFECYCLE.move
