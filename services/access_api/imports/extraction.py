"""The extraction of the FINESS register: its lines in the shape of the other file of establishments."""

from collections.abc import Iterator, Mapping, Sequence

from services.access_api.imports.codes import FINESS
from services.access_api.imports.columns import LONGEST_TEXT
from services.access_api.imports.entities import Entity
from services.access_api.imports.places import Communes, Point, from_plane
from services.contracts.codes import Department
from services.contracts.file_formats import SECTIONS
from services.kernel.base.file_reading import Chunk
from services.kernel.base.file_reports import Report
from services.kernel.base.spreadsheets import tidied

Column = Sequence[str]
REGION = frozenset(department.value for department in Department)


def of_structures(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of establishments, in their order, of `structureet` lines. The register gives no SIREN of them, and no legal status."""
    cells = dict(zip(SECTIONS["structureet"], columns, strict=True))
    none = [""] * len(cells["rs"])
    parts = zip(cells["numvoie"], cells["compvoie"], cells["typvoie"], cells["voie"], cells["lieuditbp"], strict=True)
    places = zip(cells["departement"], cells["commune"], strict=True)
    return (
        cells["nofinesset"],
        cells["nofinessej"],
        [long.strip() or short for long, short in zip(cells["rslongue"], cells["rs"], strict=True)],
        cells["complrs"],
        cells["categetab"],
        cells["libcategetab"],
        none,
        none,
        none,
        cells["siret"],
        cells["departement"],
        [f"{department.strip()}{commune.strip()}" for department, commune in places],
        [line.strip()[:5] if line.strip()[:5].isdecimal() else "" for line in cells["ligneacheminement"]],
        [" ".join(part.strip() for part in address if part.strip()) for address in parts],
        none,
        none,
    )


def legal_entities(chunk: Chunk, report: Report) -> Iterator[Entity]:
    """The legal entities of `structureej` lines. One whose number is wrong is passed over with a note: sites give their owner's number."""
    names = SECTIONS["structureej"]
    for line, row in zip(chunk.lines, zip(*chunk.columns, strict=True), strict=True):
        cells = dict(zip(names, map(str.strip, row), strict=True))
        number = tidied(cells["nofiness"])
        name = cells["rslongue"] or cells["rs"]
        if problem := FINESS.problem(number):
            report.warn(line, "nofiness", f"{problem} : la ligne est laissée de côté")
        elif not 0 < len(name) <= LONGEST_TEXT:
            report.warn(line, "rslongue", f"nom de 1 à {LONGEST_TEXT} caractères attendu : la ligne est laissée de côté")
        else:
            siren = tidied(cells["siren"])
            code, label = tidied(cells["statutjuridique"]), cells["libstatutjuridique"][:LONGEST_TEXT]
            yield Entity(number, siren, "", line, name, code if len(code) <= 10 else "", label, name)


class Points:
    """Where the sites of an extraction are: its `geolocalisation` lines, which may stand before or after those of the sites."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[int, str, str, str]] = {}
        self._communes: dict[str, str] = {}

    def add(self, chunk: Chunk) -> None:
        """Takes `geolocalisation` lines. A FINESS number begins with its department: those of other regions are passed over."""
        numbers, easts, norths, sources, _ = chunk.columns
        for number, line, *place in zip(map(str.strip, numbers), chunk.lines, easts, norths, sources, strict=True):
            east, north, source = map(str.strip, place)
            if number[:2] in REGION and (east or north):
                self._given[number] = line, east, north, source

    def stand(self, numbers: Column, communes: Column) -> None:
        """Takes the numbers of sites, each with its commune."""
        self._communes.update(zip(map(str.strip, numbers), communes, strict=True))

    def settle(self, communes: Communes, report: Report) -> Mapping[str, Point]:
        """The place of each site that has one, by its number; what is odd goes to the report."""
        found: dict[str, Point] = {}
        for number in self._given.keys() & self._communes.keys():
            line, east, north, source = self._given[number]
            place = from_plane(east, north, source)
            if isinstance(place, str):
                report.warn(line, "coordxet", f"{number} : {place} ; le lieu est laissé vide")
            elif point := communes.checked(line, "coordxet", place, self._communes[number], report):
                found[number] = point
        if strangers := len(self._given.keys() - self._communes.keys()):
            report.warn(
                0, "geolocalisation", f"{strangers} ligne(s) donnent le lieu d'un établissement dont le fichier ne dit rien d'autre"
            )
        return found
