"""The files that people hand to an import, recognised by their columns or by the mark on their first line, and what takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Format:
    """A kind of file: what it is called, the columns that it is recognised by, and the command that takes it, if one does.

    A file may have `more` columns that the command takes too.
    """

    name: str
    columns: tuple[str, ...]
    command: str = ""
    more: tuple[str, ...] = ()
    also: str = ""
    """A second command that takes it, for something else."""

    @property
    def taken(self) -> str:
        """Which commands take it, as the end of a sentence."""
        if self.also:
            return f"`{self.command}` le prend, `{self.also}` aussi"
        return f"`{self.command}` le prend" if self.command else "aucune commande ne le prend"


CONTEXT = "plam import context"

ESTABLISHMENTS = Format(
    "établissements de santé (SAE)",
    (
        "finess",
        "finess_ej",
        "raison_sociale",
        "raison_sociale_complementaire",
        "categorie_finess",
        "libelle_categorie",
        "statut_juridique_code",
        "libelle_statut_juridique",
        "siren",
        "siret",
        "code_departement",
        "code_insee_commune",
        "code_postal",
        "adresse",
    ),
    "plam import establishments",
    more=("latitude", "longitude"),
    also=CONTEXT,
)
COMMUNES = Format(
    "communes (code officiel géographique)",
    (
        "code_insee",
        "nom",
        "code_departement",
        "code_arrondissement",
        "nom_arrondissement",
        "siren_epci",
        "nom_epci",
        "type_epci",
        "siren_commune",
        "codes_postaux",
        "population",
    ),
    "plam import communes",
)
FORMER_COMMUNES = Format(
    "anciennes communes", ("code_insee_ancien", "nom_ancien", "code_insee_actuel"), "plam import communes FICHIER --former"
)
CENTRES = Format("centres des communes (IGN)", ("code_insee", "latitude", "longitude"))
EXTRACTION = Format("extraction FINESS", (), "plam import establishments")
"""Its first line is a mark, `finess;etalab;…`, and names no columns: each line begins with what it is, one of `SECTIONS`."""

COURSES = Format(
    "formations (Parcoursup)",
    ("code_uai", "etablissement", "formation", "code_departement", "code_insee_commune", "latitude", "longitude"),
    "plam import institutes",
    also=CONTEXT,
)
HOMES = Format(
    "EHPAD (CNSA)",
    ("nom", "code_departement", "code_insee_commune", "nom_commune", "latitude", "longitude"),
    "plam import homes",
    also=CONTEXT,
)
WORKFORCE = Format(
    "effectifs des établissements de santé (SAE)", ("annee", "finess", "effectif_infirmiers", "effectif_total_non_medical"), CONTEXT
)
DEPARTMENTS = Format("départements", ("code", "nom", "chef_lieu_insee", "code_region"), CONTEXT)

MEMBERS = Format(
    "membres des organisations",
    ("address", "organisation", "roles"),
    "plam import members",
    more=("given_name", "family_name", "departments", "manager"),
)

OTHERS = (
    WORKFORCE,
    DEPARTMENTS,
    Format("EPCI", ("siren", "nom", "type", "mode_financement", "nb_communes")),
    Format("catégories d'établissements FINESS", ("code", "libelle", "libelle_court", "domaine")),
    Format("statuts juridiques FINESS", ("code", "libelle", "libelle_court", "date_debut", "date_fin")),
    Format("codes NAF", ("code_naf", "libelle")),
    Format("certifications RNCP", ("code_formation_diplome", "intitule_diplome", "code_rncp")),
)
FORMATS = (ESTABLISHMENTS, COMMUNES, FORMER_COMMUNES, CENTRES, COURSES, HOMES, MEMBERS, *OTHERS)

MARK = ("finess", "etalab")
"""How the first line of the extraction begins."""
_ADDRESS = ("numvoie", "typvoie", "voie", "compvoie")
SECTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "structureet": (
            *("nofinesset", "nofinessej", "rs", "rslongue", "complrs", "compldistrib", *_ADDRESS, "lieuditbp", "commune", "departement"),
            *("libdepartement", "ligneacheminement", "telephone", "telecopie", "categetab", "libcategetab", "categagretab"),
            *("libcategagretab", "siret", "codeape", "codemft", "libmft", "codesph", "libsph", "dateouv", "dateautor", "datemaj", "numuai"),
        ),
        "structureej": (
            *("nofiness", "rs", "rslongue", "complrs", *_ADDRESS, "compldistrib", "lieuditbp", "commune", "ligneacheminement"),
            *("departement", "libdepartement", "telephone", "statutjuridique", "libstatutjuridique", "categetab", "libcategetab"),
            *("siren", "codeape", "datecrea"),
        ),
        "geolocalisation": ("nofinesset", "coordxet", "coordyet", "sourcecoordet", "datemaj"),
    }
)
"""The kinds of lines of the extraction, and the fields that follow the kind."""


def is_mark(names: Sequence[str]) -> bool:
    """Whether a first line is the extraction's mark, and names no columns."""
    return tuple(names[:2]) == MARK


def recognised(names: Sequence[str]) -> Format | None:
    """The format of a file, by its first line: the one that has the most columns of those whose columns are all there."""
    if is_mark(names):
        return EXTRACTION
    return max((each for each in FORMATS if {*each.columns} <= {*names}), key=lambda each: len(each.columns), default=None)
