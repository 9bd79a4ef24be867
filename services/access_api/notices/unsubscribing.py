"""Who has a message asks for no more of its kind, without a token: the link that it bears is signed (RFC 8058)."""

from typing import NamedTuple
from uuid import UUID

from services.access_api.notices import queries
from services.access_api.notices.links import is_signed
from services.access_api.notices.messages import HTML
from services.access_api.persons.tables import Delivery
from services.access_api.preferences.operations import refuse
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database


class Page(NamedTuple):
    """An answer for a person."""

    html: str
    status: int


async def unsubscribe(db: Database, notice_id: UUID, signature: str, *, by: Principal, confirmed: bool) -> Page:
    """Says what the link does, and does it once it is `confirmed`: programs that follow links consume nothing."""
    with db.as_service():
        found = await db.fetch(queries.by_id(notice_id)) if is_signed(db.databases, notice_id, signature) else []
        if not found:
            words = "Ce lien n'est pas, ou n'est plus, de ceux que PlaM a écrits. Connectez-vous pour choisir comment recevoir les avis."
            return _page("Lien inconnu", words, status=404)
        [notice] = found
        whole = notice.delivery is Delivery.digest
        what = "de récapitulatif" if whole else f"de message « {notice.topic.label} »"
        if not confirmed:
            return _page("Ne plus recevoir ces messages ?", f"Vous ne recevrez plus {what}.", asks=True)
        await refuse(db, notice.person_id, notice.topic, whole_digest=whole, by=by)
    return _page("C'est fait", f"Vous ne recevrez plus {what}. Connectez-vous pour changer cela.")


def _page(title: str, words: str, *, status: int = 200, asks: bool = False) -> Page:
    return Page(HTML.get_template("unsubscribe.html").render(title=title, words=words, asks=asks), status)
