"""`make bench`: ours beside its yardsticks, in CPU of the server's processes. Prints a table, writes build/bench.json."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import orjson

from services.kernel.base import logs
from tests.bench import events, figures as figures_read, growth, imports, requests, rights, world
from tests.bench.measure import Figure, table

OUTPUT = Path(__file__).parents[2] / "build" / "bench.json"


PARTS = frozenset({"requests", "growth", "events", "imports", "figures", "rights"})
NAMES = {f"{what}/{other}" for what in ("list", "read", "write") for other in ("bare", "usual")}
NAMES |= {"events/update", "events/usual", "import/copy", "growth/list"}
NAMES |= {"rights/wall", "rights/wall, all", "rights/checks"}
NAMES |= {f"figures/{name}" for name in ("board/1st", "board/2nd", "board/all", "growth/1st", "growth/2nd", "large dist.", "closed month")}


async def main(chosen: frozenset[str]) -> None:
    """Measures the parts that were chosen, or all of them."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="plam-bench-") as folder, world.postgres(Path(folder) / "postgres") as server:
        home = Path(folder)
        if "imports" in chosen:  # the one part whose work is done in this process: before the others leave their objects in it
            async with world.database(server, "imports") as url:
                figures += await imports.measured(url, home)
        if "requests" in chosen:
            async with world.database(server, "requests") as url:
                await world.fill(url, requests.ROWS)
                await world.copy_to_yardsticks(url)
                figures += await requests.measured(url, home)
        if "rights" in chosen:
            async with world.database(server, "walled") as walled, world.database(server, "unwalled") as unwalled:
                figures += await rights.measured(walled, unwalled, home)
            async with world.database(server, "rights") as url:
                await world.fill(url, rights.PUBLIC_ROWS)
                figures += await rights.measured_checks(url, home)
        if "growth" in chosen:
            async with world.database(server, "small") as small, world.database(server, "large") as large:
                await world.fill(small, growth.SMALL)
                await world.fill(large, growth.SMALL)
                await world.multiply(large, growth.TIMES)
                figures += await growth.measured(small, large, home)
        if "events" in chosen:
            if broker := events.broker_url():
                async with world.database(server, "events") as url, world.database(server, "messages") as yardstick_url:
                    figures += await events.measured(url, yardstick_url, broker, home)
            else:
                print("events: no RabbitMQ answers (PLAM_TEST_AMQP_URL), so events/update and events/usual are not measured")
        if "figures" in chosen:
            entries = int(os.environ.get("BENCH_ENTRIES") or figures_read.LARGE)
            async with world.database(server, "some") as small, world.database(server, "many") as large:
                figures += await figures_read.measured(small, large, entries=entries)
    print(table(figures))
    if missing := NAMES - {figure.name for figure in figures}:
        print(f"not measured: {', '.join(sorted(missing))}; build/bench.json is what a whole run writes")
        raise SystemExit(chosen == PARTS)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_bytes(orjson.dumps([figure.row() for figure in figures], option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    logs.configure("warning")
    asyncio.run(main(frozenset(sys.argv[1:]) or PARTS))
