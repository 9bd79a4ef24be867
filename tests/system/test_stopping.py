"""SIGTERM: not ready at once, every request answered, then ended in order within 20 seconds, whatever is silent around."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from tests.support.mute import Mute
from tests.support.servers import real
from tests.system.conftest import empty_broker
from tests.system.own_postgres import OwnPostgres, own_postgres
from tests.system.processes import Plant, Process, free_port

CLIENTS = 20
BOUND = 20.0
PROCESSES = ("serve", "relay", "worker", "scheduler")


@pytest.fixture(scope="module")
def server(postgres: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """A PostgreSQL that these tests may freeze."""
    with own_postgres(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory, server: OwnPostgres) -> Iterator[Plant]:
    """A migrated system on that server and on RabbitMQ."""
    broker = real("PLAM_TEST_AMQP_URL")
    empty_broker(broker)
    with Plant(tmp_path_factory.mktemp("plant"), server.url, broker) as made:
        made.environment["PLAM_LOG_LEVEL"] = "info"
        yield made
    empty_broker(broker)


def at_work(plant: Plant, name: str, **environment: str) -> None:
    """Starts a process, and waits until it is at work."""
    if name == "serve":
        plant.serve(name, port=None, **environment)
    else:
        plant.work(name, **environment)


def ended(plant: Plant, name: str) -> float:
    """Sends SIGTERM; in how many seconds it ended, with status 0."""
    started = time.monotonic()
    status = plant.processes[name].terminate(BOUND + 2)
    seconds = time.monotonic() - started
    assert status == 0, plant.processes[name].told()[-3000:]
    assert seconds < BOUND
    return seconds


@pytest.mark.parametrize("name", PROCESSES)
def test_o6_a_process_ends_in_order(plant: Plant, name: str) -> None:
    log = plant.folder / f"{name}.log"
    before = log.stat().st_size if log.exists() else 0  # other tests keep what they print in the same file
    at_work(plant, name, PLAM_DRAIN_SECONDS="1")
    ended(plant, name)
    assert b"process.cut_short" not in log.read_bytes()[before:]


def test_o6_every_process_ends_while_the_database_is_frozen(plant: Plant, server: OwnPostgres, capsys: pytest.CaptureFixture[str]) -> None:
    for name in PROCESSES:
        at_work(plant, name)
    server.freeze()
    try:
        time.sleep(3)  # each is waiting for the server by now
        told = {name: ended(plant, name) for name in PROCESSES}
    finally:
        server.thaw()
    with capsys.disabled():
        print("\nbase gelée, SIGTERM →", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in told.items()))


@pytest.mark.parametrize("name", ["relay", "worker", "scheduler"])
async def test_o6_a_process_ends_while_the_broker_is_silent(plant: Plant, name: str) -> None:
    url = urlsplit(plant.environment["PLAM_BROKER_URL"])
    async with Mute(urlunsplit(url)).serving() as network:
        through = urlunsplit(url._replace(netloc=f"{url.username}:{url.password}@{urlsplit(network.url).netloc.partition('@')[2]}"))
        await asyncio.to_thread(at_work, plant, name, PLAM_BROKER_URL=through)
        network.silent.set()
        await asyncio.to_thread(ended, plant, name)


def test_o6_a_second_signal_ends_at_once(plant: Plant) -> None:
    at_work(plant, "serve", PLAM_DRAIN_SECONDS="15")
    process = plant.processes["serve"]
    with pytest.raises(TimeoutError):
        terminated(process, 2)
    started = time.monotonic()
    assert process.terminate(5) == 143
    assert time.monotonic() - started < 2


def terminated(process: Process, patience: float) -> None:
    """SIGTERM; fails when it does not end in time."""
    try:
        process.terminate(patience)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error


class KeepAlive:
    """A client that keeps its connection, asks again and again, and goes once an answer says that the connection closes."""

    def __init__(self, port: int, pause: float) -> None:
        self.answers = 0
        self.told = False
        self.cut = ""
        self._port = port
        self._pause = pause

    async def ask(self) -> None:
        """Asks until told to go, or cut off after a request was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while not self.told:
                writer.write(b"GET /actions/livez HTTP/1.1\r\nHost: plam.test\r\n\r\n")
                await writer.drain()
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
                assert head.startswith("http/1.1 200"), head
                self.answers += 1
                self.told = "connection: close" in head
                await asyncio.sleep(0 if self.told else self._pause)
        except (OSError, EOFError) as error:
            self.cut = repr(error)
        finally:
            writer.close()


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[list[KeepAlive]]:
    """Twenty clients at it, from one who never pauses to one who asks each second."""
    clients = [KeepAlive(port, number / CLIENTS) for number in range(CLIENTS)]
    tasks = [asyncio.create_task(client.ask()) for client in clients]
    await asyncio.sleep(1.5)
    yield clients
    await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def test_o6_not_ready_at_once_and_no_client_is_cut(plant: Plant) -> None:
    port = free_port()
    address = await asyncio.to_thread(plant.serve, "serve", port=port)
    async with asking(port) as clients:
        ending = asyncio.create_task(asyncio.to_thread(ended, plant, "serve"))
        await asyncio.sleep(0.5)
        async with httpx.AsyncClient() as other:
            ready = await other.get(f"{address}/actions/readyz")
            assert (ready.status_code, ready.json()["detail"], ready.headers["retry-after"]) == (503, "Arrêt en cours.", "1")
            assert (await other.get(f"{address}/actions/livez")).status_code == 200
            assert (await other.get(f"{address}/actions/openapi.json")).status_code == 200
    assert await ending >= 5
    assert [client.cut for client in clients] == [""] * CLIENTS
    assert all(client.told and client.answers for client in clients)
