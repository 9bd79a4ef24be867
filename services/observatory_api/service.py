"""The observatory: what happens in the other services becomes facts, and facts become figures."""

from services.kernel.data.service import Service
from services.observatory_api.catalogue.routes import catalogue
from services.observatory_api.context.routes import context
from services.observatory_api.ledger.apply import apply
from services.observatory_api.ledger.retire import Facts
from services.observatory_api.ledger.tables import METADATA
from services.observatory_api.pages.routes import pages
from services.observatory_api.values.routes import values

SERVICE = Service(
    name="observatory",
    title="Observatoire",
    description="Les indicateurs du plan : catalogue, chiffres à un jour et à un état de connaissance donnés, séries de contexte.",
    metadata=METADATA,
    routers=(pages, catalogue, values, context),
    apply=apply,
    holdings=Facts(),
)
