"""Sites that are not closed."""

from collections.abc import Iterable

from services.contracts.access import SiteState, SiteStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, SECTOR
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import NETWORK


@total(
    "N01",
    label="Sites actifs",
    theme=NETWORK,
    definition=1,
    counted=Noun("site", "sites"),
    by=(DEPARTMENT, SECTOR),
    shown_by=(DEPARTMENT,),
    listing=rows_of("/access/v1/sites?status=active"),
)
def active_sites(site: SiteState) -> Iterable[Contribution]:
    """Sites actifs : nombre de sites des organisations du plan, hors sites fermés."""
    for spell in spells(site.history):
        if spell.status == SiteStatus.active:
            yield from lasting(count(spell.start), spell.end)
