"""Schemes that are open."""

from collections.abc import Iterable

from services.contracts.recruitment import SchemeState, SchemeStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import SCHEME_KIND
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R09",
    label="Dispositifs actifs",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("dispositif", "dispositifs"),
    by=(SCHEME_KIND,),
    listing=rows_of("/recruitment/v1/schemes?status=active", by_department=False),
)
def active_schemes(scheme: SchemeState) -> Iterable[Contribution]:
    """Dispositifs actifs : nombre de dispositifs de recrutement ouverts."""
    for spell in spells(scheme.history):
        if spell.status == SchemeStatus.active:
            yield from lasting(count(spell.start), spell.end)
