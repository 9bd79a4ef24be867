"""Reads a CSV file, and says of each line that cannot be read why: no file is too broken to be told about."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

from services.contracts.file_formats import Format, is_mark, recognised
from services.kernel.base.fields import hides_something
from services.kernel.base.file_reports import Report

MOST_BYTES = 200_000_000
MOST_ROWS = 500_000
LONGEST_CELL = 10_000
LONGEST_LINE = 1_000_000
BLOCK = 1 << 16
"""Bytes read at once: so few lines that none of their objects grows old in the eyes of the garbage collector."""

WINDOWS = "windows-1252"
SEPARATORS = {",": "virgule", ";": "point-virgule", "\t": "tabulation"}
TEXT = "enregistrez la feuille au format « CSV UTF-8 »"

_UNDEFINED = bytes([0x00, 0x81, 0x8D, 0x8F, 0x90, 0x9D])
"""What no text in Windows-1252 holds. All of ISO 8859-1 that a text holds means the same in it."""
_UTF8_LETTER = re.compile(rb"\xc3[\x80-\xbf]|\xc5[\x92\x93]|\xe2\x80[\x93\x94\x98\x99]")
"""French letters and quotation marks in UTF-8; in Windows-1252 these bytes would be « Ã© » and the like, which nobody writes."""
_ASCII = bytes([0x0A, *range(0x20, 0x7F)])
_COMMON = {
    "utf-8": _ASCII + bytes([*range(0x80, 0xC0), 0xC3]),
    WINDOWS: _ASCII + bytes(each for each in range(0x82, 0x100) if each not in _UNDEFINED and each not in {0xA0, 0xAD}),
}
"""ASCII without controls, and the letters of western Europe: a block of nothing else needs no look at its characters."""
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})


class Chunk(NamedTuple):
    """Some lines of a file that can be read: their numbers, their cells as they are, a tuple of them a column, and their section."""

    lines: Sequence[int]
    columns: Sequence[tuple[str, ...]]
    section: str = ""


Sections = Mapping[str, Sequence[str]]
"""The kinds of lines of a file without a header: what a line of each begins with, and the names of the cells that follow."""


def read_chunks(
    path: Path, columns: Sequence[str], report: Report, sections: Sections | None = None, more: Sequence[str] = ()
) -> Iterator[Chunk]:
    """The lines of a file that can be read, in the order of `columns`, then of `more`; what cannot be read goes to the report.

    A column of `more` that the file has not is empty.

    The file is UTF-8, or else Windows-1252, which the report then says; its cells are separated by commas, semicolons or tabs,
    its first line names the columns, in any order and perhaps among others. A cell never runs over a line's end.
    Where `sections` are given, the first line may be the mark of an extraction instead; chunks then have all cells of their section.
    """
    try:
        with _opened(path, report) as reader:
            if reader:
                yield from reader.chunks(columns, sections, more)
    except OSError as error:
        report.refuse(0, "", f"illisible ({error.strerror})")


def read_rows(path: Path, columns: Sequence[str], report: Report) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number, cells without the spaces around them) of each line that `read_chunks` gives."""
    for chunk in read_chunks(path, columns, report):
        for line, cells in zip(chunk.lines, zip(*chunk.columns, strict=True), strict=True):
            yield line, tuple(map(str.strip, cells))


def read_format(path: Path, report: Report) -> Format | None:
    """The known format of a file, by its first line; what keeps that line from being read goes to the report."""
    first, found = Report(), None
    try:
        with _opened(path, first) as reader:
            if reader and reader.read_first_line():
                found = recognised(reader.names)
    except OSError as error:
        first.refuse(0, "", f"illisible ({error.strerror})")
    if first.refused:  # what is only odd is said when the whole is read
        report.problems += first.problems
        report.refused = True
    return found


class _Reader:
    """One reading of one file."""

    def __init__(self, file: BinaryIO, encoding: str, report: Report) -> None:
        self.file = file
        self.encoding = encoding
        self.report = report
        self.names: list[str] = []
        self.delimiter = ","
        self.sectioned = False
        """Whether the file is an extraction, in which quotation marks may be no more than letters."""
        self.others: dict[str, int] = {}
        """How many lines there are of each section that is not asked for."""

    def chunks(self, columns: Sequence[str], sections: Sections | None, more: Sequence[str]) -> Iterator[Chunk]:
        if not self.read_first_line():
            self.report.lines = self._count_lines()
            return
        if sections and is_mark(self.names):
            yield from self._sections(sections)
            return
        if not self._has_columns(columns, more):
            self.report.lines = self._count_lines()
            return
        wanted, absent = (*columns, *more), len(self.names)
        pick = itemgetter(*(self.names.index(column) if column in self.names else absent for column in wanted))
        for first, lines, plain in self._blocks():
            read = (self._split(range(first, first + len(lines)), lines) if plain else None) or self._parse(first, lines)
            if read.lines:
                picked = pick((*read.columns, ("",) * len(read.lines)))
                yield Chunk(read.lines, picked if len(wanted) > 1 else (picked,))

    def read_first_line(self) -> bool:
        """Reads the names of the columns; whether they can be read."""
        header = self.file.readline(LONGEST_LINE).removeprefix(codecs.BOM_UTF8).decode(self.encoding, "replace").rstrip("\r\n")
        self.delimiter = max(SEPARATORS, key=header.count)
        self.report.separator = SEPARATORS[self.delimiter]
        if self.delimiter == "\t":
            self.report.warn(1, "", "les colonnes sont séparées par des tabulations : le fichier est lu ainsi")
        try:
            names = next(csv.reader([unicodedata.normalize("NFC", header)], delimiter=self.delimiter), [])
        except csv.Error:  # a lone carriage return, a null, a cell without end
            self.report.refuse(1, "", "la ligne des noms de colonnes n'est pas lisible")
            return False
        self.names = [name.strip().lower() for name in names]
        return True

    def _has_columns(self, columns: Sequence[str], more: Sequence[str]) -> bool:
        absent = [column for column in columns if column not in self.names]
        if absent and (other := recognised(self.names)):
            lacking = f"il y manque {_listed(absent)}"
            self.report.refuse(1, "", f"ce fichier est reconnu comme « {other.name} » : {lacking} ; {other.taken}")
        elif len(absent) > 1:
            self.report.refuse(1, "", f"le format de ce fichier n'est pas reconnu : il y manque {_listed(absent)}")
        elif absent:
            self.report.refuse(1, absent[0], "colonne absente")
        twice = [column for column in (*columns, *more) if self.names.count(column) > 1]
        for column in twice:
            self.report.refuse(1, column, "colonne présente deux fois")
        return not absent and not twice

    def _count_lines(self) -> int:
        """How many lines the rest of the file has, empty ones not counted."""
        return sum(1 for line in self.file if line.strip())

    def _blocks(self) -> Iterator[tuple[int, list[str], bool]]:
        """(number of the first line, lines, whether they are common characters without quotation marks, as nearly all are)."""
        first, common = 2, _COMMON[self.encoding] + (b"\t" if self.delimiter == "\t" else b"")
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
            yield first, lines, b'"' not in block and not block.translate(None, common)
            first += len(lines)

    def _sections(self, sections: Sections) -> Iterator[Chunk]:
        """The lines of an extraction, by runs of one section."""
        self.sectioned = True
        for start, block, plain in self._blocks():
            for section, run in groupby(enumerate(block, start), key=self._section_of):
                numbers, lines = zip(*run, strict=True)
                self.names = [section, *sections.get(section, ())]
                if section not in sections and (section.isalpha() or not section):
                    self._pass_over(section, numbers, lines)
                    continue
                read = (self._split(numbers, lines) if plain else None) or self._parse(numbers[0], lines)
                if read.lines:
                    yield Chunk(read.lines, read.columns[1:], section)
        for section, count in self.others.items():
            self.report.warn(0, section, f"{count} ligne(s) de cette sorte, qui ne sont pas importées")

    def _section_of(self, numbered: tuple[int, str]) -> str:
        return numbered[1].partition(self.delimiter)[0].strip(' "').lower()

    def _pass_over(self, section: str, numbers: Sequence[int], lines: Sequence[str]) -> None:
        if section:
            self.others[section] = self.others.get(section, 0) + len(lines)
            return
        for number, line in zip(numbers, lines, strict=True):
            if line.strip(self.delimiter + ' "'):
                self.report.refuse(number, "", "la ligne ne commence pas par ce qu'elle est")
            else:
                self.report.lines -= 1

    def _split(self, numbers: Sequence[int], lines: Sequence[str]) -> Chunk | None:
        """Lines of common characters without quotation marks need no more than to be cut."""
        rows = [line.split(self.delimiter) for line in lines]
        if {*map(len, rows)} != {len(self.names)} or max(map(len, lines)) > LONGEST_CELL:
            return None
        if self.delimiter * (len(self.names) - 1) in lines:
            return None
        return Chunk(numbers, list(zip(*rows, strict=True)))

    def _parse(self, first: int, lines: Sequence[str]) -> Chunk:
        read = [(number, row) for number, line in enumerate(lines, first) if (row := self._cells(number, line))]
        return Chunk([number for number, _ in read], list(zip(*[row for _, row in read], strict=True)))

    def _cells(self, number: int, line: str) -> list[str] | None:
        """The cells of one line; none when it cannot be read, or when it is empty."""
        if not line.strip(self.delimiter + " ") and (not line or len(self.names) > 1):
            self.report.lines -= 1
            return None
        try:
            row = line.split(self.delimiter) if '"' not in line else next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            row = line.split(self.delimiter) if self.sectioned else []
            if len(row) != len(self.names):
                self.report.refuse(number, "", "guillemets mal placés ou non refermés, ou retour à la ligne dans une cellule")
                return None
        wanted = len(self.names)
        if len(row) > wanted and not any(row[wanted:]):  # a spreadsheet makes every line as long as the longest
            row = row[:wanted]
        if len(row) != wanted:
            self.report.refuse(number, "", f"{len(row)} cellules au lieu de {wanted}")
            return None
        text = line if self.delimiter != "\t" else line.replace("\t", " ")
        plain = text.isascii() or (unicodedata.is_normalized("NFC", text) and not hides_something(text))
        if plain and text.isprintable() and len(text) <= LONGEST_CELL:
            return row
        harmful = [(name, message) for name, cell in zip(self.names, row, strict=True) if (message := _refused_content(cell))]
        for name, message in harmful:
            self.report.refuse(number, name, message)
        return None if harmful else [unicodedata.normalize("NFC", cell).translate(_SPACES) for cell in row]


def _listed(columns: Sequence[str]) -> str:
    return f"{'la colonne' if len(columns) == 1 else 'les colonnes'} {', '.join(columns)}"


def _refused_content(cell: str) -> str | None:
    if len(cell) > LONGEST_CELL:
        return f"cellule de plus de {LONGEST_CELL} caractères"
    if hides_something(cell):
        return "caractère de contrôle ou invisible"
    return None


@contextmanager
def _opened(path: Path, report: Report) -> Iterator[_Reader | None]:
    """A reading of a file; none when it is too large or no text. Raises `OSError`."""
    if path.stat().st_size > MOST_BYTES:
        report.refuse(0, "", f"plus de {MOST_BYTES // 1_000_000} Mo")
        yield None
    elif encoding := _encoding_of(path, report):
        report.encoding = encoding
        with path.open("rb") as file:
            yield _Reader(file, encoding, report)
    else:
        yield None


def _encoding_of(path: Path, report: Report) -> str | None:
    """The encoding of a file, UTF-8 or else Windows-1252; none when it is in another, or no text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    with path.open("rb") as file:
        if said := _no_text(file.read(4)):
            report.refuse(0, "", said)
            return None
        file.seek(0)
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


def _no_text(start: bytes) -> str | None:
    """What a file is, by its first bytes, when it is no text that is read here."""
    if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} or (len(start) > 1 and start[:2].count(0) == 1):
        return f"le fichier est en UTF-16 (« texte Unicode » d'un tableur) : {TEXT}"
    if start == b"PK\x03\x04":
        return f"c'est un classeur (xlsx, ods) ou une archive (zip) : {TEXT}"
    return None


def _other_encoding_of(path: Path, line: int, report: Report) -> str | None:
    """Windows-1252, unless the file has bytes that no text in it holds."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if len(block.translate(None, _UNDEFINED)) != len(block):
                report.refuse(line, "", f"ce n'est du texte ni en UTF-8 ni en Windows-1252 : {TEXT}")
                return None
            if _UTF8_LETTER.search(block):
                report.refuse(line, "", f"la ligne n'est pas en UTF-8, d'autres le sont : {TEXT}")
                return None
    report.warn(line, "", "le fichier n'est pas en UTF-8 : il est lu en Windows-1252")
    return WINDOWS
