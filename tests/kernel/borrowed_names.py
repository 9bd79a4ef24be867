"""What we use of our libraries and they do not promise: each name with what we rely on."""

import asyncio
import inspect
import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import asyncpg
import dramatiq
import pytest
import uvicorn
from alembic.config import Config
from asyncpg.pool import PoolConnectionProxy, PoolConnectionProxyMeta
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import compute_backoff
from dramatiq.middleware import AsyncIO
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi._compat import ModelField
from fastapi.dependencies.utils import get_dependant
from fastapi.openapi.utils import get_openapi
from fastapi.params import Body
from fastapi.routing import APIRoute
from fastapi.security.base import SecurityBase
from pydantic import BaseModel, Field, create_model
from sqlalchemy import Integer, Text, bindparam, delete, insert, literal, update
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.orm import configure_mappers
from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import Field as Stored, SQLModel, col, select
from starlette.convertors import StringConvertor
from starlette.routing import Match, Mount, compile_path
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Borrowed:
    """Names of a library that a check looks at, and the check."""

    library: str
    names: tuple[str, ...]
    check: Callable[[], object]


BORROWED: list[Borrowed] = []


def borrowed(library: str, *names: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Says of a check which names it is about, as our files write them."""

    def listed(check: Callable[[], object]) -> Callable[[], object]:
        BORROWED.append(Borrowed(library, names, check))
        return check

    return listed


class Item(BaseModel):
    """A body, and a query."""

    name: str
    size: int = 1


class BorrowedRow(SQLModel, table=True):
    """A row."""

    id: int = Stored(primary_key=True)
    title: str = Stored(sa_type=Text)
    size: int = 0


async def dependency(_request: Request) -> int:
    """A dependency."""
    await asyncio.sleep(0)
    return 1


Given = Annotated[int, Depends(dependency)]


async def endpoint(
    request: Request,
    *,
    thing: int,
    item: Item,
    query: Annotated[Item, Query()],
    given: Annotated[int, Depends(dependency)],
    word: str = "w",
) -> None:
    """A route's function."""
    await asyncio.sleep(0)
    raise AssertionError((request, thing, item, query, given, word))


def route() -> APIRoute:
    """A route."""
    routes = APIRouter()
    routes.add_api_route("/things/{thing}", endpoint, methods=["POST"], status_code=201, operation_id="x")
    made = routes.routes[0]
    assert isinstance(made, APIRoute)
    return made


@borrowed("fastapi", "Dependant", "dependant", "call", "name", "dependencies", "request_param_name")
def _a_declaration() -> None:
    made = get_dependant(path="/things/{thing}", call=endpoint)
    assert made.call is endpoint
    assert made.request_param_name == "request"
    assert [(each.name, each.call, each.request_param_name) for each in made.dependencies] == [("given", dependency, "_request")]
    assert route().dependant.call is endpoint


@borrowed("fastapi", "path_params", "query_params", "header_params", "body_params", "cookie_params")
def _the_parameters_of_a_declaration() -> None:
    made = route().dependant
    assert [field.name for field in made.path_params] == ["thing"]
    assert [field.name for field in made.query_params] == ["query", "word"]
    assert [field.name for field in made.body_params] == ["item"]
    assert (made.header_params, made.cookie_params) == ([], [])


@borrowed(
    "fastapi",
    *("websocket_param_name", "http_connection_param_name", "response_param_name", "background_tasks_param_name"),
    "security_scopes_param_name",
)
def _the_other_kinds_of_a_declaration() -> None:
    made = get_dependant(path="/", call=dependency)
    assert made.websocket_param_name is made.http_connection_param_name is made.response_param_name is None
    assert made.background_tasks_param_name is made.security_scopes_param_name is None


@borrowed("fastapi", "fastapi._compat", "ModelField", "field_info", "alias", "get_default", "validate")
def _a_field() -> None:
    made = route().dependant
    fields = {field.name: field for field in (*made.path_params, *made.query_params, *made.body_params)}
    assert all(type(field) is ModelField for field in fields.values())
    assert fields["item"].field_info.annotation is fields["query"].field_info.annotation is Item
    info = fields["item"].field_info
    assert type(info) is Body
    assert not info.embed
    assert fields["thing"].field_info.is_required()
    assert (fields["word"].alias, fields["word"].get_default(), fields["word"].field_info.is_required()) == ("word", "w", False)
    assert fields["thing"].validate("3", loc=("path", "thing")) == (3, [])
    value, faults = fields["item"].validate({"size": "x"}, loc=("body",))
    assert (value, {(fault["type"], fault["loc"]) for fault in faults}) == (
        None,
        {("missing", ("body", "name")), ("int_parsing", ("body", "size"))},
    )


@borrowed("fastapi", "body_field", "status_code", "get_route_handler")
def _a_route() -> None:
    made = route()
    assert made.body_field is not None
    assert (made.status_code, made.methods, made.path, made.operation_id) == (201, {"POST"}, "/things/{thing}", "x")
    assert inspect.iscoroutinefunction(made.get_route_handler())

    class Own(APIRoute):
        def get_route_handler(self) -> Any:
            return "ours"

    assert Own("/", dependency).app is not None


@borrowed("fastapi", "router")
def _routes_are_added_to_an_application_as_they_are() -> None:
    app, made = FastAPI(), route()
    app.router.routes += [made]
    assert app.routes[-1] is made
    assert "/things/{thing}" in get_openapi(title="x", version="1", routes=app.routes)["paths"]


@borrowed("fastapi", "SecurityBase", "scheme_name", "model")
def _a_security_scheme_of_ours() -> None:
    assert not {"__init__", "__call__"} & vars(SecurityBase).keys()
    assert {"scheme_name", "model"} <= SecurityBase.__annotations__.keys()


@borrowed("fastapi", "get_openapi", "openapi_schema")
def _the_document() -> None:
    assert FastAPI().openapi_schema is None
    assert {"title", "version", "description", "routes", "servers", "tags", "license_info"} <= inspect.signature(
        get_openapi
    ).parameters.keys()


@borrowed("fastapi", "fastapi.params", "Body", "embed")
def _the_declaration_of_a_body() -> None:
    assert Body(embed=True).embed is True


@borrowed("starlette", "_receive", "_body")
def _the_body_of_a_request() -> None:
    async def receive() -> Any:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": False}

    made = Request({"type": "http", "headers": []}, receive)
    assert made._receive is receive
    assert not hasattr(made, "_body")
    assert asyncio.run(made.body()) == made._body == b"x"


@borrowed("starlette", "compile_path", "StringConvertor")
def _the_pattern_of_a_path() -> None:
    pattern, shown, convertors = compile_path("/things/{thing}/x")
    assert (shown, {name: type(each) for name, each in convertors.items()}) == ("/things/{thing}/x", {"thing": StringConvertor})
    found = pattern.match("/things/a b/x")
    assert found is not None
    assert found.groupdict() == {"thing": "a b"}
    assert pattern.match("/things/a/b/x") is None
    assert [type(each) for each in compile_path("/{rest:path}")[2].values()] != [StringConvertor]


@borrowed("starlette", "matches", "redirect_slashes")
def _what_the_routers_match() -> None:
    match, _ = route().matches({"type": "http", "method": "\x00", "path": "/things/1", "root_path": ""})
    assert match is Match.PARTIAL
    assert Mount("/x", FastAPI()).matches({"type": "http", "method": "GET", "path": "/x/y", "root_path": ""})[0] is Match.FULL
    assert FastAPI(redirect_slashes=False).router.redirect_slashes is False


# ── SQLAlchemy, SQLModel ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@borrowed("sqlalchemy", "_generate_cache_key", "CacheKey", "key", "bindparams", "effective_value")
def _the_cache_key_of_a_statement() -> None:
    one, two, other = (
        select(BorrowedRow).where(col(BorrowedRow.id) == 1),
        select(BorrowedRow).where(col(BorrowedRow.id) == 2),
        select(BorrowedRow),
    )
    keys = [statement._generate_cache_key() for statement in (one, two, other)]
    assert keys[0].key == keys[1].key != keys[2].key  # type: ignore[union-attr]
    assert hash(keys[0].key) == hash(keys[1].key)  # type: ignore[union-attr]
    assert [[bind.effective_value for bind in key.bindparams] for key in keys if key] == [[1], [2], []]
    late = select(literal(1) == bindparam("x", callable_=lambda: 7, type_=Integer()))._generate_cache_key()
    assert late is not None
    assert 7 in [bind.effective_value for bind in late.bindparams]


@borrowed("sqlalchemy", "sqlalchemy.dialects.postgresql.asyncpg", "dialect", "SQLCompiler", "_compiler", "positiontup", "construct_params")
def _the_compiler_of_a_statement() -> None:
    statement = select(BorrowedRow.id).where(col(BorrowedRow.title) == "x", col(BorrowedRow.id) == bindparam("id"))
    compiler = statement._compiler(DIALECT, cache_key=None)
    assert str(compiler).endswith("WHERE borrowedrow.title = $1::VARCHAR AND borrowedrow.id = $2::INTEGER")
    assert compiler.positiontup == ["title_1", "id"]
    assert compiler.construct_params(_check=False) == {"title_1": "x", "id": None}


@borrowed("sqlalchemy", "_cache_key_bind_match", "bind_names")
def _the_copies_that_the_compiler_makes_of_binds() -> None:
    statement = insert(BorrowedRow).values(id=1, title="x", size=2)
    key = statement._generate_cache_key()
    assert key is not None
    compiler = statement._compiler(DIALECT, cache_key=key)
    copies, _ = compiler._cache_key_bind_match or ({}, {})
    named = {compiler.bind_names[copy] for bind in key.bindparams for copy in copies[bind] if copy in compiler.bind_names}
    assert named == set(compiler.positiontup or ()) == {"id", "title", "size"}


@borrowed("sqlalchemy", "insert_prefetch", "update_prefetch")
def _the_defaults_that_the_engine_would_compute() -> None:
    statements = (select(BorrowedRow), insert(BorrowedRow).values(id=1), insert(BorrowedRow).values(id=1, title="x", size=1))
    compilers = [statement._compiler(DIALECT, cache_key=None) for statement in statements]
    assert [[column.name for column in compiler.insert_prefetch] for compiler in compilers] == [[], ["size"], []]
    assert [list(compiler.update_prefetch) for compiler in compilers] == [[], [], []]


@borrowed("sqlalchemy", "post_compile_params")
def _the_binds_that_change_the_text() -> None:
    assert select(BorrowedRow).where(col(BorrowedRow.id).in_([1, 2]))._compiler(DIALECT, cache_key=None).post_compile_params
    assert not select(BorrowedRow).where(col(BorrowedRow.id) == 1)._compiler(DIALECT, cache_key=None).post_compile_params


@borrowed("sqlalchemy", "_for_update_arg", "column_descriptions")
def _what_a_select_says_of_itself() -> None:
    assert select(BorrowedRow)._for_update_arg is None
    assert select(BorrowedRow).with_for_update(key_share=True)._for_update_arg is not None
    assert [each["expr"] for each in select(BorrowedRow).column_descriptions] == [BorrowedRow]


@borrowed("sqlalchemy", "_returning", "_annotations", "parententity", "entity")
def _what_a_change_returns() -> None:
    for statement in (update(BorrowedRow), insert(BorrowedRow), delete(BorrowedRow)):
        assert isinstance(statement, UpdateBase)
        assert tuple(statement._returning) == ()
        assert [item._annotations["parententity"].entity for item in statement.returning(BorrowedRow)._returning] == [BorrowedRow]
        assert len(statement.returning(col(BorrowedRow.id), col(BorrowedRow.title))._returning) == 2


@borrowed("sqlalchemy", "_sa_class_manager", "new_instance", "configure_mappers")
def _an_instance_made_past_its_constructor() -> None:
    configure_mappers()
    manager = BorrowedRow.__dict__["_sa_class_manager"]
    made = manager.new_instance()
    made.__dict__.update(id=1, title="x")
    assert (type(made), made.id, made.title) == (BorrowedRow, 1, "x")


@borrowed("pydantic", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
def _what_pydantic_keeps_beside_an_instance_s_fields() -> None:
    configure_mappers()
    made = BorrowedRow.__dict__["_sa_class_manager"].new_instance()
    made.__dict__.update(id=1, title="x")
    for name, value in (("__pydantic_fields_set__", {"id", "title"}), ("__pydantic_extra__", None), ("__pydantic_private__", None)):
        object.__setattr__(made, name, value)
    assert (made.model_fields_set, made.model_dump()) == ({"id", "title"}, {"id": 1, "title": "x"})
    assert Item(name="x").__pydantic_fields_set__ == {"name"}


@borrowed("pydantic", "_attributes_set")
def _what_was_given_to_a_field() -> None:
    info = Item.model_fields["size"]
    unsent = copy(info)
    unsent.default, unsent._attributes_set = None, {**info._attributes_set, "default": None}
    made = create_model("Made", name=(str, Field(max_length=3)), size=(int, unsent))
    assert (made(name="x").model_dump(), Item(name="x").size) == ({"name": "x", "size": None}, 1)


@borrowed("sqlmodel", "__table__", "__dict__")
def _the_table_and_the_values_of_a_row() -> None:
    assert [column.name for column in BorrowedRow.__table__.columns] == ["id", "title", "size"]  # type: ignore[attr-defined]
    made = BorrowedRow(id=1, title="x")
    made.__dict__["title"] = "y"
    assert (made.title, made.__dict__["id"]) == ("y", 1)


# ── asyncpg, uvicorn, Dramatiq, Alembic ───────────────────────────────────────────────────────────────────────────────────────────


@borrowed("asyncpg", "asyncpg.pool", "PoolConnectionProxy", "is_closed", "terminate")
def _a_pooled_connection() -> None:
    assert isinstance(PoolConnectionProxy, PoolConnectionProxyMeta)
    for name in ("is_closed", "terminate", "transaction", "fetch", "fetchval", "fetchrow", "fetchmany", "execute", "get_server_pid"):
        assert callable(getattr(PoolConnectionProxy, name)), name
    taken_back = object.__new__(PoolConnectionProxy)
    taken_back._con = None
    with pytest.raises(asyncpg.InterfaceError):
        taken_back.is_closed()


@borrowed("asyncpg", "create_pool", "expire_connections", "release", "acquire")
def _a_pool() -> None:
    assert {"connect", "init", "reset", "server_settings", "command_timeout", "max_inactive_connection_lifetime", "timeout"} <= {
        *inspect.signature(asyncpg.create_pool).parameters,
        *inspect.signature(asyncpg.connect).parameters,
    }
    assert inspect.iscoroutinefunction(asyncpg.Pool.expire_connections)
    assert list(inspect.signature(asyncpg.Pool.release).parameters) == ["self", "connection", "timeout"]
    assert list(inspect.signature(asyncpg.Pool.acquire).parameters) == ["self", "timeout"]


@borrowed("uvicorn", "uvicorn.protocols.http.httptools_impl", "HttpToolsProtocol", "connection_made", "on_url", "url")
@borrowed("uvicorn", "loop", "connection_lost", "on_message_begin", "on_headers_complete")
def _the_protocol() -> None:
    assert list(inspect.signature(HttpToolsProtocol.connection_made).parameters) == ["self", "transport"]
    assert list(inspect.signature(HttpToolsProtocol.connection_lost).parameters) == ["self", "exc"]
    for name in ("on_message_begin", "on_headers_complete"):
        assert list(inspect.signature(getattr(HttpToolsProtocol, name)).parameters) == ["self"]
    assert "self.loop = " in inspect.getsource(HttpToolsProtocol.__init__)
    assert list(inspect.signature(HttpToolsProtocol.on_url).parameters) == ["self", "url"]
    assert "self.url += url" in inspect.getsource(HttpToolsProtocol.on_url)
    source = inspect.getsource(HttpToolsProtocol)
    assert 'self.url = b""' in source
    assert set(re.findall(r"self\.transport\.(\w+)", source)) <= {"write", "close", "is_closing", "set_protocol"}
    assert "self.scope = {" in source


@borrowed("uvicorn", "capture_signals", "shutdown", "servers", "started", "should_exit")
def _the_server() -> None:
    made = uvicorn.Server(uvicorn.Config("", log_config=None))
    assert (made.started, made.should_exit) == (False, False)
    assert "with self.capture_signals():" in inspect.getsource(uvicorn.Server.serve)
    assert "self.shutdown(sockets=sockets)" in inspect.getsource(uvicorn.Server)
    assert "self.servers" in inspect.getsource(uvicorn.Server.startup)


@borrowed("uvicorn", "encoded_headers", "server_state", "default_headers", "get_loop_factory")
def _the_headers_of_every_answer() -> None:
    config = uvicorn.Config("", log_config=None)
    assert config.encoded_headers == []
    assert uvicorn.Server(config).server_state.default_headers == []
    assert "self.config.encoded_headers" in inspect.getsource(uvicorn.Server.on_tick)
    assert "self.server_state.default_headers" in inspect.getsource(HttpToolsProtocol)
    assert config.get_loop_factory() is not None


@borrowed("dramatiq", "_RedisConsumer", "consumer_class")
def _the_consumer_of_redis() -> None:
    assert RedisBroker.consumer_class.fget(None) is _RedisConsumer  # type: ignore[attr-defined]
    assert list(inspect.signature(_RedisConsumer.__init__).parameters) == ["self", "broker", "queue_name", "prefetch", "timeout"]


@borrowed("dramatiq", "message_cache", "outstanding_message_count", "prefetch", "queued_message_ids", "misses", "timeout", "queue_name")
def _what_the_consumer_of_redis_keeps() -> None:
    made = _RedisConsumer("broker", "queue", 3, 100)
    assert (made.broker, made.queue_name, made.prefetch, made.timeout) == ("broker", "queue", 3, 100)
    assert (made.message_cache, made.queued_message_ids, made.misses) == ([], set(), 0)
    made.message_cache, made.queued_message_ids = [b"x"], {"1", "2"}
    assert made.outstanding_message_count == 3


@borrowed("dramatiq", "do_fetch", "namespace", "broker_id", "client")
def _the_keys_of_redis() -> None:
    made = RedisBroker(url="redis://127.0.0.1:1")
    assert (made.namespace, made.client is not None, bool(made.broker_id), callable(made.do_fetch)) == ("dramatiq", True, True, True)
    script = (Path(inspect.getfile(RedisBroker)).parent / "redis" / "dispatch.lua").read_text()
    assert ":__acks__." in script
    assert '".msgs"' in script


@borrowed("dramatiq", "dramatiq.common", "compute_backoff")
def _the_pause_of_an_idle_consumer() -> None:
    attempts, pause = compute_backoff(0, max_backoff=100)
    assert (attempts, 0 <= pause <= 100) == (1, True)


@borrowed("dramatiq", "dramatiq.asyncio", "EventLoopThread", "get_event_loop_thread", "set_event_loop_thread", "run_coroutine", "logger")
def _the_thread_of_the_event_loop() -> None:
    before = get_event_loop_thread()
    middleware = AsyncIO()
    thread = EventLoopThread(middleware.logger)
    thread.start(timeout=30)
    try:
        set_event_loop_thread(thread)
        assert get_event_loop_thread() is thread
        assert thread.run_coroutine(asyncio.sleep(0, "done")) == "done"
    finally:
        set_event_loop_thread(before)
        thread.stop()
        thread.join()
    assert {"before_worker_boot", "after_worker_shutdown"} <= {*dir(AsyncIO), *dir(dramatiq.Middleware)}


@borrowed("dramatiq", "workers", "consumers", "delay_queues")
def _the_threads_of_a_worker() -> None:
    broker = StubBroker(middleware=[])
    broker.declare_queue("x")
    assert "x.DQ" in broker.delay_queues
    broker.delay_queues.clear()
    assert broker.get_declared_delay_queues() == set()
    worker = dramatiq.Worker(broker, queues={"x"}, worker_threads=2)
    worker.start()
    try:
        assert len(worker.workers) == 2
        assert "x" in worker.consumers
        assert all(thread.is_alive() for thread in (*worker.workers, *worker.consumers.values()))
    finally:
        worker.stop()


@borrowed("dramatiq", "emit_after", "actors", "set_encoder")
def _what_a_broker_knows_of_its_actors() -> None:
    broker = StubBroker(middleware=[])
    dramatiq.actor(actor_name="x.run", queue_name="x", broker=broker)(lambda: None)
    assert broker.actors["x.run"].queue_name == "x"
    assert callable(broker.emit_after)


@borrowed("alembic", "attributes")
def _what_a_configuration_hands_to_the_migrations() -> None:
    key = str(uuid4())
    config = Config()
    config.attributes.update(key=key)
    assert (config.attributes["key"], Config().attributes) == (key, {})
