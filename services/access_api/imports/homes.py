"""`plam import homes`: where the care homes of a file are, and what is left for a person to complete.

The file gives no number: it opens no site. A line is matched with a site where that is sure, and then adds what the site lacks: its place,
its category. The other lines are the rest, in the shape of a file of establishments: completed by their numbers, they are imported by
`plam import establishments`, a few at a time if need be.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from services.access_api.imports.columns import LONGEST_TEXT, is_elsewhere
from services.access_api.imports.places import Communes, Point, place_of, read_communes
from services.access_api.imports.writing import Rows, Writing, begin, set_differing
from services.access_api.sectors import sector_of
from services.access_api.sites import queries as site_queries
from services.access_api.sites.queries import HOME
from services.access_api.sites.tables import Site
from services.contracts.file_formats import ESTABLISHMENTS, HOMES
from services.kernel.base.file_reading import read_rows
from services.kernel.base.file_reports import Report
from services.kernel.base.folding import fold
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.spreadsheets import tidied
from services.kernel.data.database import Database

LABEL = "Etablissement d'hébergement pour personnes âgées dépendantes"
REST = (*ESTABLISHMENTS.columns, *ESTABLISHMENTS.more, "nom_commune", "motif")
"""The columns of the rest; the last two are for whoever completes it."""
APART = 2
"""Kilometres from the place of a line beyond which a site of the same name is in doubt."""
_COMMON = "ehpad ehpa residence maison retraite a au aux d de des du en et l la le les pour"
_ANY = frozenset(_COMMON.split())
"""Words that say nothing of which home is meant."""


class Home(NamedTuple):
    """What a line says; the commune is that of today, with its name."""

    line: int
    name: str
    department: str
    commune: str
    commune_name: str
    point: Point | None

    @property
    def known_by(self) -> tuple[str, frozenset[str]]:
        """The commune and the words by which a site may be this home."""
        return self.commune, words_of(fold(self.name), self.commune_name)


async def import_homes(db: Database, path: Path, *, by: Principal = SYSTEM) -> Report:
    """Matches homes with sites, and adds to these what they lack. With one blocking problem, nothing is written.

    The lines that are not surely a site's are the report's `rest`, in the order of `REST`.
    """
    report = Report()
    homes = check_file(path, await read_communes(db), report)
    if not report.refused:
        await begin(db)
        sites = await db.fetch(site_queries.open_homes(sorted({home.commune for home in homes})))
        await _write(Writing(db, report, by), homes, sites)
    report.problems.sort(key=lambda problem: problem.line)
    return report


def check_file(path: Path, communes: Communes, report: Report) -> list[Home]:
    """The homes of the region that a file has; what is wrong goes to the report."""
    homes: dict[tuple[str, str, Point | None], Home] = {}
    for line, (name, department, code, _, *place) in read_rows(path, HOMES.columns, report):
        if is_elsewhere(tidied(code)):
            report.elsewhere += 1
            continue
        commune = communes.settle(line, tidied(code), tidied(department), report)
        if not 0 < len(name) <= LONGEST_TEXT:
            report.refuse(line, "nom", f"nom de 1 à {LONGEST_TEXT} caractères attendu")
        elif commune is not None:
            latitude, longitude = place
            point = communes.point(line, (latitude, longitude), commune, report)
            home = Home(line, name, communes.departments[commune], commune, communes.names[commune], point)
            if (before := homes.setdefault((fold(name), commune, point), home)) is not home:
                report.warn(line, "nom", f"« {name} » est déjà ligne {before.line}, au même endroit : la ligne est laissée de côté")
    if not report.lines and not report.refused:
        report.refuse(0, "", "le fichier n'a aucun EHPAD")
    return list(homes.values())


def words_of(folded: str, commune_name: str) -> frozenset[str]:
    """The words of a folded name that tell a home from others of its commune: not what any home is called, nor, if more is said, where."""
    words = frozenset(folded.split()) - _ANY
    return words - frozenset(fold(commune_name).split()) or words


def match(homes: Sequence[Home], sites: Sequence[Site]) -> Mapping[int, Site | str]:
    """For the line of each home, the site that it surely is, or why there is none.

    Sure is: an open site of the same commune, of the category of homes or of none, that

    - has the same words (`words_of`, at least one; accents, case, order, « St » and « Saint » are the same), alone among such sites, for
      the only line of the file that has these words in this commune, and is not known to stand more than `APART` from the line's point;
    - or else stands at the very point that the line gives, alone, for the only line that gives it: it took its place from there.

    A site is one home's at most. A name that is only like another is not sure: « CH de Savenay » has homes, and is none.
    """
    names = {home.commune: home.commune_name for home in homes}
    by_words: dict[tuple[str, frozenset[str]], list[Site]] = {}
    by_point: dict[tuple[str, Point], list[Site]] = {}
    for site in sites:
        by_words.setdefault((site.commune_code, words_of(site.folded, names[site.commune_code])), []).append(site)
        if point := place_of(site):
            by_point.setdefault((site.commune_code, point), []).append(site)
    lines = Counter(home.known_by for home in homes)
    points = Counter((home.commune, home.point) for home in homes if home.point)
    found: dict[int, Site | str] = {}
    for home in homes:
        named = by_words.get(home.known_by, []) if home.known_by[1] else []
        there = by_point.get((home.commune, home.point), []) if home.point and points[home.commune, home.point] == 1 else []
        doubt = _doubt(home, named, lines[home.known_by])
        found[home.line] = there[0] if doubt and len(there) == 1 else doubt or named[0]
    return _one_each(found)


def _doubt(home: Home, named: Sequence[Site], lines: int) -> str:
    """Why a line is not surely the site of its name; nothing when it is."""
    if not home.known_by[1]:
        return "son nom n'a aucun mot qui le distingue"
    if not named:
        return "aucun site ouvert de ce nom dans la commune"
    numbers = ", ".join(site.finess_et or f"« {site.name} »" for site in named)
    if lines > 1:
        return f"{lines} lignes de ce nom dans la commune, pour {numbers}"
    if len(named) > 1:
        return f"{len(named)} sites de ce nom dans la commune : {numbers}"
    known = place_of(named[0])
    if home.point and known and (away := home.point.kilometres_from(known)) > APART:
        return f"le site {numbers} a ce nom, à {away:.0f} km de là"
    return ""


def _one_each(found: Mapping[int, Site | str]) -> dict[int, Site | str]:
    """The same without the sites that several lines would be."""
    claims = Counter(site.id for site in found.values() if isinstance(site, Site))
    said = "une autre ligne est aussi le site"
    return {
        line: f"{said} {site.finess_et or site.name}" if isinstance(site, Site) and claims[site.id] > 1 else site
        for line, site in found.items()
    }


async def _write(writing: Writing, homes: Sequence[Home], sites: Sequence[Site]) -> None:
    rows = Rows()
    found = match(homes, sites)
    for home in homes:
        site = found[home.line]
        if isinstance(site, str):
            writing.report.rest.append(_to_complete(home, site))
            continue
        lacking = {"category_code": HOME, "category_label": LABEL, "sector": site.sector or sector_of(HOME)}
        categorised = site.category_code is None and set_differing(site, lacking)
        rows.keep(site, changed=writing.place(site, home.point, keeps=True) or categorised)
    await writing.save("site", rows)


def _to_complete(home: Home, why: str) -> tuple[str, ...]:
    cells = {
        "raison_sociale": home.name,
        "categorie_finess": HOME,
        "libelle_categorie": LABEL,
        "code_departement": home.department,
        "code_insee_commune": home.commune,
        "nom_commune": home.commune_name,
        "motif": why,
    }
    if home.point:
        cells |= {"latitude": _degrees(home.point.lat_e6), "longitude": _degrees(home.point.lon_e6)}
    return tuple(cells.get(column, "") for column in REST)


def _degrees(e6: int) -> str:
    return f"{e6 / 1_000_000:.6f}"


def write_rest(path: Path, rest: Sequence[tuple[str, ...]]) -> None:
    """Writes the lines to complete as spreadsheets open them. Raises `FileExistsError`: somebody may have completed what is there."""
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([REST, *rest])
