"""Reads a CSV file, and says of each line that cannot be read why: no file is too broken to be told about."""

import codecs
import csv
import unicodedata
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

from services.access_api.imports.report import Report
from services.kernel.base.fields import hides_something

MOST_BYTES = 200_000_000
MOST_ROWS = 200_000
LONGEST_CELL = 10_000
LONGEST_LINE = 1_000_000
BLOCK = 1 << 16
"""Bytes read at once: so few lines that none of their objects grows old in the eyes of the garbage collector."""

_C1 = bytes(range(0x80, 0xA0))
_COMMON = bytes([0x0A, *range(0x20, 0x7F), *range(0x80, 0xC0), 0xC3])
"""ASCII without controls, and the letters of western Europe in UTF-8: a block of nothing else needs no look at its characters."""


class Chunk(NamedTuple):
    """Some lines of a file that can be read: their numbers, and their cells as they are, a tuple of them a column."""

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
            report.encoding = encoding
            with path.open("rb") as file:
                yield from _Reader(file, encoding, report).chunks(columns)
    except OSError as error:
        report.refuse(0, "", f"illisible ({error.strerror})")


def read_rows(path: Path, columns: Sequence[str], report: Report) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number, cells without the spaces around them) of each line that `read_chunks` gives."""
    for chunk in read_chunks(path, columns, report):
        for line, cells in zip(chunk.lines, zip(*chunk.columns, strict=True), strict=True):
            yield line, tuple(map(str.strip, cells))


class _Reader:
    """One reading of one file."""

    def __init__(self, file: BinaryIO, encoding: str, report: Report) -> None:
        self.file = file
        self.encoding = encoding
        self.report = report
        self.names: list[str] = []
        self.delimiter = ","

    def chunks(self, columns: Sequence[str]) -> Iterator[Chunk]:
        header = self.file.readline(LONGEST_LINE).removeprefix(codecs.BOM_UTF8).decode(self.encoding, "replace").rstrip("\r\n")
        self.delimiter = ";" if header.count(";") > header.count(",") else ","
        try:
            self.names = [name.strip() for name in next(csv.reader([header], delimiter=self.delimiter), [])]
        except csv.Error:  # a lone carriage return, a null, a cell without end
            self.report.refuse(1, "", "la ligne des noms de colonnes n'est pas lisible")
            return
        if not self._has_columns(columns):
            return
        pick = itemgetter(*map(self.names.index, columns))
        first = 2
        while block := self.file.read(BLOCK):
            block += self.file.readline()
            if b"\r" in block:
                block = block.replace(b"\r\n", b"\n")
            block = block.removesuffix(b"\n")
            lines = block.decode(self.encoding).split("\n")
            if first + len(lines) > MOST_ROWS + 2:
                self.report.refuse(MOST_ROWS + 2, "", f"plus de {MOST_ROWS} lignes")
                return
            self.report.lines += len(lines)
            read = self._split(first, lines, block) or self._parse(first, lines)
            first += len(lines)
            if read.lines:
                yield Chunk(read.lines, pick(read.columns))

    def _has_columns(self, columns: Sequence[str]) -> bool:
        wrong = [column for column in columns if self.names.count(column) != 1]
        for column in wrong:
            self.report.refuse(1, column, "colonne présente deux fois" if column in self.names else "colonne absente")
        return not wrong

    def _split(self, first: int, lines: list[str], block: bytes) -> Chunk | None:
        """A block of common characters without quotation marks, as nearly all are, needs no more than to be cut."""
        if b'"' in block or block.translate(None, _COMMON):
            return None
        rows = [line.split(self.delimiter) for line in lines]
        if {*map(len, rows)} != {len(self.names)} or max(map(len, lines)) > LONGEST_CELL:
            return None
        return Chunk(range(first, first + len(lines)), list(zip(*rows, strict=True)))

    def _parse(self, first: int, lines: list[str]) -> Chunk:
        read = [(number, row) for number, line in enumerate(lines, first) if (row := self._cells(number, line))]
        return Chunk([number for number, _ in read], list(zip(*[row for _, row in read], strict=True)))

    def _cells(self, number: int, line: str) -> list[str] | None:
        """The cells of one line; none when it cannot be read, or when it is empty."""
        if not line:
            self.report.lines -= 1
            return None
        try:
            row = line.split(self.delimiter) if '"' not in line else next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            self.report.refuse(number, "", "guillemets mal placés ou non refermés, ou retour à la ligne dans une cellule")
            return None
        if len(row) != len(self.names):
            self.report.refuse(number, "", f"{len(row)} cellules au lieu de {len(self.names)}")
            return None
        plain = line.isascii() or (unicodedata.is_normalized("NFC", line) and not hides_something(line))
        if plain and line.isprintable() and len(line) <= LONGEST_CELL:
            return row
        harmful = [(name, message) for name, cell in zip(self.names, row, strict=True) if (message := _refused_content(cell))]
        for name, message in harmful:
            self.report.refuse(number, name, message)
        return None if harmful else [unicodedata.normalize("NFC", cell) for cell in row]


def _refused_content(cell: str) -> str | None:
    if len(cell) > LONGEST_CELL:
        return f"cellule de plus de {LONGEST_CELL} caractères"
    if hides_something(cell):
        return "caractère de contrôle ou invisible"
    return None


def _encoding_of(path: Path, report: Report) -> str | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return _other_encoding_of(path, line + block.count(b"\n", 0, error.start), report)
            line += block.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _other_encoding_of(path, line, report)
    return "utf-8"


def _other_encoding_of(path: Path, line: int, report: Report) -> str | None:
    """Text in ISO 8859-1 never has the bytes 80 to 9F, nor zeros: a file that has them is in something else, or no text."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if b"\0" in block or len(block.translate(None, _C1)) != len(block):
                report.refuse(line, "", "ce n'est du texte ni en UTF-8 ni en ISO 8859-1 : enregistrez le fichier en UTF-8")
                return None
    report.warn(line, "", "le fichier n'est pas en UTF-8 : il est lu en ISO 8859-1 (latin-1)")
    return "latin-1"
