"""The one way a row is written: row, version, document, history, event and deliveries, in one statement."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from services.contracts.envelope import State
from services.kernel.base import clock, ids
from services.kernel.base.logs import correlation_id
from services.kernel.base.principals import Principal
from services.kernel.data.nouns import NOUNS, Noun
from services.kernel.data.records import Record, table_of


@dataclass(frozen=True)
class Write:
    """A statement ready to run: it returns one row when it wrote, none when the version had moved."""

    row: Record
    sql: str
    arguments: list[Any]
    emits: bool


@dataclass(frozen=True)
class Emission:
    """What `save` needs to know of the world to write an event."""

    service: str
    consumers: tuple[str, ...]
    secret: bytes


def advance(row: Record, by: Principal) -> Noun:
    """Takes the row to its next version, in memory: version, stamps, history of its status, document."""
    noun = NOUNS[type(row)]
    now = clock.now()
    values = row.__dict__  # straight: nobody listens to these attributes, and each assignment would ask who does
    values["version"] += 1
    values["updated_at"], values["updated_by"] = now, by.subject
    if values["version"] == 1:
        values["created_at"], values["created_by"] = now, by.subject
    if noun.has_status:
        status, history = values[row.status_field], values["history"]
        if not history or history[-1]["status"] != status:
            values["history"] = [*history, {"status": str(status), "at": now.isoformat()}]
    values["document_schema"] = noun.document_schema
    values["document"] = serialised(noun, row)
    return noun


def serialised(noun: Noun, row: Record) -> str:
    """The wire document of a row, in the newest shape."""
    return noun.document.model_validate(_part(row, noun.document)).model_dump_json()


def current_document(row: Record) -> str:
    """The wire document of a row: as it is stored, or made anew where it was stored in another shape."""
    noun = NOUNS[type(row)]
    return row.document if row.document_schema == noun.document_schema else serialised(noun, row)


def write(noun: Noun, row: Record, event: str | None, emission: Emission) -> Write:
    """The statement that stores a row already advanced."""
    values = row.__dict__
    arguments = [values[name] for name in noun.columns]
    if event is None or noun.state is None:
        return Write(row, _sql(noun, inserts=row.version == 1, emits=False), arguments, emits=False)
    event_id = ids.new()
    state = state_of(noun, row, emission.secret)
    arguments += [
        event_id,
        noun.state.kind,
        str(state.id),
        event,
        event_json(event_id, event, emission.service, state, row.updated_at.isoformat()),
        emission.consumers,
    ]
    return Write(row, _sql(noun, inserts=row.version == 1, emits=True), arguments, emits=True)


def state_of(noun: Noun, row: Record, secret: bytes) -> State:
    """The public state of a row; that of a pseudonymous noun is named by its pseudonym."""
    if noun.state is None:
        raise TypeError(f"{noun.table.__name__} n'a pas d'état publié.")
    state = noun.state.model_validate(_part(row, noun.state))
    return state.model_copy(update={"id": pseudonym(secret, row.id)}) if noun.pseudonymous else state


def _part(row: Record, model: type[BaseModel]) -> dict[str, Any]:
    """What a model shows of a row; a plain dictionary is read faster than attributes that SQLAlchemy watches."""
    values = row.__dict__
    return {name: values[name] if name in values else getattr(row, name) for name in model.model_fields}


def pseudonym(secret: bytes, identifier: UUID) -> UUID:
    """A stable identifier that names nobody outside the service: HMAC-SHA-256 of the id, cut to 128 bits."""
    return UUID(bytes=hmac.new(secret, identifier.bytes, hashlib.sha256).digest()[:16])


def event_json(event_id: UUID, event: str, service: str, state: State, time: str) -> str:
    """The CloudEvent as text. The state is spliced in as it was serialised, rather than parsed again."""
    head = orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(event_id),
            "source": f"/{service}",
            "type": event,
            "subject": str(state.id),
            "time": time,
            "datacontenttype": "application/json",
            "dataschema": state.schema_name(),
            "entityversion": state.version,
            "correlationid": correlation_id.get(),
        }
    ).decode()
    return f'{head[:-1]},"data":{state.model_dump_json()}}}'


@cache
def _sql(noun: Noun, *, inserts: bool, emits: bool) -> str:
    table = table_of(noun.table)
    name = f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'
    history = f'"{table.schema}"."{table.name}_version"' if table.schema else f'"{table.name}_version"'
    at = {column: index for index, column in enumerate(noun.columns, 1)}
    quoted = [f'"{column}"' for column in noun.columns]
    if inserts:
        values = ", ".join(f"${index}" for index in at.values())
        written = f"INSERT INTO {name} ({', '.join(quoted)}) VALUES ({values}) RETURNING id"
    else:
        sets = ", ".join(f'"{column}" = ${at[column]}' for column in noun.columns if column not in ("id", "created_at", "created_by"))
        # created_at and created_by never change, yet every argument must appear: the driver infers types from use
        guard = f"created_at = ${at['created_at']} AND created_by = ${at['created_by']}"
        written = f"UPDATE {name} SET {sets} WHERE id = ${at['id']} AND version = ${at['version']} - 1 AND {guard} RETURNING id"
    parts = [
        f"written AS ({written})",
        f'history AS (INSERT INTO {history} (id, version, recorded_at, "by", document) '
        f"SELECT id, ${at['version']}, clock_timestamp(), ${at['updated_by']}, ${at['document']} FROM written)",
    ]
    if emits:
        n = len(at)
        parts += [
            "event AS (INSERT INTO outbox (id, kind, subject, version, type, event) "
            f"SELECT ${n + 1}::uuid, ${n + 2}::text, ${n + 3}::text, ${at['version']}, ${n + 4}::text, ${n + 5}::text FROM written)",
            "deliveries AS (INSERT INTO delivery (event_id, consumer) "
            f"SELECT ${n + 1}::uuid, consumer FROM written, unnest(${n + 6}::text[]) AS consumer)",
        ]
    return f"WITH {', '.join(parts)} SELECT id FROM written"
