"""The list behind a figure: where the owner's API gives today, a row each, what the figure counts. For a share, what it divides."""

from dataclasses import dataclass

CONCEALED = "le pilotage y voit aussi ce qui est dissimulé, qui ne compte pas"


@dataclass(frozen=True)
class Listing:
    """Addresses in the owner's API. `note` says how their rows differ from what is counted, or why there is no address."""

    paths: tuple[str, ...]
    note: str
    by_department: bool
    """Whether the list takes the filter `department`."""

    def addresses(self, department: str | None = None) -> tuple[str, ...]:
        """The addresses, of a department where there is one and the list has the filter."""
        if department is None or not self.by_department:
            return self.paths
        return tuple(f"{path}{'&' if '?' in path else '?'}department={department}" for path in self.paths)


def rows_of(*paths: str, note: str = "", by_department: bool = True) -> Listing:
    """The rows of one list, or of several that have none in common. Without a note, a row is one of what is counted."""
    return Listing(paths, note, by_department)


def no_list(reason: str) -> Listing:
    """No list has what is counted, for this reason."""
    return Listing((), reason, by_department=False)


NO_MEDIAN = no_list("une médiane est de toutes les observations : aucune liste ne les donne")
