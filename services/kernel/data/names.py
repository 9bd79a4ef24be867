"""Names that stand beside ids: copied at writing, and saved again, as any change is, where the name that was copied has changed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Table, and_, false, or_, true
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.conditions import among
from services.kernel.data.database import Database
from services.kernel.data.records import Record, table_of
from services.kernel.data.service import MOST, hasten, in_parts, one_at_a_time

R = TypeVar("R", bound=Record)


class Source(NamedTuple):
    """Where a name is copied from: `column` of the row of `table` whose id, or other key, a field of ours holds."""

    field: str
    table: Table
    column: str = "name"
    key: str = "id"


class Names(Generic[R]):
    """The names that the rows of a noun bear: each by its column, with its source. A source that says nothing changes nothing."""

    def __init__(self, table: type[R], event: str | None, **sources: Source) -> None:
        self.table = table
        self.event = event
        self.sources = sources

    async def put(self, db: Database, rows: Sequence[R]) -> None:
        """Gives rows the names of what they name; to be saved."""
        for source, columns in self._by_source.items():
            keys = {getattr(row, source.field) for row in rows} - {None}
            if not keys:
                continue
            key = source.table.c[source.key]
            wanted = (key.label("key"), *(source.table.c[taken].label(name) for name, taken in columns.items()))
            found = {each["key"]: each for each in await db.fetch(select(*wanted).where(among(key, sorted(keys))))}
            for row in rows:
                said = found.get(getattr(row, source.field), {})
                for name in columns:
                    if said and said[name] is not None:
                        setattr(row, name, said[name])

    async def rename(self, db: Database, of: ColumnElement[bool], limit: int, *, by: Principal) -> Sequence[R]:
        """Saves again rows whose names are no longer those of what they name: `limit` at most, of those for which `of` holds."""
        rows = await db.fetch(self._behind(of, limit))
        await self.put(db, rows)
        await db.save_many(rows, event=self.event, by=by)
        return rows

    def borne_by(self, row: R) -> dict[str, Any]:
        """The names that a row bears, for another that is made from it."""
        return {name: getattr(row, name) for name in self.sources}

    def where_named(self, changed: Mapping[Table, Collection[Any]]) -> ColumnElement[bool]:
        """The condition that a row names one of the rows of which a name has changed, which are given by table."""
        named = {(source.field, source.table) for source in self.sources.values() if changed.get(source.table)}
        return or_(false(), *(among(getattr(self.table, field), sorted(changed[table])) for field, table in sorted(named, key=str)))

    @cached_property
    def _by_source(self) -> Mapping[Source, Mapping[str, str]]:
        """Each row that is named, once: its source, whatever the column; our column → its."""
        found: dict[Source, dict[str, str]] = {}
        for name, source in self.sources.items():
            found.setdefault(source._replace(column=""), {})[name] = source.column
        return found

    def _behind(self, of: ColumnElement[bool], limit: int) -> SelectOfScalar[R]:
        statement = select(self.table)
        otherwise: list[ColumnElement[bool]] = []
        for number, (source, columns) in enumerate(self._by_source.items()):
            other = source.table.alias(f"named_{number}")
            statement = statement.outerjoin(other, other.c[source.key] == col(getattr(self.table, source.field)))
            for name, taken in columns.items():
                differs = col(getattr(self.table, name)).is_distinct_from(other.c[taken])
                otherwise.append(and_(other.c[taken].is_not(None), differs))
        statement = statement.where(of, or_(*otherwise)).order_by(col(self.table.id)).limit(limit)
        return statement.with_for_update(key_share=True, of=self.table)


class Naming:
    """The nouns of a service that bear names, in the order of locks: those that others take names from come before them.

    `job` is the name of the job that goes on where a transaction has saved `MOST` rows, and mends what was missed.
    """

    def __init__(self, job: str, *levels: Names[Any]) -> None:
        self.job = job
        self.levels = levels

    async def follow(self, db: Database, changed: Mapping[Table, Collection[Any]], *, by: Principal = SYSTEM) -> None:
        """Saves again the rows that bear a name of one of these rows (ids by table), and those that took it from them."""
        known = {table: set(keys) for table, keys in changed.items() if keys}
        with db.as_service():
            if known and await self._follow(db, lambda names: names.where_named(known), known, by) == MOST:
                await hasten(db, self.job)

    async def follow_all(self, db: Database) -> None:
        """Saves again whatever bears an old name."""
        await in_parts(db, self._follow_some, MOST)

    async def _follow_some(self, db: Database) -> int:
        await one_at_a_time(db)
        return await self._follow(db, lambda _: true(), {}, SYSTEM)

    async def _follow(
        self, db: Database, of: Callable[[Names[Any]], ColumnElement[bool]], changed: dict[Table, set[Any]], by: Principal
    ) -> int:
        left = MOST
        for names in self.levels:
            if not left:
                break
            rows = await names.rename(db, of(names), left, by=by)
            changed.setdefault(table_of(names.table), set()).update(row.id for row in rows)
            left -= len(rows)
        return MOST - left
