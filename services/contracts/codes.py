"""Reference codes that every service speaks: departments, sectors, sides, roles. Labels are French, they are data."""

from enum import StrEnum


class Department(StrEnum):
    """Les cinq départements des Pays de la Loire (codes INSEE)."""

    loire_atlantique = "44"
    maine_et_loire = "49"
    mayenne = "53"
    sarthe = "72"
    vendee = "85"


class Axis(StrEnum):
    """Les codes des sept axes du plan ; une action relève d'un seul."""

    a1 = "A1"
    a2 = "A2"
    a3 = "A3"
    a4 = "A4"
    a5 = "A5"
    a6 = "A6"
    a7 = "A7"


class Objective(StrEnum):
    """Les codes des quatre objectifs transversaux du plan ; une action répond à un ou plusieurs."""

    o1 = "O1"
    o2 = "O2"
    o3 = "O3"
    o4 = "O4"


class Sector(StrEnum):
    """Les trois secteurs du plan : sanitaire, médico-social, social."""

    sanitary = "sanitary"
    medico_social = "medico_social"
    social = "social"


class Side(StrEnum):
    """Les deux versants du plan : médical, paramédical."""

    medical = "medical"
    paramedical = "paramedical"


class OrganisationRole(StrEnum):
    """Ce qu'une organisation est pour le plan ; elle peut être plusieurs choses à la fois."""

    steering = "steering"
    employer = "employer"
    host = "host"
    institute = "institute"
    funder = "funder"
    partner = "partner"


class Profession(StrEnum):
    """Les métiers de la santé et de l'accompagnement, par leurs sigles (IDE, AS, …)."""

    aide_soignant = "as"
    infirmier = "ide"
    infirmier_anesthesiste = "iade"
    infirmier_bloc = "ibode"
    puericultrice = "puer"
    auxiliaire_puericulture = "ap"
    sage_femme = "sf"
    masseur_kine = "mk"
    manipulateur_radio = "mem"
    ergotherapeute = "ergo"
    psychomotricien = "psychomot"
    ambulancier = "ambu"
    assistant_regulation = "arm"
    accompagnant_educatif = "aes"
    educateur_specialise = "es"
    moniteur_educateur = "me"
    agent_hospitalier = "ash"
    medecin = "medecin"
    interne = "interne"
    pharmacien = "pharmacien"
    infirmier_pratique_avancee = "ipa"
    cadre_de_sante = "cadre"
    orthophoniste = "ortho"
    orthoptiste = "orthoptiste"
    pedicure_podologue = "podologue"
    dieteticien = "dieteticien"
    technicien_laboratoire = "tlm"
    preparateur_pharmacie = "pph"
    assistant_service_social = "ass"
    educateur_jeunes_enfants = "eje"
    conseiller_economie_sociale = "cesf"
    technicien_intervention_sociale = "tisf"
    psychologue = "psychologue"
    aide_medico_psychologique = "amp"


class Role(StrEnum):
    """What a caller may be. A right is a role, within an organisation, within departments."""

    steering = "steering"
    committee = "committee"
    hr_partner = "hr_partner"
    employer = "employer"
    institute = "institute"
    finance = "finance"
    reader = "reader"
