"""French names of dimensions: they are data."""

from collections.abc import Mapping

DIMENSIONS: Mapping[str, str] = {
    "axis": "Axe de travail",
    "cohort": "Cohorte",
    "department": "Département",
    "first_placement_suitable": "Convient à un premier stage",
    "fiscal_year": "Exercice",
    "flagship": "Action phare",
    "funder": "Financeur",
    "objective": "Objectif",
    "profession": "Profession",
    "role": "Rôle",
    "scheme_code": "Dispositif",
    "scheme_kind": "Nature du dispositif",
    "school_year": "Année scolaire",
    "sector": "Secteur",
    "status": "Statut",
    "urgency": "Urgence",
}
