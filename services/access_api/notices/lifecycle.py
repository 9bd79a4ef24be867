"""The life cycle of a notice, in one look."""

from services.access_api.notices.tables import NoticeStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {
        S.pending: (S.sent, S.digested, S.failed, S.muted),
        S.failed: (S.pending,),
        S.sent: (),
        S.digested: (),
        S.muted: (),
    },
    {S.pending: "à envoyer", S.sent: "envoyé", S.digested: "envoyé", S.failed: "non envoyé", S.muted: "non voulu"},
)

move = LIFECYCLE.move

OPERATIONS = {"retryNotice": (S.failed,)}
"""The operations on a notice, and the statuses from which each may be asked for."""
