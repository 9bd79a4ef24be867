"""Organisations of the plan, and by what they do in it."""

from collections.abc import Iterable

from services.contracts.access import OrganisationState, OrganisationStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, ROLE
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import NETWORK


@total(
    "N02",
    label="Organisations actives",
    theme=NETWORK,
    definition=1,
    counted=Noun("organisation", "organisations"),
    by=(DEPARTMENT, ROLE),
    shown_by=(ROLE,),
    listing=rows_of("/access/v1/organisations?status=active"),
)
def active_organisations(organisation: OrganisationState) -> Iterable[Contribution]:
    """Organisations actives : nombre d'entités juridiques du plan.

    Une organisation qui tient plusieurs rôles compte une fois dans le total, et une fois dans chacun.
    """
    for spell in spells(organisation.history):
        if spell.status == OrganisationStatus.active:
            yield from lasting(count(spell.start), spell.end)
