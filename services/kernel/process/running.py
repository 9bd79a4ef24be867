"""A process of PlaM: how it attaches to its database, serves HTTP, relays, works, schedules, and stops on a signal."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, TypeVar

import structlog
import uvicorn
from prometheus_client import start_http_server
from pydantic import SecretStr
from starlette.types import ASGIApp

from services.kernel.api.http_protocol import OneWriteProtocol
from services.kernel.base.secrets import secret_of
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases, Routing
from services.kernel.data.schema_revisions import SchemaBehind
from services.kernel.data.service import Service
from services.kernel.events.brokers import make_broker
from services.kernel.events.relay import Relay
from services.kernel.events.scheduler import Scheduler
from services.kernel.events.worker import run_workers, working
from services.kernel.process.app import NO_PAGES, Pages, system_app
from services.kernel.process.demo_folder import on_its_day
from services.kernel.process.embedded import embedded
from services.kernel.process.startup_checks import check_when_there
from services.kernel.process.stopping import Stopping

log = structlog.get_logger(__name__)

T = TypeVar("T")

GRACE = 3
"""Seconds that requests under way have to end once nothing new is accepted."""

LINGER = 0.3
"""Seconds in which the last connections, closed to new ones, bring what their clients had already sent."""

CLOSE = (b"connection", b"close")

STOPS_WITHIN = 9.0
"""Seconds that a relay, a worker or a scheduler has to end in order, before it is cancelled."""


@contextmanager
def attached(settings: Settings) -> Iterator[Settings]:
    """The settings with a secret and a database behind them: the operator's, or the embedded one, started when nobody has.

    With the embedded one, the folder of a demonstration sets the business clock to its day.

    Raises `SecretMissingError`.
    """
    secret = secret_of(settings)
    if not settings.embedded:
        yield settings
        return
    with embedded(settings.home, settings.max_connections) as url, on_its_day(settings.home):
        drain = settings.drain_seconds if "drain_seconds" in settings.model_fields_set else 0.0  # nobody sends it others' traffic
        own = {"database_url": SecretStr(url), "secret": SecretStr(secret.decode()), "local_pages": settings.local_pages is not False}
        yield settings.model_copy(update={**own, "drain_seconds": drain})


def run_server(main: Coroutine[Any, Any, T]) -> T:
    """Runs what serves in the event loop that uvicorn prefers: uvloop, where it is installed."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        return runner.run(main)


async def serve(
    services: Sequence[Service],
    settings: Settings,
    routing: Routing,
    *,
    pages: Pages = NO_PAGES,
    everything: bool = False,
    started: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serves services over HTTP until a signal; with `everything`, relays, works and schedules in this process too."""
    databases = Databases(settings, routing)
    stopping = Stopping(settings.drain_seconds)
    stopping.listen()
    try:
        if not await _admitted(databases, services, stopping.begun):
            await databases.close()
            return
    except SchemaBehind as error:
        log.warning("schema.behind", detail=str(error))  # readyz says it too, until `plam migrate` has run
    except BaseException:
        await databases.close()
        raise
    deaths: list[BaseException] = []

    def died(watch: asyncio.Task[None]) -> None:
        if not watch.cancelled() and (error := watch.exception()):
            deaths.append(error)
            server.should_exit = True

    @asynccontextmanager
    async def beside() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if everything:
                watch = await stack.enter_async_context(_relayed_and_worked(services, databases, scheduled=True))
                watch.add_done_callback(died)
            yield

    app = system_app(services, databases, beside, pages, stopping=stopping.begun.is_set)
    gc.collect()
    gc.freeze()  # what is loaded stays: the collector need not walk it again at every thousandth request
    server = _server(app, settings)
    beside_it = [asyncio.create_task(_tell(server, settings, started)), asyncio.create_task(server.drain(stopping))]
    try:
        await server.serve()
    finally:
        for task in beside_it:
            task.cancel()
    if deaths:
        raise deaths[0]


@asynccontextmanager
async def played(services: Sequence[Service], settings: Settings, routing: Routing) -> AsyncIterator[tuple[int, Databases]]:
    """The whole system in this process while the block lasts: the port of the loopback where it is served, and its pools.

    Nothing schedules jobs: whoever sets the business clock says when they run.
    """
    databases = Databases(settings, routing)

    @asynccontextmanager
    async def beside() -> AsyncIterator[None]:
        async with _relayed_and_worked(services, databases, scheduled=False):
            yield

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = _server(system_app(services, databases, beside), settings)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event to wait for
                await asyncio.sleep(0.02)
            yield listening.getsockname()[1], databases
        finally:
            server.should_exit = True
            await serving


def _server(app: ASGIApp, settings: Settings) -> "_Server":
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=OneWriteProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=30,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """uvicorn's server, but that signals are ours, and that no client is cut off after it has sent a request."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves them to `Stopping`."""
        yield

    async def drain(self, stopping: Stopping) -> None:
        """From the first signal on: every answer closes its connection; after the drain, no new one is accepted."""
        await stopping.begun.wait()
        self.config.encoded_headers = [*self.config.encoded_headers, CLOSE]
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        await asyncio.sleep(stopping.drain)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accepts nothing new, answers what has been sent, then ends."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(LINGER)
        await super().shutdown(sockets)


async def _tell(server: uvicorn.Server, settings: Settings, started: Callable[[str], None]) -> None:
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event to wait for
        await asyncio.sleep(0.02)
    started(f"http://{settings.host}:{settings.port}")


@asynccontextmanager
async def _relayed_and_worked(services: Sequence[Service], databases: Databases, *, scheduled: bool) -> AsyncIterator[asyncio.Task[None]]:
    settings = databases.settings
    broker = make_broker(settings.broker_url.get_secret_value())
    stop = asyncio.Event()
    async with working(broker, services, databases, threads=settings.worker_threads) as watch:
        tasks = [asyncio.create_task(Relay(service, databases, broker).run(stop)) for service in services]
        gc.collect()
        gc.freeze()  # what was imported is never garbage: collections cost a fifth of the events a second without this
        if scheduled:
            tasks.append(asyncio.create_task(Scheduler(services, databases, broker).run(stop)))
        try:
            yield watch
        finally:
            stop.set()
            await _ended(*tasks, within=3)


async def relay(services: Sequence[Service], settings: Settings, routing: Routing) -> None:
    """Relays the events of services until a signal."""
    broker = make_broker(settings.broker_url.get_secret_value())
    databases = Databases(settings, routing)

    async def run(stop: asyncio.Event) -> None:
        await asyncio.gather(*(Relay(service, databases, broker).run(stop) for service in services))

    await _until_signal(run, databases, services)


async def work(services: Sequence[Service], settings: Settings, routing: Routing) -> None:
    """Serves the queues of services until a signal."""
    broker = make_broker(settings.broker_url.get_secret_value())
    databases = Databases(settings, routing)

    async def run(stop: asyncio.Event) -> None:
        await run_workers(broker, services, databases, threads=settings.worker_threads, stop=stop)

    await _until_signal(run, databases, services)


async def schedule(services: Sequence[Service], settings: Settings, routing: Routing) -> None:
    """Sends the periodic jobs of services until a signal."""
    broker = make_broker(settings.broker_url.get_secret_value())
    databases = Databases(settings, routing)
    await _until_signal(Scheduler(services, databases, broker).run, databases, services)


async def _until_signal(run: Callable[[asyncio.Event], Awaitable[None]], databases: Databases, services: Sequence[Service]) -> None:
    stopping = Stopping()
    stopping.listen()
    if port := databases.settings.metrics_port:
        start_http_server(port, databases.settings.host)
    asked = asyncio.create_task(stopping.begun.wait())
    try:
        if not await _admitted(databases, services, stopping.begun):
            return
        running = asyncio.ensure_future(run(stopping.begun))
        await asyncio.wait([asked, running], return_when=asyncio.FIRST_COMPLETED)
        await _ended(running, within=STOPS_WITHIN)
        if running.done() and not running.cancelled():
            running.result()
    finally:
        asked.cancel()
        await databases.close()


async def _ended(*tasks: asyncio.Future[None], within: float) -> None:
    """Waits until these have ended, and cancels those that a silent database or broker holds."""
    _, left = await asyncio.wait(tasks, timeout=within)
    for task in left:
        task.cancel()
    if left:
        log.warning("process.cancelled", tasks=len(left))
        await asyncio.wait(left, timeout=2)


async def _admitted(databases: Databases, services: Sequence[Service], stop: asyncio.Event) -> bool:
    """Whether the process may work: its secret is its schemas'. False when a signal came first. Raises as `check` does."""
    checking, stopping = asyncio.create_task(check_when_there(databases, services)), asyncio.create_task(stop.wait())
    done, waiting = await asyncio.wait((checking, stopping), return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    return checking in done and checking.result() is None
