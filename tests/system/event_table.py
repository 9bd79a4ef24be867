"""What became of every type of event: by whom it was applied, and what it changed there. Read in the database, as a superuser."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from rich.console import Console
from rich.table import Table

from services.contracts.access import NoticeState, RevocationState
from services.contracts.registry import STATES
from services.observatory_api.indicators.catalogue import NOT_COUNTED
from services.observatory_api.ledger.sums import STANDING
from services.plam import SERVICES

INDICATORS = f"""
SELECT f.kind, array_agg(DISTINCT s.indicator ORDER BY s.indicator) AS indicators
FROM entry e JOIN series s ON s.id = e.series JOIN ({STANDING}) AS f ON f.series = e.series
GROUP BY f.kind
"""


@dataclass(frozen=True)
class Line:
    """One type of event at one consumer."""

    type: str
    consumer: str
    emitted: int
    applied: int
    changed: str

    @property
    def empty(self) -> bool:
        """Whether something is zero."""
        return not (self.emitted and self.applied == self.emitted and self.changed)


async def event_table(url: str) -> list[Line]:
    """A line for each type and consumer."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "observatory"})
    try:
        indicators = {row["kind"]: ", ".join(row["indicators"]) for row in await connection.fetch(INDICATORS)}
        lines = []
        for service in SERVICES:
            for row in await connection.fetch(
                f"SELECT o.kind, o.type, d.consumer, count(*) AS emitted, count(d.acknowledged_at) AS applied FROM {service.name}.outbox o "
                f"JOIN {service.name}.delivery d ON d.event_id = o.id GROUP BY 1, 2, 3 ORDER BY 2, 3"
            ):
                changed = _figures(indicators, row["kind"]) if row["consumer"] == "observatory" else await _copies(connection, row)
                lines.append(Line(row["type"], row["consumer"], row["emitted"], row["applied"], changed))
        return lines
    finally:
        await connection.close()


def _figures(indicators: Mapping[str, str], kind: str) -> str:
    return indicators.get(kind) or NOT_COUNTED.get(STATES[kind], "")


async def _copies(connection: asyncpg.Connection, row: asyncpg.Record) -> str:
    assert row["kind"] in STATES
    named = {NoticeState.kind: "notice", RevocationState.kind: "revoked"}
    table = f"{row['consumer']}.{named.get(row['kind'], row['kind'] + '_copy')}"
    count = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return f"{table} ({count})" if count else ""


def show(lines: list[Line]) -> None:
    """Prints the table."""
    table = Table("événement", "consommateur", "émis", "appliqués", "ce qui a changé", title="Chemin des événements")
    for line in lines:
        table.add_row(line.type, line.consumer, str(line.emitted), str(line.applied), line.changed)
    Console(width=160).print(table)
