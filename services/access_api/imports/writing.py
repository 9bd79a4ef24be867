"""How imports write: one at a time, what differs alone, and counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from services.access_api.imports.places import Point
from services.access_api.names import SITE_NAMES
from services.access_api.sites.tables import Site
from services.kernel.base.file_reports import Report
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database
from services.kernel.data.records import Record

CHUNK = 2_000
BEFORE = """
SELECT pg_advisory_xact_lock(7526003);  -- one import at a time
SET LOCAL enable_seqscan = off          -- plans are kept from when the tables were nearly empty
"""

V = TypeVar("V")


async def begin(db: Database) -> None:
    """Waits until no other import is writing; call it before what is known is read."""
    await (await db.connection()).execute(BEFORE)


@dataclass
class Rows:
    """The rows of a noun that an import looked at."""

    created: list[Record] = field(default_factory=list)
    changed: list[Record] = field(default_factory=list)
    unchanged: int = 0

    def keep(self, row: Record, *, changed: bool) -> None:
        """Counts a row that was there."""
        if changed:
            self.changed.append(row)
        else:
            self.unchanged += 1


@dataclass
class Writing:
    """One import, being written."""

    db: Database
    report: Report
    by: Principal

    async def save(self, noun: str, rows: Rows) -> None:
        """Writes the rows of a noun that are new or differ."""
        await SITE_NAMES.put(self.db, [row for row in (*rows.created, *rows.changed) if isinstance(row, Site)])
        await self.db.save_many(rows.created, event=f"access.{noun}.created", by=self.by)
        await self.db.save_many(rows.changed, event=f"access.{noun}.changed", by=self.by)
        counts = self.report.of(noun)
        counts.created += len(rows.created)
        counts.changed += len(rows.changed)
        counts.unchanged += rows.unchanged

    def place(self, site: Site, point: Point | None, *, keeps: bool = False) -> bool:
        """Puts a site at the place that a file gives, if it gives one, and counts it; whether the site was elsewhere, or nowhere.

        `keeps`: a place that is known stays.
        """
        if point is None:
            return False
        self.report.located += 1
        moved = not (keeps and site.lat_e6 is not None) and set_differing(site, point._asdict())
        self.report.placed += moved
        return moved


def set_differing(row: Record, values: Mapping[str, Any]) -> bool:
    """Sets the values that differ; whether any did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def chunks(entries: Mapping[str, V]) -> Iterator[dict[str, V]]:
    """Some entries at a time, in their order."""
    keys = list(entries)
    for start in range(0, len(keys), CHUNK):
        yield {key: entries[key] for key in keys[start : start + CHUNK]}
