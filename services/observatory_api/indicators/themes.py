"""What indicators are about: the parts of the page, in their order. An indicator names its theme; one of a new theme may declare it."""

from typing import NamedTuple


class Theme(NamedTuple):
    """A name that stands in addresses, a title and a sentence for readers, and a place among the others."""

    anchor: str
    title: str
    words: str
    order: int


PLAN = Theme("plan", "Le plan", "Actions, jalons et couverture des axes et des objectifs.", 1)
INTERNSHIPS = Theme("stages", "Les stages", "Terrains, offres et demandes de stage.", 2)
RECRUITMENT = Theme("recrutement", "Le recrutement", "Postes à pourvoir, candidatures et enveloppes des dispositifs.", 3)
NETWORK = Theme("reseau", "Le réseau", "Organisations et sites qui portent le plan.", 4)
