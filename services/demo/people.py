"""Who acts for the organisations, and their software: a manager and a member each, a few who wait, ask, are away or leave. All invented."""

from collections.abc import Sequence
from typing import Any

from services.demo.parties import Party, Thing
from services.demo.world import FICTION, House, World

MEMBERSHIPS = "/access/v1/memberships"
CREDENTIALS = "/access/v1/me/credentials"
ADDRESS = "personne-{}@demonstration.example.org"
GIVEN = ("Adèle", "Basile", "Capucine", "Damien", "Élise", "Fabien", "Gaëlle", "Hervé", "Inès", "Joël", "Katell", "Lucien", "Maëlle", "Noé")
FAMILY = ("Aubrée", "Boisclair", "Chesnaie", "Dubreuil", "Ferronnière", "Grandpré", "Hautbois", "Lavergne", "Marchais", "Perrière", "Quéré")


class People:
    """Persons and their memberships."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._managers: dict[str, Party] = {}
        self._members: dict[str, Thing] = {}
        self._credentials: dict[str, Thing] = {}
        self._known = 0

    async def frame(self) -> None:
        """Steering names a manager for each organisation, who invites a colleague; both accept."""
        for house in self._world.houses:
            manager = await self._invite(self._world.steering, house, manager=True)
            self._managers[house.id] = await self._accept(manager)
            self._members[house.id] = await self._invite(self._managers[house.id], house)
            await self._accept(self._members[house.id])

    async def live(self) -> None:
        """Somebody is invited and never answers, somebody asks and is approved, is away, leaves; a credential is replaced, one revoked."""
        world = self._world
        hospital, home = world.named("Trois Rives"), world.named("Genêts")
        manager = self._managers[hospital.id]
        await self._software(hospital, manager)
        if world.day == 3:
            await self._invite(manager, hospital)
        elif world.day == 8:
            asking = self._acting(self._members[home.id])
            asked = await asking.make(
                f"{MEMBERSHIPS}/requests",
                organisation_id=hospital.id,
                roles=["employer"],
                departments=["44"],
                asked_message="Je remplace la responsable des stages un jour par semaine.",
            )
            self._members["asked"] = Thing(f"{MEMBERSHIPS}/{asked.id}", asked.seen)
        elif world.day == 10:
            await manager.move(self._members["asked"], "approve")
        elif world.day == 15:
            await manager.move(self._members[hospital.id], "suspend", reason="Absence de longue durée")
        elif world.day == 23:
            await manager.move(self._members[hospital.id], "resume")
        elif world.day == 25:
            leaving = self._members[world.named("Tuffeau").id]
            await self._acting(leaving).move(leaving, "leave")

    async def _software(self, hospital: House, manager: Party) -> None:
        """Two credentials are made; one is revoked, one replaced before it expires."""
        day, within = self._world.day, self._world.within
        if day == 4:
            for name, lasts in (("Gestion des stages", 40), ("Ancien portail", 300)):  # of the first, the managers are told in the month
                given: dict[str, Any] = {"roles": ["employer"], "departments": [hospital.department], "expires_on": within(lasts)}
                self._credentials[name] = await manager.make(CREDENTIALS, name=f"{name} {FICTION}", **given)
        elif day == 17:
            await manager.move(self._credentials["Ancien portail"], "revoke", reason="Portail arrêté")
        elif day == 22:
            await manager.move(self._credentials["Gestion des stages"], "rotate", expires_on=within(365))

    async def _invite(self, by: Party, house: House, *, manager: bool = False) -> Thing:
        given, family = self._next(GIVEN), self._next(FAMILY)
        self._known += 1
        return await by.make(
            MEMBERSHIPS,
            organisation_id=house.id,
            address=ADDRESS.format(self._known),
            given_name=given,
            family_name=family,
            roles=[str(role) for role in house.acts],
            departments=[house.department],
            manager=manager,
        )

    async def _accept(self, membership: Thing) -> Party:
        await self._acting(membership).move(membership, "accept")
        return self._acting(membership)

    def _acting(self, membership: Thing) -> Party:
        return self._world.acting(membership)

    def _next(self, names: Sequence[str]) -> str:
        return names[self._known % len(names)]
