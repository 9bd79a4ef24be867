"""Contenders as processes of their own: started, waited for, stopped."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(module: str, *arguments: str, environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process with pipes on its standard streams; what it logs goes nowhere."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if os.environ.get("BENCH_ERRORS") else asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
            try:
                await asyncio.wait_for(started.wait(), 15)
            except TimeoutError:
                started.kill()
                await started.wait()


@asynccontextmanager
async def server(module: str, *arguments: str, environment: Mapping[str, str]) -> AsyncIterator[tuple[int, int]]:
    """A contender that answers HTTP: its process number and its port."""
    port = _free_port()
    async with process(module, *arguments, environment={**environment, "PLAM_PORT": str(port)}) as started:
        await _answering(started, port)
        yield started.pid, port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _answering(started: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            if started.returncode is not None:
                raise ChildProcessError("a contender did not start: BENCH_ERRORS=1 shows why")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
