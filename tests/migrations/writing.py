"""Writes a service's next migration: what its tables declare and its migrations do not make yet, in the house's form."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.schema import CheckConstraint, CreateTable

from services.kernel.data.schema_revisions import MIGRATIONS, revisions_of
from services.kernel.data.service import Service
from services.kernel.process.migrate import alembic_config

ROOT = MIGRATIONS.parent
NOISE = (
    (re.compile(r"^ *# ### .*\n", re.MULTILINE), ""),
    (re.compile(r", (unique=False|postgresql_where=None)(?=[,)])"), ""),
    (re.compile(r"sa\.literal_column\(('\w+')\)"), r"\1"),
)
"""What Alembic writes and nobody reads: its comments, what is so by default, a column of an index as an expression."""

CHECKS = sa.text(
    "SELECT r.relname, c.conname, pg_get_expr(c.conbin, c.conrelid, true) FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid "
    "JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = :schema AND c.contype = 'c'"
)

Checks = dict[tuple[str, str], str]


def write_migration(service: Service, url: str, message: str, folder: Path | None = None) -> Path | None:
    """Writes into the service's folder of migrations, or another; None: there is nothing to migrate.

    `url` is a database at the service's last migration. What it does is read from the catalogue: tables, columns, foreign keys, indexes
    by name, and CHECKs whose condition has changed. Moving rows to their new shape stays to be written by hand.
    """
    folder = folder or MIGRATIONS / service.name
    config = alembic_config(service, url)
    config.set_main_option("version_locations", os.pathsep.join(dict.fromkeys([str(MIGRATIONS / service.name), str(folder)])))
    config.set_main_option("truncate_slug_length", "60")
    number = int(revisions_of(service.name).head or 0) + 1
    sentence = message.strip().rstrip(".")
    with redirect_stdout(io.StringIO()):  # it says where it writes, before it has
        made = command.revision(
            config,
            sentence[:1].upper() + sentence[1:],
            autogenerate=True,
            rev_id=f"{number:04}",
            version_path=folder,
            process_revision_directives=_complete(service),
        )
    if not made:
        return None
    assert not isinstance(made, list)
    path = Path(made.path)
    path.write_text(_formatted(path.read_text("utf-8")), "utf-8")
    return path


def _complete(service: Service) -> Callable[[MigrationContext, Any, list[Any]], None]:
    """Adds the conditions that have changed to what Alembic has found; with nothing at all, no file is written."""

    def complete(context: MigrationContext, _revision: Any, directives: list[Any]) -> None:
        assert context.connection is not None
        up, down = directives[0].upgrade_ops, directives[0].downgrade_ops
        for constraint, before in _changed(context.connection, service):
            drop = ops.DropConstraintOp.from_constraint(constraint)
            up.ops += [drop, ops.AddConstraintOp.from_constraint(constraint)]
            was = ops.CreateCheckConstraintOp(constraint.name, drop.table_name, before, schema=drop.schema)
            down.ops[:0] = [drop, was]
        for each in (*up.ops, *down.ops):
            if isinstance(each, ops.CreateTableOp):
                each.info.clear()  # privacy tags are the code's, and no Python that could be written
        if up.is_empty():
            directives.clear()

    return complete


def _changed(connection: sa.Connection, service: Service) -> list[tuple[CheckConstraint, str]]:
    """The CHECKs that are declared with another condition than the database has, which is given in PostgreSQL's words.

    PostgreSQL alone knows when two conditions say the same: the tables are made again as they are declared, and then not kept.
    """
    before = _checks(connection, service.name)
    kept = connection.begin_nested()
    for (name,) in connection.execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": service.name}):
        connection.execute(sa.text(f'DROP TABLE "{service.name}"."{name}" CASCADE'))
    for table in service.metadata.sorted_tables:
        connection.execute(CreateTable(table))
    after = _checks(connection, service.name)
    kept.rollback()
    declared = {
        (table.name, str(connection.dialect.identifier_preparer.format_constraint(each))): each
        for table in service.metadata.sorted_tables
        for each in sorted(table.constraints, key=lambda each: str(each.name))
        if isinstance(each, CheckConstraint)
    }
    return [(constraint, before[place]) for place, constraint in declared.items() if place in before and before[place] != after[place]]


def _checks(connection: sa.Connection, schema: str) -> Checks:
    return {(table, name): condition for table, name, condition in connection.execute(CHECKS, {"schema": schema})}


def _formatted(source: str) -> str:
    """The source without noise, as `make format` leaves it, without the imports that it does not use."""
    for noise, instead in NOISE:
        source = noise.sub(instead, source)
    for task in (["check", "--fix", "--select=F401,I"], ["format"]):
        words = [sys.executable, "-m", "ruff", *task, "--quiet", f"--config={ROOT / 'pyproject.toml'}", "-"]
        source = subprocess.run(words, input=source, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return source
