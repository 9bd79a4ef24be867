"""The chapter of internships: units offer seats every day, institutes ask for them, hosts answer some days later."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.demo.parties import Thing
from services.demo.world import FRAME, House, World

UNITS, OFFERS = "/internships/v1/units", "/internships/v1/offers"
REQUESTS, PLACEMENTS = "/internships/v1/requests", "/internships/v1/placements"
MONDAY = FRAME + timedelta(weeks=1)
"""The first Monday on which an internship begins."""
LAST_MONDAY = FRAME + timedelta(weeks=30)

BY_SECTOR = {
    "sanitary": (("MED", "Médecine polyvalente", ["ide", "as"]), ("CHIR", "Chirurgie", ["ide", "as", "ibode"])),
    "medico_social": (("HEB", "Hébergement", ["as", "aes"]),),
    "social": (("ACC", "Accompagnement", ["es", "me", "aes"]),),
}
"""Units of a site, by its sector: code, name, professions."""

SEATS = 12
"""Full-time seats of a unit: no more than its offers may have together."""
OFFERS_A_DAY, REQUESTS_A_DAY, OFFERS_A_UNIT = 4, 6, 4
REFUSALS = ("no_tutor", "level", "dates")


@dataclass
class Ground:
    """A unit, and how many offers it has made."""

    unit: Thing
    offers: int = 0


@dataclass(frozen=True)
class Asked:
    """A request that waits: of whom, from whom, and the day on which it is answered."""

    request: Thing
    institute: House
    ground: Ground
    answered: date


class Internships:
    """Units, capacity, offers, requests, placements."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._grounds: list[Ground] = []
        self._offers: list[tuple[Thing, Ground]] = []
        self._asked: list[Asked] = []
        self._placements: list[tuple[Thing, House]] = []
        self._learners = 0

    async def frame(self) -> None:
        """Units with their capacity, each with a first offer."""
        for house in self._world.with_role("host"):
            for site in house.sites:
                for code, name, professions in BY_SECTOR[site.seen["sector"]]:
                    said: dict[str, Any] = {
                        "organisation_id": house.id,
                        "site_id": site.id,
                        "code": code,
                        "name": name,
                        "professions": professions,
                    }
                    unit = await house.party.make(UNITS, **said, first_placement_suitable=code != "CHIR")
                    weeks = {"from_week": MONDAY.isoformat(), "to_week": LAST_MONDAY.isoformat()}
                    await house.party.put(f"{unit.path}/capacity", **weeks, capacity_tenths=SEATS * 10)
                    self._grounds.append(Ground(unit))
        for ground in self._grounds:
            await self._offer(ground, first=MONDAY, weeks=2)

    async def live(self) -> None:
        """Answers first; then new offers, new requests, and what happens once in the month."""
        await self._once()
        for asked in [asked for asked in self._asked if asked.answered <= self._world.today]:
            await self._answer(asked)
        free = [ground for ground in self._grounds if ground.offers < OFFERS_A_UNIT and self._open(ground)]
        for ground in self._world.chance.sample(free, min(OFFERS_A_DAY, len(free))):
            monday = self._world.today + timedelta(days=7 - self._world.today.weekday())
            start = monday + timedelta(weeks=self._world.chance.randrange(8))
            await self._offer(ground, first=start, weeks=self._world.chance.randint(2, 8))
        for _ in range(REQUESTS_A_DAY):
            await self._ask()
        if self._placements and self._world.happens(60):
            await self._cancel(*self._placements.pop(self._world.chance.randrange(len(self._placements))))

    def _host(self, ground: Ground) -> House:
        return self._world.at(ground.unit.seen["site_id"])

    def _open(self, ground: Ground) -> bool:
        return ground.unit.seen["site_id"] not in self._world.shut and ground.unit.seen["status"] == "active"

    async def _offer(self, ground: Ground, first: date, weeks: int) -> None:
        ground.offers += 1
        offered = self._world.chance.sample(ground.unit.seen["professions"], self._world.chance.randint(1, 2))
        period = {"starts_on": first.isoformat(), "ends_on": (first + timedelta(weeks=weeks)).isoformat()}
        seats = self._world.chance.randint(1, SEATS // OFFERS_A_UNIT)
        host = self._host(ground).party
        offer = await host.make(OFFERS, force=True, unit_id=ground.unit.id, professions=offered, seats=seats, **period)
        self._offers.append((await host.move(offer, "publish"), ground))

    async def _ask(self) -> None:
        """An institute, more often than not of the same department, asks for seats of an offer that has some."""
        offer, ground = self._world.chance.choice([pair for pair in self._offers if self._open(pair[1])])
        institutes = self._world.with_role("institute")
        near = [house for house in institutes if house.department == ground.unit.seen["department"]]
        institute = self._world.chance.choice(near if self._world.happens(75) else institutes)
        live = await institute.party.read(f"{offer.path}/live")
        if not live["requestable_seats"]:
            return
        said = {
            "offer_id": offer.id,
            "profession": self._world.chance.choice(offer.seen["professions"]),
            "learners": self._world.chance.randint(1, min(2, live["requestable_seats"])),
        }
        request = await institute.party.make(REQUESTS, force=True, **said)
        answered = self._world.today + timedelta(days=self._world.chance.randint(1, 9))
        self._asked.append(Asked(request, institute, ground, answered))

    async def _answer(self, asked: Asked) -> None:
        """The host takes what it has room for; a request that ended with its offer needs no answer."""
        if not self._open(asked.ground):
            return
        self._asked.remove(asked)
        host, request = self._host(asked.ground).party, await asked.institute.party.look(asked.request)
        if request.seen["status"] != "submitted":
            return
        if self._world.happens(6):
            await asked.institute.party.move(request, "withdraw")
        elif (await host.read(f"{OFFERS}/{request.seen['offer_id']}/live"))["requestable_seats"] < request.seen["learners"]:
            await host.move(request, "decline", reason="full")
        elif self._world.happens(15):
            await host.move(request, "decline", reason=self._world.chance.choice(REFUSALS))
        else:
            await host.move(request, "accept")
            await self._welcome(request, asked.institute)

    async def _welcome(self, request: Thing, institute: House) -> None:
        """The institute says who comes, by a code of its own."""
        for placement in await institute.party.find(PLACEMENTS, request_id=request.id):
            self._learners += 1
            learner = f"DEMO{self._learners:04d}"
            await institute.party.change(placement, learner_ref=learner)
            self._placements.append((placement, institute))

    async def _cancel(self, placement: Thing, institute: House) -> None:
        if placement.seen["ends_on"] > self._world.today.isoformat():
            await institute.party.move(placement, "cancel", reason=self._world.chance.choice(("learner_withdrew", "curriculum")))

    async def _once(self) -> None:
        """A unit is suspended and resumes; offers are corrected, resized, cancelled, closed and opened again."""
        ground, day = self._grounds[-1], self._world.day
        offer, host = self._offers[0][0], self._host(self._offers[0][1]).party
        if day == 8:
            await self._host(ground).party.move(ground.unit, "suspend", reason="Réorganisation du service")
        elif day == 17:
            await self._host(ground).party.move(ground.unit, "resume")
        elif day == 2:
            await host.change(offer, description="Encadrement renforcé la première semaine")
        elif day == 3:
            await host.move(offer, "resize", seats=offer.seen["seats"] + 1)
        elif day == 4:
            await host.move(offer, "close")
        elif day == 7:
            await host.move(offer, "reopen", reason="Une place de plus")
        elif day == 10:
            await host.move(self._offers.pop(1)[0], "cancel", reason="Erreur de saisie")
