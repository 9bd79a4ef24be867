"""Reads a CSV file a line at a time, and says of each line that cannot be read why: no file is too broken to be told about."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TextIO

from services.access_api.imports.report import Report
from services.kernel.fields import LINE_PATTERN

MOST_BYTES = 200_000_000
MOST_ROWS = 200_000
LONGEST_LINE = 1_000_000
LONGEST_CELL = 10_000

CHUNK = 1_000

_BLOCK = 1 << 20
_C1 = bytes(range(0x80, 0xA0))
_HARMLESS = re.compile(LINE_PATTERN)


class Chunk(NamedTuple):
    """Some lines of a file that can be read: their numbers, and their cells, a tuple of them a column."""

    lines: Sequence[int]
    columns: Sequence[tuple[str, ...]]


def read_chunks(path: Path, columns: Sequence[str], report: Report) -> Iterator[Chunk]:
    """The lines of a file that can be read, in the order of `columns`; what cannot be read goes to the report.

    The file is UTF-8, or else ISO 8859-1, which the report then says; its cells are separated by commas or semicolons,
    its first line names the columns, in any order and perhaps among others. A cell never runs over a line's end.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            report.refuse(0, "", f"plus de {MOST_BYTES // 1_000_000} Mo")
        elif encoding := _encoding_of(path, report):
            report.encoding = encoding.removesuffix("-sig")
            with path.open(encoding=encoding) as file:
                yield from _Reader(file, report).chunks(columns)
    except OSError as error:
        report.refuse(0, "", f"illisible ({error.strerror})")


class _Reader:
    """One reading of one file."""

    def __init__(self, file: TextIO, report: Report) -> None:
        self.file = file
        self.report = report
        self.names: list[str] = []
        self.delimiter = ","

    def chunks(self, columns: Sequence[str]) -> Iterator[Chunk]:
        header = self.file.readline(LONGEST_LINE).rstrip("\n")
        self.delimiter = ";" if header.count(";") > header.count(",") else ","
        self.names = [name.strip() for name in next(csv.reader([header], delimiter=self.delimiter), [])]
        if not self._has(columns):
            return
        places = [self.names.index(column) for column in columns]
        first = 2
        while lines := list(islice(self.file, CHUNK)):
            if first + len(lines) > MOST_ROWS + 2:
                self.report.refuse(MOST_ROWS + 2, "", f"plus de {MOST_ROWS} lignes")
                return
            read = self._read(first, lines)
            first += len(lines)
            if read:
                cells = list(zip(*[row for _, row in read], strict=True))
                yield Chunk([number for number, _ in read], [tuple(map(str.strip, cells[place])) for place in places])

    def _has(self, columns: Sequence[str]) -> bool:
        wrong = [column for column in columns if self.names.count(column) != 1]
        for column in wrong:
            self.report.refuse(1, column, "colonne présente deux fois" if column in self.names else "colonne absente")
        return not wrong

    def _read(self, first: int, lines: list[str]) -> list[tuple[int, list[str]]]:
        """(number, cells) of each line that can be read. Nearly all are plain and are parsed together; the others get a look each."""
        self.report.lines += len(lines)
        numbered = list(enumerate(lines, first))
        plain = [(number, line) for number, line in numbered if _is_plain(line)]
        try:
            rows = list(csv.reader([line for _, line in plain], delimiter=self.delimiter, strict=True))
        except csv.Error:
            plain, rows = [], []
        taken = [(number, row) for (number, _), row in zip(plain, rows, strict=True)]
        if len(taken) < len(lines):
            known = {number for number, _ in plain}
            taken += [(number, row) for number, line in numbered if number not in known and (row := self._read_one(number, line))]
            taken.sort(key=itemgetter(0))
        width = len(self.names)
        return [(number, row) for number, row in taken if len(row) == width or self._has_width(number, row)]

    def _has_width(self, number: int, row: list[str]) -> bool:
        if not row:
            self.report.lines -= 1  # an empty line says nothing
        elif len(row) != len(self.names):
            self.report.refuse(number, "", f"{len(row)} cellules au lieu de {len(self.names)}")
        return len(row) == len(self.names)

    def _read_one(self, number: int, line: str) -> list[str] | None:
        if line.count('"') % 2:
            self.report.refuse(number, "", "guillemet non refermé, ou retour à la ligne dans une cellule")
            return None
        try:
            row = next(csv.reader([line], delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            self.report.refuse(number, "", "guillemets mal placés, ou cellule démesurée")
            return None
        if not self._has_width(number, row):
            return None
        harmful = [(name, message) for name, cell in zip(self.names, row, strict=True) if (message := _harm(cell))]
        for name, message in harmful:
            self.report.refuse(number, name, message)
        return None if harmful else [unicodedata.normalize("NFC", cell) for cell in row]


def read_rows(path: Path, columns: Sequence[str], report: Report) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number, cells) of each line that `read_chunks` gives."""
    for chunk in read_chunks(path, columns, report):
        yield from zip(chunk.lines, zip(*chunk.columns, strict=True), strict=True)


def _is_plain(line: str) -> bool:
    """Whether a line can be taken without a look at each of its cells."""
    return (
        line[:-1].isprintable()
        and line[-1:] == "\n"
        and (line.isascii() or unicodedata.is_normalized("NFC", line))
        and ('"' not in line or line.count('"') % 2 == 0)
        and len(line) <= LONGEST_CELL
    )


def _harm(cell: str) -> str | None:
    if len(cell) > LONGEST_CELL:
        return f"cellule de plus de {LONGEST_CELL} caractères"
    if cell.strip() and not _HARMLESS.match(cell):
        return "caractère de contrôle ou invisible"
    return None


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
