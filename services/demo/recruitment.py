"""The chapter of recruitment: schemes and their money, needs published every day, applications, answers in time or not."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.demo.parties import Thing
from services.demo.places import FUNDER
from services.demo.world import FICTION, House, World

SCHEMES, ENVELOPES, COMMITMENTS = "/recruitment/v1/schemes", "/recruitment/v1/envelopes", "/recruitment/v1/commitments"
NEEDS, APPLICATIONS, ASSIGNMENTS = "/recruitment/v1/needs", "/recruitment/v1/applications", "/recruitment/v1/assignments"

SHOWN = (
    ("DEMO-ALLOC-2026", "study_allowance", "Allocation d'études"),
    ("DEMO-URGENCE-2026", "emergency_recruitment", "Recrutements d'urgence de la rentrée"),
    ("DEMO-APPRENTIS-2025", "apprenticeship", "Aide aux apprentis, ancienne règle"),
)
"""Schemes: code, kind, label. The last retires within the month."""
CEILINGS = {None: 60_000_000, "44": 12_000_000, "49": 9_000_000, "53": 5_000_000, "72": 7_000_000, "85": 8_000_000}
"""Cents of the envelopes of a year, the region's first."""
BY_SECTOR = {"sanitary": ("ide", "as", "ibode", "sf", "mem"), "medico_social": ("as", "aes", "ash"), "social": ("es", "me", "tisf")}
"""The professions that a site seeks, by its sector."""
URGENCIES = ("routine", "routine", "priority", "priority", "urgent", "critical")
NEEDS_A_DAY, APPLICATIONS_A_DAY, COMMITMENTS_A_DAY = 4, 9, 3
REFUSALS = ("lacking_skills", "incompatible_schedule", "not_mobile")


@dataclass(frozen=True)
class Pending:
    """An application that waits, and the day on which its employer answers."""

    application: Thing
    need: Thing
    answered: date


class Recruitment:
    """Schemes, envelopes, commitments, needs, applications, assignments."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schemes: list[Thing] = []
        self._envelopes: list[Thing] = []
        self._commitments: list[Thing] = []
        self._needs: list[Thing] = []
        self._pending: list[Pending] = []
        self._hired: list[tuple[Thing, House]] = []
        self._candidates = 0

    async def frame(self) -> None:
        """Schemes, their envelopes, and the first needs."""
        for code, kind, label in SHOWN:
            scheme = await self._world.steering.make(SCHEMES, code=code, kind=kind, label=f"{label} {FICTION}")
            self._schemes.append(await self._world.steering.move(scheme, "activate"))
        await self._world.steering.make(SCHEMES, code="DEMO-AIDE-2027", kind="installation_grant", label=f"Aide à l'installation {FICTION}")
        for department, ceiling in CEILINGS.items():
            scheme = self._schemes[0 if department is None else 1]
            said: dict[str, Any] = {"scheme_id": scheme.id, "fiscal_year": 2026, "funder": FUNDER, "department": department}
            self._envelopes.append(await self._world.finance.make(ENVELOPES, **said, ceiling_cents=ceiling))
        for house in self._world.with_role("employer"):
            await self._publish(house)

    async def live(self) -> None:
        """Answers first; then money, needs, applications, and what happens once in the month."""
        await self._once()
        for pending in [pending for pending in self._pending if pending.answered <= self._world.today]:
            await self._answer(pending)
        for _ in range(COMMITMENTS_A_DAY):
            await self._commit()
        for house in self._world.chance.sample(self._world.with_role("employer"), NEEDS_A_DAY):
            await self._publish(house)
        for _ in range(APPLICATIONS_A_DAY):
            await self._apply()
        if self._hired and self._world.happens(35):
            assignment, house = self._hired.pop(self._world.chance.randrange(len(self._hired)))
            await house.party.move(assignment, "cancel", reason=self._world.chance.choice(("candidate_withdrew", "no_show")))

    async def _commit(self) -> None:
        number = len(self._commitments)
        envelope = self._envelopes[number % len(self._envelopes)]
        amount = self._world.chance.randrange(1_500, 6_000, 250) * 100
        reference = f"DEMO-{number + 1:04d}"
        if (await self._world.finance.look(envelope)).seen["status"] == "open":
            made = await self._world.finance.make(COMMITMENTS, envelope_id=envelope.id, amount_cents=amount, reference=reference)
            self._commitments.append(made)

    async def _publish(self, house: House) -> None:
        """An employer seeks people for a site that is open; when it presses, a scheme pays."""
        open_sites = [site for site in house.sites if site.id not in self._world.shut]
        if not open_sites:
            return
        site, urgency = self._world.chance.choice(open_sites), self._world.chance.choice(URGENCIES)
        said: dict[str, Any] = {
            "site_id": site.id,
            "profession": self._world.chance.choice(BY_SECTOR[site.seen["sector"]]),
            "headcount": self._world.chance.randint(1, 4),
            "urgency": urgency,
            "legal_forms": ["cdi", "cdd"],
            "starts_on": self._world.within(self._world.chance.randint(15, 45)),
            "expires_on": self._world.within(self._world.chance.randint(6, 28)),
            "scheme_id": self._schemes[1].id if urgency in ("urgent", "critical") else None,
        }
        need = await house.party.make(NEEDS, force=True, **said)
        self._needs.append(await house.party.move(need, "publish"))

    async def _apply(self) -> None:
        """Somebody, known by a code, applies to a need that seeks: through the HR partner of the department, or at the employer's."""
        need = self._world.chance.choice(self._needs)
        employer = self._world.at(need.seen["site_id"]).party
        if need.seen["site_id"] in self._world.shut or (await employer.look(need)).seen["status"] not in ("open", "partially_filled"):
            return
        self._candidates += 1
        through = self._world.hr_partners.get(need.seen["department"], employer)
        application = await through.make(APPLICATIONS, need_id=need.id, candidate_ref=f"DEMO{self._candidates:05d}")
        answered = self._world.today + timedelta(days=self._world.chance.randint(1, 12 if need.seen["urgency"] == "routine" else 5))
        self._pending.append(Pending(application, need, answered))

    async def _answer(self, pending: Pending) -> None:
        """The employer takes most; an application that ended with its need needs no answer."""
        if pending.need.seen["site_id"] in self._world.shut:
            return
        self._pending.remove(pending)
        house = self._world.at(pending.need.seen["site_id"])
        employer, application = house.party, await house.party.look(pending.application)
        if application.seen["status"] != "submitted":
            return
        if self._world.happens(8):
            await employer.move(application, "withdraw")
        elif self._world.happens(30):
            await employer.move(application, "decline", reason=self._world.chance.choice(REFUSALS))
        else:
            await employer.move(application, "accept", legal_form=self._world.chance.choice(("cdi", "cdd")))
            (hired,) = await employer.find(ASSIGNMENTS, application_id=application.id)
            self._hired.append((hired, house))

    async def _once(self) -> None:
        """Money is frozen, raised, released; needs are prolonged, corrected, cancelled; a scheme retires."""
        day, finance = self._world.day, self._world.finance
        if day == 8:
            await finance.move(self._envelopes[3], "freeze", reason="Contrôle des pièces")
        elif day == 11:
            await finance.move(self._envelopes[3], "unfreeze")
        elif day == 15:
            await finance.move(self._envelopes[1], "ceiling", ceiling_cents=14_000_000, reason="Dotation complémentaire")
        elif day == 18:
            await finance.move(self._commitments[4], "release", reason="Désistement")
        elif day == 22:
            await self._world.steering.move(self._schemes[2], "retire")
        elif day == 23:
            await finance.move(self._envelopes[5], "close", reason="Fin de campagne")
        elif day in (14, 25):
            await self._first("expired", "prolong", expires_on=self._world.within(10))
        elif day == 17:
            await self._first("open", "cancel", reason="Poste supprimé")

    async def _first(self, status: str, verb: str, **body: Any) -> None:
        """Moves the first need that has a status."""
        for need in self._needs:
            employer = self._world.at(need.seen["site_id"]).party
            if need.seen["site_id"] not in self._world.shut and (await employer.look(need)).seen["status"] == status:
                await employer.move(need, verb, **body)
                return
