"""Organisations actives : nombre d'entités juridiques du plan.

Une organisation qui tient plusieurs rôles compte une fois dans le total, et une fois dans chacun.
"""

from collections.abc import Iterable

from services.contracts.access import OrganisationState, OrganisationStatus
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, spells, total


@total(
    "A02",
    label="Organisations actives",
    definition=1,
    by=("department", "role"),
    many=("role",),
    listing=rows_of("/access/v1/organisations?status=active"),
)
def active_organisations(organisation: OrganisationState) -> Iterable[Contribution]:
    for spell in spells(organisation.history):
        if spell.status == OrganisationStatus.active:
            yield from lasting(count(spell.start), spell.end)
