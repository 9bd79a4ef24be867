"""Which revision a service's schema is at, and whether this release of the code can work on it.

behind   a revision that this code knows and that is not its last, or no schema at all: nothing works on it until `plam migrate`
ahead    a revision that this code does not know: a later release migrated it. Within a release migrations only add (ADR 8), so that
         an image can be rolled back: the code goes on, and says so
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog
from alembic.config import Config
from alembic.script import ScriptDirectory

from services.kernel.base.problems import Unavailable

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parents[3] / "migrations"


class SchemaBehind(Unavailable):
    """The schema is missing, or older than the code."""


@dataclass(frozen=True)
class Revisions:
    """The revisions of a service's schema that this code knows, and the one that it works on."""

    head: str | None
    known: frozenset[str]


@cache
def revisions_of(service: str) -> Revisions:
    """Reads the service's folder of migrations, once a process. A service without one has no revisions, and nothing to compare."""
    if not (MIGRATIONS / service).is_dir():
        return Revisions(None, frozenset())
    scripts = ScriptDirectory.from_config(scripts_of(service))
    return Revisions(scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions()))


def scripts_of(service: str) -> Config:
    """Where Alembic finds the migrations of a service."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(MIGRATIONS / service))
    return config


def missing(service: str) -> SchemaBehind:
    """The error of a schema, or of its roles, that nobody has made yet."""
    return SchemaBehind(f"Le schéma {service} n'existe pas encore dans cette base : lancez plam migrate.")


def check_revision(service: str, here: str | None) -> bool:
    """Whether there are revisions to compare. `here`: None without a schema.

    Raises `SchemaBehind`, in words; a schema that is ahead is said in the log, once a process.
    """
    head = revisions_of(service).head
    if head is None:
        return False
    if here is None:
        raise missing(service)
    if words := ahead(service, here):
        _say(words)
    elif here != head:
        raise SchemaBehind(f"Le schéma {service} est à la révision {here}, cette version de PlaM attend {head} : lancez plam migrate.")
    return True


def ahead(service: str, here: str) -> str | None:
    """What there is to say of a schema that a later release has migrated; None: it is not one."""
    revisions = revisions_of(service)
    if here in revisions.known:
        return None
    words = f"Le schéma {service} est à la révision {here}, que cette version de PlaM (elle en est à {revisions.head}) ne connaît pas"
    return f"{words} : elle continue de travailler, mais installez la version plus récente qui l'a migré."


@cache
def _say(words: str) -> None:
    log.warning("schema.ahead", detail=words)
