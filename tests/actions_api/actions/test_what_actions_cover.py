"""What actions cover, sectors and sides, in the figures and in the service's own tables."""

import httpx

from services.actions_api.service import SERVICE
from services.kernel.data.database import Databases
from services.observatory_api.values import operations
from services.observatory_api.values.schemas import ValuesQuery
from tests.support.actions import an_approved_action
from tests.support.figures import hand_over

SECTORS = ["sanitary", "medico_social", "social"]


async def test_the_tables_and_the_figures_say_the_same_of_each_cover(steering: httpx.AsyncClient, databases: Databases) -> None:
    await an_approved_action(steering, sectors=SECTORS, sides=["medical", "paramedical"])
    await an_approved_action(steering, sectors=SECTORS[:1], sides=["medical", "paramedical"])
    await an_approved_action(steering, sectors=SECTORS[1:], sides=["medical"])

    assert (await hand_over(databases, SERVICE)).differences == []

    async with databases.open("observatory") as db:
        found = await operations.indicator_values(db, "K14", ValuesQuery(by="cover"))
    covers = {group.dimensions["cover"]: (group.numerator, group.denominator) for group in found.groups}
    assert (found.numerator, covers) == (1, {"sectors": (1, 3), "sides": (2, 3)})
