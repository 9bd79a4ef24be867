"""What an import found in a file, line by line, and what it did or would do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Progress = Callable[[int], None]
"""Called now and then with the number of lines written so far."""


@dataclass(frozen=True)
class LineProblem:
    """One thing wrong at a line (0: the file as a whole). A blocking one keeps the whole file from being imported."""

    line: int
    field: str
    message: str
    blocking: bool = True

    def __str__(self) -> str:
        where = f"ligne {self.line}" if self.line else "fichier"
        return f"{where}, {self.field} : {self.message}" if self.field else f"{where} : {self.message}"


@dataclass
class Counts:
    """What became of the entries of one kind."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.changed + self.unchanged


@dataclass
class Report:
    """The result of an import. Refused, it has changed nothing."""

    lines: int = 0
    encoding: str = "utf-8"
    separator: str = ""
    elsewhere: int = 0
    """How many lines are of places outside the region: they are passed over."""
    located: int = 0
    """How many sites the file gives the place of."""
    placed: int = 0
    """How many of them were not known to be there."""
    unfinished: int = 0
    """How many lines a person has yet to complete: they are passed over."""
    rest: list[tuple[str, ...]] = field(default_factory=list)
    """Lines that a person must complete, as cells of what the import calls its rest."""
    counts: dict[str, Counts] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)
    refused: bool = False

    def refuse(self, line: int, name: str, message: str) -> None:
        """Notes a problem that keeps the file from being imported."""
        self.problems.append(LineProblem(line, name, message))
        self.refused = True

    def warn(self, line: int, name: str, message: str) -> None:
        """Notes something that a person should know, and that does not keep the file from being imported."""
        self.problems.append(LineProblem(line, name, message, blocking=False))

    def of(self, kind: str) -> Counts:
        """The counts of a kind of entries."""
        return self.counts.setdefault(kind, Counts())

    @property
    def written(self) -> int:
        """How many entries were created or changed."""
        return sum(counts.created + counts.changed for counts in self.counts.values())

    def sentences(self, *, dry_run: bool) -> Iterator[str]:
        """What was read, passed over and written, for a person."""
        separator = f", séparateur {self.separator}" if self.separator else ""
        yield f"{self.lines} ligne(s) lues, encodage {self.encoding}{separator}."
        if self.elsewhere:
            yield f"  {self.elsewhere} ligne(s) hors de la région, laissées de côté"
        if self.unfinished:
            yield f"  {self.unfinished} ligne(s) sans FINESS ni FINESS EJ, laissées de côté : complétez-les"
        if self.located:
            yield f"  {self.located} site(s) dont le fichier donne le lieu, {self.placed} nouvellement placés"
        for kind, counts in self.counts.items():
            yield f"  {kind} : {counts.created} créés, {counts.changed} changés, {counts.unchanged} inchangés"
        if self.refused:
            yield "Rien n'est importé : corrigez les lignes refusées."
        elif dry_run:
            yield "Rien n'est écrit : c'était un essai."
