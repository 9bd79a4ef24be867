"""How figures, days and instants are said in French: numbers with narrow no-break spaces, nouns in the right number."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.contracts.actions import ActionStatus
from services.contracts.codes import Axis, Department, OrganisationRole, Profession
from services.kernel.base.clock import PARIS
from services.kernel.base.french import MONTHS, day_in_words
from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.indicators.model import DEPARTMENT, REGIONAL

NARROW = "\u202f"
"""The narrow no-break space that groups digits and comes before %, € and units."""

TYPOGRAPHY = ((" : ", "\u00a0: "), (" ; ", f"{NARROW}; "), (" ?", f"{NARROW}?"), ("« ", f"«{NARROW}"), (" »", f"{NARROW}»"))
"""Spaces before signs, where a line must not break."""

PLAN = "Plan de mobilisation pour les ressources humaines en santé (PlaM)"
NOTHING = "sans objet"
NOT_YET = "pas encore suivi"
FEW = "moins de cinq"
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


class Part(NamedTuple):
    """A part of the page: the indicators whose code begins with a letter."""

    letter: str
    anchor: str
    title: str
    words: str


PARTS = (
    Part("K", "plan", "Le plan", "Actions, jalons et couverture des axes et des objectifs."),
    Part("I", "stages", "Les stages", "Terrains, offres et demandes de stage."),
    Part("R", "recrutement", "Le recrutement", "Postes à pourvoir, candidatures et enveloppes des dispositifs."),
    Part("A", "reseau", "Le réseau", "Organisations et sites qui portent le plan."),
)

SERVICES: Mapping[str, str] = {
    "actions": "Actions du plan",
    "internships": "Stages",
    "recruitment": "Recrutement",
    "access": "Organisations et accès",
    "observatory": "Observatoire",
}


class Noun(NamedTuple):
    """What is counted, in the singular and in the plural."""

    one: str
    several: str

    def counted(self, amount: int) -> str:
        """So many of them: French has its plural from two on."""
        return f"{number(amount)} {self.several if abs(amount) >= 2 else self.one}"


COUNTED: Mapping[str, Noun] = {
    "K03": Noun("action", "actions"),
    "K32": Noun("fiche", "fiches"),
    "I27": Noun("terrain", "terrains"),
    "I28": Noun("offre", "offres"),
    "I29": Noun("demande", "demandes"),
    "R01": Noun("poste", "postes"),
    "R06": Noun("employeur", "employeurs"),
    "R09": Noun("dispositif", "dispositifs"),
    "R10": Noun("candidature", "candidatures"),
    "R11": Noun("candidature", "candidatures"),
    "R12": Noun("enveloppe", "enveloppes"),
    "A01": Noun("site", "sites"),
    "A02": Noun("organisation", "organisations"),
}
DIVIDED: Mapping[str, tuple[Noun, Noun]] = {
    "K04": (Noun("action phare lancée", "actions phares lancées"), Noun("action phare retenue", "actions phares retenues")),
    "K05": (Noun("action en retard", "actions en retard"), Noun("action vivante", "actions vivantes")),
    "K06": (Noun("jalon tenu", "jalons tenus"), Noun("jalon arrivé à échéance", "jalons arrivés à échéance")),
    "K08": (Noun("jalon en souffrance", "jalons en souffrance"), Noun("jalon ouvert", "jalons ouverts")),
    "K14": (Noun("action transversale", "actions transversales"), Noun("action vivante", "actions vivantes")),
    "K15": (Noun("case couverte", "cases couvertes"), Noun("case", "cases")),
    "I04": (Noun("place-semaine remplie", "places-semaines remplies"), Noun("place-semaine publiée", "places-semaines publiées")),
    "I09": (Noun("demande refusée", "demandes refusées"), Noun("demande avec réponse", "demandes avec réponse")),
    "R02": (Noun("poste pourvu", "postes pourvus"), Noun("poste publié", "postes publiés")),
    "R07": (
        Noun("candidature répondue à temps", "candidatures répondues à temps"),
        Noun("candidature au délai échu", "candidatures au délai échu"),
    ),
}
MONEY_DIVIDED: Mapping[str, tuple[str, str]] = {"R05": ("engagés", "de plafonds")}
UNITS: Mapping[Unit, Noun] = {Unit.days: Noun("jour", "jours"), Unit.seat_weeks: Noun("place-semaine", "places-semaines")}

AXES: Mapping[str, str] = {
    Axis.a1: "Attractivité des territoires",
    Axis.a2: "Offre de formation par la voie scolaire",
    Axis.a3: "Offre de formation par la voie de l'alternance",
    Axis.a4: "Offre de formation en milieu professionnel",
    Axis.a5: "Pratiques managériales",
    Axis.a6: "Qualité de vie au travail",
    Axis.a7: "Recrutements d'urgence",
}
DEPARTMENTS: Mapping[str, str] = {
    Department.loire_atlantique: "Loire-Atlantique",
    Department.maine_et_loire: "Maine-et-Loire",
    Department.mayenne: "Mayenne",
    Department.sarthe: "Sarthe",
    Department.vendee: "Vendée",
}
PROFESSIONS: Mapping[str, str] = {
    Profession.aide_soignant: "Aide-soignant",
    Profession.infirmier: "Infirmier",
    Profession.infirmier_anesthesiste: "Infirmier anesthésiste",
    Profession.infirmier_bloc: "Infirmier de bloc opératoire",
    Profession.puericultrice: "Puériculteur",
    Profession.auxiliaire_puericulture: "Auxiliaire de puériculture",
    Profession.sage_femme: "Sage-femme",
    Profession.masseur_kine: "Masseur-kinésithérapeute",
    Profession.manipulateur_radio: "Manipulateur en électroradiologie médicale",
    Profession.ergotherapeute: "Ergothérapeute",
    Profession.psychomotricien: "Psychomotricien",
    Profession.ambulancier: "Ambulancier",
    Profession.assistant_regulation: "Assistant de régulation médicale",
    Profession.accompagnant_educatif: "Accompagnant éducatif et social",
    Profession.educateur_specialise: "Éducateur spécialisé",
    Profession.moniteur_educateur: "Moniteur-éducateur",
    Profession.agent_hospitalier: "Agent des services hospitaliers",
    Profession.medecin: "Médecin",
    Profession.interne: "Interne",
    Profession.pharmacien: "Pharmacien",
    Profession.infirmier_pratique_avancee: "Infirmier en pratique avancée",
    Profession.cadre_de_sante: "Cadre de santé",
    Profession.orthophoniste: "Orthophoniste",
    Profession.orthoptiste: "Orthoptiste",
    Profession.pedicure_podologue: "Pédicure-podologue",
    Profession.dieteticien: "Diététicien",
    Profession.technicien_laboratoire: "Technicien de laboratoire médical",
    Profession.preparateur_pharmacie: "Préparateur en pharmacie hospitalière",
    Profession.assistant_service_social: "Assistant de service social",
    Profession.educateur_jeunes_enfants: "Éducateur de jeunes enfants",
    Profession.conseiller_economie_sociale: "Conseiller en économie sociale familiale",
    Profession.technicien_intervention_sociale: "Technicien de l'intervention sociale et familiale",
    Profession.psychologue: "Psychologue",
    Profession.aide_medico_psychologique: "Aide médico-psychologique",
}
VALUES: Mapping[str, Mapping[str, str]] = {
    "axis": AXES,
    DEPARTMENT: {**DEPARTMENTS, REGIONAL: "Toute la région"},
    "profession": PROFESSIONS,
    "status": {
        ActionStatus.submitted: "Soumise",
        ActionStatus.approved: "Validée",
        ActionStatus.in_progress: "En cours",
        ActionStatus.suspended: "Suspendue",
        ActionStatus.completed: "Terminée",
        ActionStatus.evaluated: "Évaluée",
        ActionStatus.abandoned: "Abandonnée",
    },
    "role": {
        OrganisationRole.steering: "Pilote",
        OrganisationRole.employer: "Employeur",
        OrganisationRole.host: "Accueil de stagiaires",
        OrganisationRole.institute: "Institut de formation",
        OrganisationRole.funder: "Financeur",
        OrganisationRole.partner: "Partenaire",
    },
}


def number(value: int) -> str:
    """A whole number, digits grouped by three."""
    return f"{value:,}".replace(",", NARROW).replace("-", "−")


def decimal(value: float, places: int) -> str:
    """A number with a comma, without idle zeros."""
    whole, _, rest = f"{abs(value):,.{places}f}".partition(".")
    rest = rest.rstrip("0")
    text = whole.replace(",", NARROW) + (f",{rest}" if rest else "")
    return f"−{text}" if value < 0 and text != "0" else text


def money(cents: int) -> str:
    """Euros; cents only when there are some."""
    euros, rest = divmod(abs(cents), 100)
    return ("−" if cents < 0 else "") + number(euros) + (f",{rest:02}" if rest else "") + f"{NARROW}€"


def amount(value: float | None, unit: Unit, code: str = "") -> str:
    """A value with its unit, or that there is none: nothing is never zero."""
    if value is None:
        return NOTHING
    if unit is Unit.share:
        return f"{decimal(value * 100, 1)}{NARROW}%"
    if unit is Unit.cents:
        return money(int(value))
    noun = COUNTED.get(code) if unit is Unit.number else UNITS[unit]
    return noun.counted(int(value)) if noun else number(int(value))


def bare(value: float | None, unit: Unit) -> str:
    """A value in a chart or a table, where the heading says what is counted."""
    return amount(value, unit) if value is None or unit in (Unit.share, Unit.cents) else number(int(value))


def listed(names: Sequence[str]) -> str:
    """One, another and a third."""
    *first, last = names
    return f"{', '.join(first)} et {last}" if first else last


def several(*, regional: bool) -> str:
    """What is to be said of lines in which the same fact may count; `regional`: of departments that share what is of the whole region."""
    apart = "Un même fait peut compter dans plusieurs lignes : elles ne s’additionnent pas."
    return f"Ce qui est de toute la région compte dans chaque département. {apart}" if regional else apart


def divided(code: str, above: int | None, below: int | None) -> str:
    """What a share divides, in words."""
    over, under = above or 0, below or 0
    if code in MONEY_DIVIDED:
        first, second = MONEY_DIVIDED[code]
        return f"{money(over)} {first} sur {money(under)} {second}"
    if code in DIVIDED:
        numerator, denominator = DIVIDED[code]
        return f"{numerator.counted(over)} sur {denominator.counted(under)}"
    return f"{number(over)} sur {number(under)}"


def instant(value: datetime) -> str:
    """An instant, to the second, by the clocks of Paris."""
    local = value.astimezone(PARIS)
    return f"{day_in_words(local.date())} à {local:%H}{NARROW}h{NARROW}{local:%M}{NARROW}min{NARROW}{local:%S}{NARROW}s"


def month(written: str, names: tuple[str, ...] = MONTHS) -> str:
    """A month written AAAA-MM: novembre 2026."""
    year, _, place = written.partition("-")
    return f"{names[int(place) - 1]} {year}"
