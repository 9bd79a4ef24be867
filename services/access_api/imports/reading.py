"""Reads a CSV file a line at a time, and says of each line that cannot be read why: no file is too broken to be told about."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from services.access_api.imports.report import Report
from services.kernel.fields import LINE_PATTERN

MOST_BYTES = 200_000_000
MOST_ROWS = 200_000
LONGEST_CELL = 10_000

_BLOCK = 1 << 20
_C1 = bytes(range(0x80, 0xA0))
_HARMLESS = re.compile(LINE_PATTERN)


def read_rows(path: Path, columns: Sequence[str], report: Report) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number, cells in the order of `columns`) of each line that can be read; what cannot goes to the report.

    The file is UTF-8, or else ISO 8859-1, which the report then says; its cells are separated by commas or semicolons,
    its first line names the columns, in any order and perhaps among others. A cell never runs over a line's end.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            report.refuse(0, "", f"plus de {MOST_BYTES // 1_000_000} Mo")
            return
        encoding = _encoding_of(path, report)
        if encoding is None:
            return
        report.encoding = encoding.removesuffix("-sig")
        with path.open(encoding=encoding, newline="") as file:
            yield from _Reader(file, report).rows(columns)
    except OSError as error:
        report.refuse(0, "", f"illisible ({error.strerror})")


class _Reader:
    """One reading of one file."""

    def __init__(self, file: Iterator[str], report: Report) -> None:
        self.file = file
        self.report = report
        self.line = 0
        self.doubtful = False

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
        header = next(self.file, "").rstrip("\r\n")
        self.line = 1
        delimiter = ";" if header.count(";") > header.count(",") else ","
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
        if not self._has(columns, names):
            return
        pick = itemgetter(*(names.index(column) for column in columns))
        reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        width = len(names)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self.report.refuse(self.line, "", "guillemets mal placés")
                continue
            if not cells:
                continue
            self.report.lines += 1
            if len(cells) != width:
                self.report.refuse(self.line, "", f"{len(cells)} cellules au lieu de {width}")
            elif not self.doubtful:
                yield self.line, pick(list(map(str.strip, cells)))
            elif self._harmless(cells, names):
                yield self.line, pick([unicodedata.normalize("NFC", cell.strip()) for cell in cells])

    def _has(self, columns: Sequence[str], names: list[str]) -> bool:
        missing = [column for column in columns if column not in names]
        for column in missing:
            self.report.refuse(1, column, "colonne absente")
        twice = [column for column in columns if names.count(column) > 1]
        for column in twice:
            self.report.refuse(1, column, "colonne présente deux fois")
        return not missing and not twice

    def _lines(self) -> Iterator[str]:
        """The file's lines, but for those whose quotation marks would swallow the next ones."""
        for line in self.file:
            self.line += 1
            if self.line > MOST_ROWS + 1:
                self.report.refuse(self.line, "", f"plus de {MOST_ROWS} lignes")
                return
            if '"' in line and line.count('"') % 2:
                self.report.lines += 1
                self.report.refuse(self.line, "", "guillemet non refermé, ou retour à la ligne dans une cellule")
                continue
            # nearly every line passes these at once, and needs no look at each of its cells
            self.doubtful = len(line) > LONGEST_CELL or not line.rstrip("\r\n").isprintable() or not (line.isascii() or _is_composed(line))
            yield line

    def _harmless(self, cells: list[str], names: list[str]) -> bool:
        refused = False
        for name, cell in zip(names, cells, strict=True):
            if len(cell) > LONGEST_CELL:
                self.report.refuse(self.line, name, f"cellule de plus de {LONGEST_CELL} caractères")
                refused = True
            elif cell.strip() and not _HARMLESS.match(cell):
                self.report.refuse(self.line, name, "caractère de contrôle ou invisible")
                refused = True
        return not refused


def _is_composed(line: str) -> bool:
    return unicodedata.is_normalized("NFC", line)


def _encoding_of(path: Path, report: Report) -> str | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return _other_encoding_of(path, line + block.count(b"\n", 0, max(error.start, 0)), report)
            line += block.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _other_encoding_of(path, line, report)
    return "utf-8-sig"


def _other_encoding_of(path: Path, line: int, report: Report) -> str | None:
    """Text in ISO 8859-1 never has the bytes 80 to 9F, nor zeros: a file that has them is in something else, or no text."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b"\0" in block or len(block.translate(None, _C1)) != len(block):
                report.refuse(line, "", "ce n'est du texte ni en UTF-8 ni en ISO 8859-1 : enregistrez le fichier en UTF-8")
                return None
    report.warn(line, "", "le fichier n'est pas en UTF-8 : il est lu en ISO 8859-1 (latin-1)")
    return "latin-1"
