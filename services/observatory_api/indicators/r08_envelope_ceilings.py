"""What the envelopes may commit."""

from collections.abc import Iterable

from services.contracts.recruitment import SchemeEnvelopeState
from services.observatory_api.indicators.contributions import Contribution, count
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, FISCAL_YEAR, FUNDER, SCHEME_CODE
from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Euros
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R08",
    label="Plafonds des enveloppes",
    theme=RECRUITMENT,
    definition=1,
    counted=Euros("de plafond", "de plafonds"),
    unit=Unit.cents,
    by=(SCHEME_CODE, FISCAL_YEAR, FUNDER, DEPARTMENT),
    listing=rows_of("/recruitment/v1/envelopes", note="une ligne par enveloppe : son plafond"),
)
def envelope_ceilings(envelope: SchemeEnvelopeState) -> Iterable[Contribution]:
    """Plafonds des enveloppes : somme des plafonds des enveloppes ouvertes, gelées ou closes, en centimes, à compter de leur ouverture."""
    yield count(envelope.opened_on, envelope.ceiling_cents)
