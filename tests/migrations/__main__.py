"""`make revision SERVICE=… MESSAGE="…"`: writes a service's next migration, on a PostgreSQL that is made for it and thrown away."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import asyncpg
from alembic import command

from services.kernel.data.service import Service
from services.kernel.process.embedded import EmbeddedError, embedded
from services.kernel.process.migrate import _prepare, alembic_config
from services.plam import SERVICES
from tests.migrations.writing import write_migration

CONNECTIONS = 20
USAGE = 'make revision SERVICE=<service> MESSAGE="<what it does, a few words>"'


async def prepare(url: str, service: Service) -> None:
    """The schema and its roles, without tables."""
    connection = await asyncpg.connect(url)
    try:
        await _prepare(connection, service.name)
    finally:
        await connection.close()


def main(name: str, message: str, folder: Path | None = None) -> str:
    """Writes the migration into its folder, or another; what there is to say of it."""
    service = next((service for service in SERVICES if service.name == name), None)
    if service is None:
        raise SystemExit(f"{USAGE}: no service « {name} »; there are {', '.join(service.name for service in SERVICES)}")
    if not any(letter.isalnum() for letter in message) or set(message) & set('"\\\n'):
        raise SystemExit(f"{USAGE}: the message names the file and opens it: words on one line, without quotation marks")
    try:
        with tempfile.TemporaryDirectory(prefix="plam-") as home, embedded(Path(home), CONNECTIONS) as url:
            asyncio.run(prepare(url, service))
            command.upgrade(alembic_config(service, url), "head")
            path = write_migration(service, url, message, folder)
    except EmbeddedError as error:
        raise SystemExit(str(error)) from error
    if path is None:
        return f"Nothing to migrate: the migrations of {name} make what its tables declare"
    return f"{os.path.relpath(path)}: read it, complete it, then make test TESTS=tests/migrations"


if __name__ == "__main__":
    _, name, message = sys.argv
    sys.stdout.write(main(name, message) + "\n")
