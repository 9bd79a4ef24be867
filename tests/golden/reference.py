"""`docs/events.md`, `docs/settings.md` and `docs/permissions.md`, from the contracts, the settings and the routes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from services.kernel.api.rights import Extent
from services.reference.catalogues import StateSaid, permissions, settings, states
from services.reference.shapes import FieldSaid, codes
from tests.golden import snapshots

DOCS = snapshots.ROOT / "docs"
WRITTEN = "<!-- Written by `python -m tests.golden`: change the sources, not this page. -->"


def pages() -> Mapping[Path, str]:
    """The pages as they should be, by where they are kept."""
    return {
        DOCS / "events.md": _joined(_events()),
        DOCS / "permissions.md": _joined(_permissions()),
        DOCS / "settings.md": _joined(_settings()),
    }


def _joined(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _events() -> Iterator[str]:
    yield from ("# Events", "", WRITTEN, "")
    yield "An event is a CloudEvents 1.0 envelope (`contracts/envelope.py`) around the whole public state of one entity."
    yield "Its type is `<service>.<kind>.<what happened>`, its `dataschema` names the shape of the state, and its"
    yield "`entityversion` is the version of the entity: consumers keep the newest. Older shapes are read too"
    yield "(`contracts/registry.py`). Descriptions are in French, as those of the API are."
    service = ""
    for state in states():
        if state.service != service:
            service = state.service
            yield from ("", f"## {service}")
        yield from _state(state)


def _state(state: StateSaid) -> Iterator[str]:
    types = [each for each in snapshots.known_events() if each.split(".")[1] == state.kind]
    yield from ("", f"### `{state.schema}`", "", state.words, "", f"Types: {', '.join(f'`{each}`' for each in types)}.", "")
    yield from _table(state.fields)
    for name, (words, fields) in state.shapes.items():
        yield from ("", f"**`{name}`**: {words}", "")
        yield from _table(fields)


def _table(fields: Sequence[FieldSaid]) -> Iterator[str]:
    yield from ("| field | holds | |", "|---|---|---|")
    labels = codes()
    for each in fields:
        said = ", ".join(f"`{code}` {label}" for code, label in labels.get(each.refers_to or "", {}).items())
        shape = f" `{each.refers_to}`" if each.refers_to and not said else ""
        yield f"| `{each.name}` | {each.kind}{shape} | {' '.join(part for part in (each.words, said) if part)} |"


def _settings() -> Iterator[str]:
    yield from ("# Settings", "", WRITTEN, "")
    yield "Environment variables of every process and command. One that begins with `PLAM_` and is not among them is refused, and so is an"
    yield "empty value. Descriptions are in French, as the command line is."
    yield from ("", "| variable | holds | default | what for | example |", "|---|---|---|---|---|")
    for each in settings():
        default, example = (f"`{value}`" if value else "" for value in (each.default, each.example))
        yield f"| `{each.variable}` | {each.kind} | {default} | {each.words} | {example} |"


def _permissions() -> Iterator[str]:
    yield from ("# Permissions", "", WRITTEN, "")
    yield "Who may ask for each operation, and how far, as its route declares it: `tests/test_who_may_do_what.py` tries it. One right is"
    yield "enough. The status of a row and the day may refuse more: `allowed_operations` says it of each. The same in JSON:"
    yield "`GET /access/v1/permissions`. Roles and extents are in French, as the API is."
    yield ""
    yield "Reading has two rules besides. A draft is shown to who prepares it or decides on it, alone; so is, in lists, what is concealed."
    yield "Figures of the region are for whoever reads figures; those of a department for steering, committees and who acts there"
    yield "([ADR 10](adr/0010-who-reads-which-figures.md))."
    yield ""
    yield from (f"- **{extent.label}**: {extent.description}" for extent in Extent)
    service = ""
    for each in permissions():
        if each.service != service:
            service = each.service
            yield from ("", f"## {service}", "", "| operation | does | who |", "|---|---|---|")
        yield f"| `{each.operation}` | {each.summary} | {each.who} |"
