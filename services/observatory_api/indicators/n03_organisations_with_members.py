"""Organisations for which somebody acts, and by what they do in the plan."""

from collections.abc import Iterable

from services.contracts.access import OrganisationState
from services.observatory_api.indicators.contributions import Contribution, count, lasting
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, ROLE
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import NETWORK


@total(
    "N03",
    label="Organisations qui ont un membre actif",
    theme=NETWORK,
    definition=1,
    counted=Noun("organisation", "organisations"),
    by=(DEPARTMENT, ROLE),
    shown_by=(ROLE,),
    listing=no_list("la liste des organisations ne se filtre pas par leurs membres"),
)
def organisations_with_members(organisation: OrganisationState) -> Iterable[Contribution]:
    """Organisations qui ont un membre actif : celles pour lesquelles une personne au moins agit.

    Une organisation qui tient plusieurs rôles compte une fois dans le total, et une fois dans chacun.
    """
    for spell in organisation.member_spells:
        yield from lasting(count(spell.since), spell.until)
