"""The territory and the plan, said once, and the codes that every service speaks. Labels are French: they are data.

A department more, an axis or an objective more is a line here, and the migrations that `make revision` writes.
"""

from datetime import date
from typing import NamedTuple

from services.contracts.labelled import Labelled


class Region(NamedTuple):
    """A region: its INSEE code, and its name."""

    code: str
    name: str


class Plan(NamedTuple):
    """A plan: its title, and its days (the end is excluded)."""

    title: str
    starts_on: date
    ends_on: date


REGION = Region("52", "Pays de la Loire")
PLAN = Plan("Plan de mobilisation pour les ressources humaines en santé (PlaM)", date(2022, 1, 1), date(2028, 1, 1))
"""The calendar years of the plan: its roadmap was shared in March 2022, for five years."""


class Department(Labelled):
    """Les départements de la région (codes INSEE)."""

    loire_atlantique = "44", "Loire-Atlantique"
    maine_et_loire = "49", "Maine-et-Loire"
    mayenne = "53", "Mayenne"
    sarthe = "72", "Sarthe"
    vendee = "85", "Vendée"


class Axis(Labelled):
    """Les axes de travail du plan ; une action relève d'un seul."""

    a1 = (
        "A1",
        "Attractivité des territoires",
        "État des lieux objectivé ; attractivité des métiers et territoires par la communication valorisant les innovations, "
        "l'accompagnement des nouvelles modalités de pratiques professionnelles et des mesures financières incitatives à l'installation.",
    )
    a2 = (
        "A2",
        "Offre de formation par la voie scolaire",
        "Observatoire du suivi de l'effectivité de l'augmentation capacitaire, étude des ruptures de parcours, adaptations pérennes ou "
        "expérimentales (calendrier de formation, profilage des entrants, expérimentation de passerelles).",
    )
    a3 = (
        "A3",
        "Offre de formation par la voie de l'alternance",
        "Développer l'offre de formation en alternance pour répondre aux besoins des étudiants et des employeurs.",
    )
    a4 = "A4", "Offre de formation en milieu professionnel", "Renforcer quantitativement et qualitativement l'offre de stages."
    a5 = (
        "A5",
        "Pratiques managériales",
        "Partages d'expérience et échanges entre pairs pour toute la ligne managériale ; isolement des directeurs et cadres, attentes des "
        "équipes en termes de reconnaissance, d'organisation et d'équilibre de vie.",
    )
    a6 = (
        "A6",
        "Qualité de vie au travail",
        "Promouvoir et valoriser les actions engagées, mettre en œuvre des mesures phares, proposer des actions innovantes.",
    )
    a7 = (
        "A7",
        "Recrutements d'urgence",
        "Favoriser les recrutements de professionnels via des dispositifs de formation / recrutement spécifiques.",
    )


class Objective(Labelled):
    """Les objectifs transversaux du plan ; une action répond à un ou plusieurs."""

    o1 = "O1", "Disposer d'un état des lieux objectif"
    o2 = "O2", "Valoriser les actions existantes via une communication efficace"
    o3 = "O3", "Mettre en œuvre des leviers de transformation (financements, expérimentations, formations…)"
    o4 = "O4", "Identifier les innovations"


class Sector(Labelled):
    """Les trois secteurs du plan : sanitaire, médico-social, social."""

    sanitary = "sanitary", "Sanitaire"
    medico_social = "medico_social", "Médico-social"
    social = "social", "Social"


class Side(Labelled):
    """Les deux versants du plan : médical, paramédical."""

    medical = "medical", "Médical"
    paramedical = "paramedical", "Paramédical"


class OrganisationRole(Labelled):
    """Ce qu'une organisation est pour le plan ; elle peut être plusieurs choses à la fois."""

    steering = "steering", "Pilote"
    employer = "employer", "Employeur"
    host = "host", "Accueil de stagiaires"
    institute = "institute", "Institut de formation"
    funder = "funder", "Financeur"
    partner = "partner", "Partenaire"


class Contributor(Labelled):
    """À quel titre une organisation contribue au plan."""

    state = "state", "Services de l'État"
    region = "region", "Conseil régional"
    employment_agency = "employment_agency", "Service public de l'emploi"
    department_council = "department_council", "Conseil départemental"
    health_professionals = "health_professionals", "Représentants des professionnels de santé"
    union = "union", "Organisation syndicale"
    employers = "employers", "Fédération d'employeurs"
    university = "university", "Université"
    training_institute = "training_institute", "Institut de formation"
    users = "users", "Représentants des usagers"
    crsa = "crsa", "Conférence régionale de la santé et de l'autonomie (CRSA)"
    mayors = "mayors", "Association de maires"
    ars = "ars", "Agence régionale de santé (ARS)"
    funder_other = "funder_other", "Autre financeur"


class Profession(Labelled):
    """Les métiers de la santé et de l'accompagnement, par leurs sigles (IDE, AS, …)."""

    aide_soignant = "as", "Aide-soignant"
    infirmier = "ide", "Infirmier"
    infirmier_anesthesiste = "iade", "Infirmier anesthésiste"
    infirmier_bloc = "ibode", "Infirmier de bloc opératoire"
    puericultrice = "puer", "Puériculteur"
    auxiliaire_puericulture = "ap", "Auxiliaire de puériculture"
    sage_femme = "sf", "Sage-femme"
    masseur_kine = "mk", "Masseur-kinésithérapeute"
    manipulateur_radio = "mem", "Manipulateur en électroradiologie médicale"
    ergotherapeute = "ergo", "Ergothérapeute"
    psychomotricien = "psychomot", "Psychomotricien"
    ambulancier = "ambu", "Ambulancier"
    assistant_regulation = "arm", "Assistant de régulation médicale"
    accompagnant_educatif = "aes", "Accompagnant éducatif et social"
    educateur_specialise = "es", "Éducateur spécialisé"
    moniteur_educateur = "me", "Moniteur-éducateur"
    agent_hospitalier = "ash", "Agent des services hospitaliers"
    medecin = "medecin", "Médecin"
    interne = "interne", "Interne"
    pharmacien = "pharmacien", "Pharmacien"
    infirmier_pratique_avancee = "ipa", "Infirmier en pratique avancée"
    cadre_de_sante = "cadre", "Cadre de santé"
    orthophoniste = "ortho", "Orthophoniste"
    orthoptiste = "orthoptiste", "Orthoptiste"
    pedicure_podologue = "podologue", "Pédicure-podologue"
    dieteticien = "dieteticien", "Diététicien"
    technicien_laboratoire = "tlm", "Technicien de laboratoire médical"
    preparateur_pharmacie = "pph", "Préparateur en pharmacie hospitalière"
    assistant_service_social = "ass", "Assistant de service social"
    educateur_jeunes_enfants = "eje", "Éducateur de jeunes enfants"
    conseiller_economie_sociale = "cesf", "Conseiller en économie sociale familiale"
    technicien_intervention_sociale = "tisf", "Technicien de l'intervention sociale et familiale"
    psychologue = "psychologue", "Psychologue"
    aide_medico_psychologique = "amp", "Aide médico-psychologique"


class ServiceName(Labelled):
    """Les services, par le nom qu'ils ont dans les adresses."""

    access = "access", "Accès"
    actions = "actions", "Actions"
    internships = "internships", "Stages"
    recruitment = "recruitment", "Recrutement"
    observatory = "observatory", "Observatoire"


class Role(Labelled):
    """Ce qu'un appelant peut être ; un droit est un rôle et son étendue."""

    steering = "steering", "Pilotage"
    committee = "committee", "Comité"
    hr_partner = "hr_partner", "Partenaire RH"
    employer = "employer", "Employeur"
    institute = "institute", "Institut de formation"
    finance = "finance", "Financement"
    partner = "partner", "Organisation partenaire"
    reader = "reader", "Lecteur"


STAFF = (
    Role.steering,
    Role.committee,
    Role.hr_partner,
    Role.employer,
    Role.institute,
    Role.finance,
    Role.partner,
    Role.reader,
)
"""Who works on the plan, or for one of its organisations. Routes name them: a role that is added is given no right by itself."""
