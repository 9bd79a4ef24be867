"""`make fuzz`: schemathesis against the whole system, a role at a time; fails on any failure, or on an operation never answered 2xx.

FUZZ_ROLES=steering,employer   some roles only (then no operation is asked to have been answered 2xx by somebody)
FUZZ_BRIEF=1                   few examples: under a minute a role
FUZZ_SEED=7                    another seed
PLAM_TEST_DATABASE_URL         a PostgreSQL on which databases may be made; none: the embedded one
"""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from services.contracts.codes import Role
from services.kernel.process.embedded import embedded
from tests.fuzz.run import ANONYMOUS, Attack, Outcome, attack
from tests.support.database import SECRET, database_url

SEED = 20_221_019
AT_ONCE = 2
SHOWN = 40
FULL = {"examples": 10, "scenarios": 150, "share": 1}
BRIEF = {"examples": 5, "scenarios": 20, "share": 4}


def main() -> int:
    """The exit status."""
    every = [role.value for role in Role] + [ANONYMOUS]
    chosen = [role.strip() for role in os.environ.get("FUZZ_ROLES", "").split(",") if role.strip()] or every
    if unknown := [role for role in chosen if role not in every]:
        print(f"{', '.join(unknown)}: no such role; there are {', '.join(every)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _stop)
    seed = int(os.environ.get("FUZZ_SEED") or SEED)
    brief = bool(os.environ.get("FUZZ_BRIEF"))
    print(f"seed {seed}; roles: {', '.join(chosen)}{'; brief' if brief else ''}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="plam-fuzz-") as folder, _server(Path(folder)) as server:
        outcomes = list(_attacks(chosen, seed, Path(folder), server, brief=brief))
    print(f"\n{time.monotonic() - started:.0f} s in all")
    return _report(outcomes, complete=set(chosen) == set(every))


def _stop(number: int, _frame: object) -> None:
    """Leaves nothing running: the runs end first, and their servers with them."""
    for run in multiprocessing.active_children():
        run.terminate()
    raise SystemExit(128 + number)


def _attacks(roles: Sequence[str], seed: int, folder: Path, server: str, *, brief: bool) -> Iterator[Outcome]:
    template = f"plam_fuzz_{os.getpid()}"
    names = {role: f"{template}_{role}" for role in roles}
    _prepare(server, template, folder)
    try:
        with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
            runs = []
            for role, name in names.items():
                asyncio.run(_execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
                (folder / role).mkdir()
                order = Attack(role, seed, **BRIEF if brief else FULL)
                runs.append(pool.submit(attack, order, folder / role, database_url(server, name)))
            for run in runs:
                outcome = run.result()
                _tell(outcome)
                yield outcome
    finally:
        for name in (*names.values(), template):
            asyncio.run(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    if url := os.environ.get("PLAM_TEST_DATABASE_URL"):
        yield url
    else:
        with embedded(folder / "postgres", 200) as url:
            yield url


def _prepare(server: str, template: str, folder: Path) -> None:
    """A database that every role's is copied from: migrated, with the communes."""
    asyncio.run(_execute(server, f'CREATE DATABASE "{template}"'))
    environment = os.environ | {"PLAM_HOME": str(folder / "template"), "PLAM_DATABASE_URL": database_url(server, template)}
    environment["PLAM_SECRET"] = SECRET
    for command in (["migrate"], ["import", "communes"]):
        subprocess.run([sys.executable, "-m", "services.plam", *command], env=environment, check=True, stdout=subprocess.DEVNULL)


async def _execute(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _tell(outcome: Outcome) -> None:
    answers = ", ".join(f"{status // 100}xx {count}" for status, count in sorted(_by_class(outcome.calls).items()))
    phases = ", ".join(f"{name} {outcome.cases[name]} in {seconds:.0f} s" for name, seconds in outcome.phases.items())
    print(f"\n{outcome.role}: {outcome.calls.total()} calls ({answers}), {len(outcome.failures)} failures, {outcome.seconds:.0f} s")
    print(f"  phases: {phases}")
    print(f"  checks: {', '.join(f'{name} {count}' for name, count in sorted(outcome.checks.items()))}")
    for failure, reproduction in list(outcome.failures.items())[:SHOWN]:
        print(f"  FAILURE {failure}\n          {reproduction}")
    if len(outcome.failures) > SHOWN:
        print(f"  … and {len(outcome.failures) - SHOWN} more")
    sys.stdout.flush()


def _by_class(calls: Counter[int]) -> Counter[int]:
    found: Counter[int] = Counter()
    for status, count in calls.items():
        found[status // 100 * 100] += count
    return found


def _report(outcomes: Sequence[Outcome], *, complete: bool) -> int:
    successes: Counter[str] = Counter()
    for outcome in outcomes:
        successes += outcome.successes
    operations = sorted({operation for outcome in outcomes for operation in outcome.operations})
    print("\n2xx  operation")
    for operation in operations:
        print(f"{successes[operation]:5d}  {operation}")
    failures = sum(len(outcome.failures) for outcome in outcomes)
    never = [operation for operation in operations if not successes[operation]]
    total = sum(outcome.calls.total() for outcome in outcomes)
    answered = f"{len(operations) - len(never)} of {len(operations)} operations answered 2xx"
    print(f"\n{len(outcomes)} roles, {total} calls, {failures} failures; {answered}")
    if never and complete:
        print(f"never answered 2xx: {', '.join(never)}")
    return 1 if failures or (never and complete) else 0


if __name__ == "__main__":
    raise SystemExit(main())
