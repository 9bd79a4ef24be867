"""Plafonds des enveloppes : somme des plafonds des enveloppes ouvertes, gelées ou closes, en centimes, à compter de leur ouverture."""

from collections.abc import Iterable

from services.contracts.recruitment import SchemeEnvelopeState
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Unit, count, total


@total(
    "R08",
    label="Plafonds des enveloppes",
    definition=1,
    by=("scheme_code", "fiscal_year", "funder", "department"),
    unit=Unit.cents,
    listing=rows_of("/recruitment/v1/envelopes", note="une ligne par enveloppe : son plafond"),
)
def envelope_ceilings(envelope: SchemeEnvelopeState) -> Iterable[Contribution]:
    yield count(envelope.opened_on, envelope.ceiling_cents)
