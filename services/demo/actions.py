"""The chapter of the plan: actions on its seven axes, and their milestones, early, late, rescheduled, reopened.

The titles of F1 to F4 are public, and imported with the plan; all others are invented, and so is all that happens here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.demo.parties import Thing
from services.demo.world import FICTION, World, of_september

ACTIONS, MILESTONES = "/actions/v1/actions", "/actions/v1/milestones"
DECISION = "COPIL-2026-08-31"
ALL_SECTORS = ("sanitary", "medico_social", "social")

Moves = Mapping[int, tuple[str, Mapping[str, Any]]]
"""Day of September (0: the frame) → a verb and what it says."""


@dataclass(frozen=True)
class Step:
    """A milestone: its title, when it is due (days after the frame), what becomes of it."""

    title: str
    due: int
    moves: Moves = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """An action: what it says (one that is imported has its title), what becomes of it, its milestones."""

    ref: str
    title: str | None
    axis: str
    objectives: Sequence[str]
    moves: Moves
    steps: Sequence[Step] = ()
    departments: Sequence[str] = ()
    sectors: Sequence[str] = ("sanitary",)
    sides: Sequence[str] = ("paramedical",)
    ends: int | None = None


def reached(day: int) -> Moves:
    """Reached on a day."""
    return {day: ("reach", {"evidence": "Compte rendu de la démonstration"})}


def later(day: int, due: int, reason: str) -> Moves:
    """Rescheduled on a day."""
    return {day: ("reschedule", {"due": of_september(due), "reason": reason})}


SUBMITTED: Moves = {0: ("submit", {})}
APPROVED: Moves = {1: ("approve", {"decision_ref": f"{DECISION}-1"})}
UNDER_WAY: Moves = {**SUBMITTED, **APPROVED, 2: ("start", {})}

SHEETS = (
    Sheet(
        "F1",
        None,
        "A7",
        ["O3"],
        UNDER_WAY,
        (Step("Convention type signée", 11, reached(9)), Step("Premiers contrats signés", 25, reached(25))),
        sectors=ALL_SECTORS,
    ),
    Sheet(
        "F2",
        None,
        "A3",
        ["O2", "O3"],
        UNDER_WAY,
        (Step("Besoins des employeurs recensés", 15, reached(22)), Step("Sections nouvelles ouvertes", 24, later(17, 45, "regulatory"))),
        sectors=("sanitary", "medico_social"),
    ),
    Sheet(
        "F3",
        None,
        "A2",
        ["O1", "O3"],
        {**SUBMITTED, **APPROVED},
        (Step("Protocole d'expérimentation validé", 14, reached(14)), Step("Établissements volontaires désignés", 18)),
    ),
    Sheet(
        "F4",
        None,
        "A4",
        ["O2", "O3"],
        UNDER_WAY,
        (
            Step("Charte régionale du tutorat signée", 10, reached(4)),
            Step("Annuaire des tuteurs ouvert", 18, {**reached(10), 14: ("reopen", {"reason": "Annuaire incomplet"}), 21: ("reach", {})}),
            Step("Bilan à mi-parcours", 60),
        ),
        sides=("medical", "paramedical"),
    ),
    Sheet(
        "D1",
        "Journées de découverte des métiers en territoire rural",
        "A1",
        ["O2"],
        {**UNDER_WAY, 24: ("complete", {}), 29: ("evaluate", {})},
        (Step("Programme arrêté", 8, reached(8)), Step("Journées tenues", 23, reached(23))),
        departments=("53", "72"),
        sectors=ALL_SECTORS,
    ),
    Sheet(
        "D2",
        "Guichet d'accueil des nouveaux professionnels",
        "A1",
        ["O3"],
        UNDER_WAY,
        (Step("Guichet ouvert au public", 17),),
        departments=("72",),
        ends=21,
    ),
    Sheet(
        "D3",
        "Entraide entre promotions d'étudiants",
        "A2",
        ["O4"],
        {8: ("submit", {}), 10: ("send-back", {"reason": "Budget à préciser"}), 15: ("submit", {})},
        departments=("49",),
    ),
    Sheet(
        "D4",
        "Mise en relation des apprentis et des employeurs",
        "A3",
        ["O4"],
        {**SUBMITTED, **APPROVED, 23: ("abandon", {"decision_ref": f"{DECISION}-2"})},
        (Step("Cahier des charges rédigé", 22),),
    ),
    Sheet(
        "D5",
        "Cartographie partagée des terrains de stage",
        "A4",
        ["O1"],
        UNDER_WAY,
        (Step("Terrains de Loire-Atlantique saisis", 16, reached(15)), Step("Terrains de Vendée saisis", 28, later(24, 44, "resource"))),
        departments=("44", "85"),
        sectors=ALL_SECTORS,
    ),
    Sheet(
        "D6",
        "Cercles de pairs pour les cadres de proximité",
        "A5",
        ["O2", "O4"],
        UNDER_WAY,
        (
            Step("Premier cercle réuni", 11, reached(11)),
            Step("Deuxième cercle réuni", 25, reached(28)),
            Step("Site de partage ouvert", 30, {17: ("cancel", {"reason": "Outil existant retenu"})}),
        ),
        sectors=ALL_SECTORS,
    ),
    Sheet(
        "D7",
        "Intégration des nouveaux responsables d'équipe",
        "A5",
        ["O3"],
        {7: ("submit", {}), 21: ("approve", {"decision_ref": f"{DECISION}-3"})},
        (Step("Parcours décrit", 40),),
        departments=("44", "49"),
    ),
    Sheet(
        "D8",
        "Horaires choisis : expérimentation dans dix services",
        "A6",
        ["O3", "O4"],
        UNDER_WAY,
        (Step("Services volontaires connus", 9, reached(9)), Step("Première mesure faite", 29, reached(29))),
        departments=("85",),
        sectors=("sanitary", "medico_social"),
    ),
    Sheet(
        "D9",
        "Baromètre de la qualité de vie au travail",
        "A6",
        ["O1"],
        {**UNDER_WAY, 11: ("complete", {}), 18: ("reopen", {"reason": "Deuxième vague demandée"})},
        (Step("Première vague publiée", 10, reached(10)),),
        sectors=ALL_SECTORS,
    ),
    Sheet(
        "D10",
        "Réserve régionale de remplaçants",
        "A7",
        ["O3"],
        {**UNDER_WAY, 16: ("suspend", {"reason": "Arbitrage attendu sur le financement"})},
        (Step("Règles de la réserve fixées", 14, later(11, 22, "partner")), Step("Cinquante inscrits", 36)),
        departments=("49", "53"),
        sectors=("sanitary", "medico_social"),
    ),
    Sheet("D11", "Retour à l'emploi des soignants qui ont quitté le métier", "A7", ["O2"], {}),
)

BY_STEERING = frozenset({"approve", "evaluate", "reopen", "abandon"})
"""The moves of actions that the committee does not make."""


class Actions:
    """Actions and milestones."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._actions: list[tuple[Thing, Moves]] = []
        self._milestones: list[tuple[Thing, Moves]] = []

    async def frame(self) -> None:
        """Every sheet, with its milestones; the flagships are there already, as drafts without a lead."""
        imported = {action.seen["ref"]: action for action in await self._world.committee.find(ACTIONS)}
        lead = self._world.houses[0].id
        for sheet in SHEETS:
            said: dict[str, Any] = {
                "axis": sheet.axis,
                "objectives": sheet.objectives,
                "departments": sheet.departments,
                "sectors": sheet.sectors,
                "sides": sheet.sides,
                "lead_organisation_id": lead,
                "ends_on": sheet.ends and of_september(sheet.ends),
            }
            if flagship := imported.get(sheet.ref):
                action = await self._world.committee.change(flagship, **said)
            else:
                action = await self._world.committee.make(
                    ACTIONS, ref=sheet.ref, title=f"{sheet.title} {FICTION}", cohort="2026-2027", **said
                )
            self._actions.append((action, sheet.moves))
            for step in sheet.steps:
                milestone = await self._world.committee.make(MILESTONES, action_id=action.id, title=step.title, due=of_september(step.due))
                self._milestones.append((milestone, step.moves))
        await self.live()

    async def live(self) -> None:
        """What the sheets say of today: milestones first, for an action ends after them."""
        for milestone, moves in self._milestones:
            if said := moves.get(self._world.day):
                await self._world.committee.move(milestone, said[0], **said[1])
        for action, moves in self._actions:
            if said := moves.get(self._world.day):
                party = self._world.steering if said[0] in BY_STEERING else self._world.committee
                await party.move(action, said[0], **said[1])
