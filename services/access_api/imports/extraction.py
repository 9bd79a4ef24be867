"""The extraction of the FINESS register: its lines in the shape of the other file of establishments."""

from collections.abc import Iterator, Sequence

from services.access_api.imports.codes import FINESS
from services.access_api.imports.columns import LONGEST_TEXT
from services.access_api.imports.entities import Entity
from services.contracts.file_formats import SECTIONS
from services.kernel.base.file_reading import Chunk
from services.kernel.base.file_reports import Report
from services.kernel.base.spreadsheets import tidied

Column = Sequence[str]


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
