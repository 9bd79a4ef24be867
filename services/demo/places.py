"""The frame: organisations of the five departments and their sites, in real communes; some close, open again, change hands."""

from typing import Any

from services.contracts.codes import Role
from services.demo.parties import Thing
from services.demo.world import FICTION, House, World

ORGANISATIONS, SITES = "/access/v1/organisations", "/access/v1/sites"

HOSPITAL, HOME, SCHOOL = ("employer", "host"), ("employer", "host"), ("institute",)
FUNDER = "DEMO-FONDS"
"""The code of the organisation that funds, which envelopes name."""
ACTS = {"employer": Role.employer, "institute": Role.institute}
"""What somebody may be who acts for an organisation, by what it is for the plan."""

HOUSES = (
    # name, what it is for the plan, department, sites: (name, commune, sector)
    ("Mission d'appui au plan", ("partner", "steering"), "44", ()),
    ("Fonds régional des métiers", ("funder",), "44", ()),
    (
        "Centre hospitalier des Trois Rives",
        HOSPITAL,
        "44",
        (("Site des Trois Rives", "Nantes", "sanitary"), ("Antenne de l'Estuaire", "Saint-Nazaire", "sanitary")),
    ),
    ("Résidence des Genêts", HOME, "44", (("Résidence des Genêts", "Châteaubriant", "medico_social"),)),
    ("Foyer de l'Aubépine", HOME, "44", (("Foyer de l'Aubépine", "Rezé", "social"),)),
    ("Institut de formation de l'Estuaire", SCHOOL, "44", (("Campus de l'Estuaire", "Saint-Nazaire", "sanitary"),)),
    (
        "Centre hospitalier des Ardoisières",
        HOSPITAL,
        "49",
        (("Site des Ardoisières", "Angers", "sanitary"), ("Site du Bocage", "Cholet", "sanitary")),
    ),
    ("Résidence du Tuffeau", HOME, "49", (("Résidence du Tuffeau", "Saumur", "medico_social"),)),
    (
        "Aide à domicile des Coteaux",
        HOME,
        "49",
        (("Service des Coteaux", "Saumur", "social"), ("Point d'accueil des Mauges", "Cholet", "social")),
    ),
    ("Institut de formation des Coteaux", SCHOOL, "49", (("Campus des Coteaux", "Angers", "sanitary"),)),
    (
        "Centre hospitalier des Closeries",
        HOSPITAL,
        "53",
        (("Site des Closeries", "Laval", "sanitary"), ("Site de la Haute Vallée", "Mayenne", "sanitary")),
    ),
    ("Résidence des Halages", HOME, "53", (("Résidence des Halages", "Château-Gontier-sur-Mayenne", "medico_social"),)),
    ("Institut de formation des Closeries", SCHOOL, "53", (("Campus des Closeries", "Laval", "sanitary"),)),
    (
        "Centre hospitalier des Deux Vallées",
        HOSPITAL,
        "72",
        (("Site des Deux Vallées", "Le Mans", "sanitary"), ("Site du Belvédère", "La Flèche", "sanitary")),
    ),
    ("Résidence des Peupliers", HOME, "72", (("Résidence des Peupliers", "Sablé-sur-Sarthe", "medico_social"),)),
    ("Institut de formation des Deux Vallées", SCHOOL, "72", (("Campus des Deux Vallées", "Le Mans", "sanitary"),)),
    (
        "Centre hospitalier de la Dune",
        HOSPITAL,
        "85",
        (("Site de la Dune", "La Roche-sur-Yon", "sanitary"), ("Site de l'Océan", "Les Sables-d'Olonne", "sanitary")),
    ),
    ("Résidence du Marais", HOME, "85", (("Résidence du Marais", "Fontenay-le-Comte", "medico_social"),)),
    ("Résidence des Embruns", ("partner",), "85", (("Résidence des Embruns", "Les Sables-d'Olonne", "medico_social"),)),
    ("Institut de formation de la Dune", SCHOOL, "85", (("Campus de la Dune", "La Roche-sur-Yon", "sanitary"),)),
)


class Places:
    """Organisations and sites."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def frame(self) -> None:
        """Opens them all, each with somebody who acts for it."""
        for number, (name, roles, department, sites) in enumerate(HOUSES, 1):
            await self._open(number, name, roles, department, sites)
        await self._world.settled()

    async def _open(self, number: int, name: str, roles: tuple[str, ...], department: str, sites: tuple[tuple[str, str, str], ...]) -> None:
        steering = self._world.steering
        said: dict[str, Any] = {"name": f"{name} {FICTION}", "roles": list(roles), "department": department}
        if "funder" in roles:
            said |= {"funder_code": FUNDER, "contributor": "funder_other"}
        organisation = await steering.make(ORGANISATIONS, **said)
        opened = []
        for site, commune, sector in sites:
            code = await self._commune(commune, department)
            opened.append(await steering.make(SITES, organisation_id=organisation.id, name=site, commune_code=code, sector=sector))
        acts = [ACTS[role] for role in roles if role in ACTS] or [Role.partner]
        party = self._world.party(f"house-{number}", *acts, organisation=organisation.id, departments=[department])
        self._world.houses.append(House(organisation, acts, party, opened))

    async def _commune(self, name: str, department: str) -> str:
        found = await self._world.steering.find("/access/v1/communes", q=name, department=department, limit=1)
        return str(found[0].seen["code"])

    async def live(self) -> None:
        """A site closes for works and opens again, another changes hands, an organisation closes for good."""
        steering, day = self._world.steering, self._world.day
        if day == 9:
            annex = self._site("Antenne de l'Estuaire")
            await steering.move(annex, "close", reason="Travaux de mise en sécurité")
            self._world.shut.add(annex.id)
        elif day == 16:
            annex = await steering.move(self._site("Antenne de l'Estuaire"), "reopen")
            self._world.shut.discard(annex.id)
        elif day == 21:
            point, taker = self._site("Point d'accueil des Mauges"), self._world.named("Ardoisières")
            await steering.move(point, "transfer", organisation_id=taker.id, on=self._world.within(0), reason="Reprise d'activité")
            self._world.at(point.id).sites.remove(point)
            taker.sites.append(point)
            self._world.shut.add(point.id)
        elif day == 22:
            self._world.shut.discard(self._site("Point d'accueil des Mauges").id)
        elif day == 24:
            await steering.move(self._world.named("Embruns").organisation, "close", reason="Cessation d'activité")
        await self._world.settled()

    def _site(self, name: str) -> Thing:
        return next(site for house in self._world.houses for site in house.sites if site.seen["name"] == name)
