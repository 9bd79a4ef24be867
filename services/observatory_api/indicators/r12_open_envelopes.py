"""Envelopes that take commitments."""

from collections.abc import Iterable

from services.contracts.recruitment import EnvelopeStatus, SchemeEnvelopeState
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, FISCAL_YEAR, FUNDER, SCHEME_CODE
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R12",
    label="Enveloppes ouvertes",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("enveloppe", "enveloppes"),
    by=(SCHEME_CODE, FISCAL_YEAR, FUNDER, DEPARTMENT),
    listing=rows_of("/recruitment/v1/envelopes?status=open"),
)
def open_envelopes(envelope: SchemeEnvelopeState) -> Iterable[Contribution]:
    """Enveloppes ouvertes : nombre d'enveloppes qui acceptent des engagements, ni gelées ni closes."""
    for spell in spells(envelope.history):
        if spell.status == EnvelopeStatus.open:
            yield from lasting(count(spell.start), spell.end)
