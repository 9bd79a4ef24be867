"""One run: a fresh system, seeded, attacked as one role in every phase with every check on."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import schemathesis
from pydantic import SecretStr
from schemathesis.checks import load_all_checks
from schemathesis.engine import Status, events, from_schema

from services.contracts.codes import Department, Role
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import PERSON, Principal, somebody
from services.kernel.base.settings import Settings
from services.plam import SERVICES
from tests.fuzz import formats
from tests.fuzz.document import merged
from tests.fuzz.hooks import Hooks
from tests.fuzz.server import serving
from tests.fuzz.world import World, seeded
from tests.support.database import SECRET

ANONYMOUS = "anonymous"
SLOWEST = 20
LONGEST_CHAIN = 6
MOST_TURNS = 6
"""Hypothesis leaves off chains that answer otherwise when they are sent again, and on a living system many do: they take turns."""
EXPECTED = {"412", "428"}
"""Answers that schemathesis does not expect by itself: a version that is not the newest, and none given."""


@dataclass(frozen=True)
class Attack:
    """What to run."""

    role: str
    seed: int
    examples: int
    """Fuzzing: how many calls an operation, at most."""
    scenarios: int
    """Stateful: how many chains of calls at the most, and as many calls at the least."""
    share: int
    """One operation in so many is attacked."""


@dataclass
class Outcome:
    """What a run gave."""

    role: str
    seconds: float = 0
    calls: Counter[int] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    """What failed, once → how to see it again."""
    checks: Counter[str] = field(default_factory=Counter)
    phases: dict[str, float] = field(default_factory=dict)
    cases: Counter[str] = field(default_factory=Counter)
    operations: list[str] = field(default_factory=list)


def attack(order: Attack, home: Path, database_url: str) -> Outcome:
    """Runs one role."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # unwinds, so that the server ends too
    settings = Settings(home=home, database_url=SecretStr(database_url), secret=SecretStr(SECRET))
    with serving(home, database_url) as address:
        tokens = Tokens(settings)
        steering = _token(tokens, Principal(somebody("fuzz seed"), frozenset({Role.steering})))
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {steering}"}, timeout=60) as client:
            world = seeded(client, steering, order.seed, settings)
            outcome = _attacked(order, world, address, _caller(order.role, world), tokens)
            _check_log(home / "server.log", outcome)
            return outcome


def _attacked(order: Attack, world: World, address: str, caller: Principal | None, tokens: Tokens) -> Outcome:
    outcome = Outcome(order.role)
    documents = {service.name: world.client.get(f"/{service.name}/openapi.json").json() for service in SERVICES}
    formats.register(world.communes)
    hooks = Hooks(world, {"role": order.role, "organisation": str(caller.organisation) if caller and caller.organisation else None})
    hooks.register()
    outcome.operations = _operations(merged(documents))[order.seed % order.share :: order.share]
    token = _token(tokens, caller) if caller else None
    started = time.monotonic()
    for turn in range(MOST_TURNS):
        schema = schemathesis.openapi.from_dict(merged(documents), config=_config(order, address, token, turn))
        for event in from_schema(schema.include(name=outcome.operations)).execute():
            _note(event, outcome)
        if outcome.cases["stateful"] >= order.scenarios:
            break
    outcome.seconds = time.monotonic() - started
    outcome.calls, outcome.successes = hooks.calls, hooks.successes
    for operation in outcome.operations:
        if not hooks.sound[operation]:  # then nothing was learnt of it: its document says something that no data can keep
            outcome.failures[f"{operation} · never called with sound data"] = ""
    return outcome


def _operations(document: Mapping[str, Any]) -> list[str]:
    return sorted(f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods)


def _config(order: Attack, address: str, token: str | None, turn: int) -> schemathesis.Config:
    """The first turn has every phase; the next ones, chains of calls alone."""
    load_all_checks()
    checks: dict[str, Any] = {"enabled": True, "max_response_time": SLOWEST}
    defaults = schemathesis.Config().projects.default.checks
    for name in ("positive_data_acceptance", "negative_data_rejection", "missing_required_header"):
        checks[name] = {"expected-statuses": sorted({*getattr(defaults, name).expected_statuses, *EXPECTED})}
    return schemathesis.Config.from_dict(
        {
            "seed": order.seed + turn,
            "base-url": address,
            "continue-on-failure": True,
            "suppress-health-check": ["too_slow"],  # it times the making of data, and other programs may have the machine
            "request-timeout": SLOWEST + 10,
            "checks": checks,
            "generation": {"mode": "all", "max-examples": order.examples, "no-shrink": True, "database": "none"},
            "phases": {
                **{phase: {"enabled": not turn} for phase in ("examples", "coverage", "fuzzing")},
                "stateful": {"max-steps": LONGEST_CHAIN, "generation": {"max-examples": order.scenarios}},
            },
            **({"headers": {"Authorization": f"Bearer {token}"}} if token else {}),
        }
    )


def _caller(role: str, world: World) -> Principal | None:
    if role == ANONYMOUS:
        return None
    organisation = {"employer": world.hosts[0][0], "institute": world.institutes[0]}.get(role)
    departments = frozenset({Department.loire_atlantique}) if role == Role.hr_partner else frozenset()
    return Principal(
        f"{PERSON}{world.person}",
        frozenset({Role(role)}),
        UUID(organisation) if organisation else None,
        departments,
        manager=organisation is not None,
    )


def _token(tokens: Tokens, principal: Principal) -> str:
    return tokens.issue(principal, timedelta(hours=2))


def _note(event: events.EngineEvent, outcome: Outcome) -> None:
    if isinstance(event, events.ScenarioFinished):
        for nodes in event.recorder.checks.values():
            for node in nodes:
                outcome.checks[node.name] += 1
                if node.status is Status.FAILURE and node.failure_info is not None:
                    failure = node.failure_info.failure
                    key = f"{failure.operation} · {node.name} · {failure.title} · {_first_lines(failure.message)}"
                    outcome.failures.setdefault(key, f"[{event.phase.value}] {node.failure_info.code_sample}")
        outcome.cases[event.phase.value] += len(event.recorder.interactions)
        outcome.phases[event.phase.value] = outcome.phases.get(event.phase.value, 0) + event.elapsed_time
    elif isinstance(event, events.NonFatalError):
        outcome.failures.setdefault(f"{event.label} · error · {event.info.title} · {_first_lines(event.info.message)}", repr(event.value))
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.EngineFinished):
        outcome.failures |= {f"run · {failure.title} · {failure.message}": "" for failure in event.failures}


def _first_lines(text: str, most: int = 400) -> str:
    return " ".join(text.split())[:most]


def _check_log(log: Path, outcome: Outcome) -> None:
    lines: Iterable[str] = log.read_text("utf-8", errors="replace").splitlines()
    for line in lines:
        if "Traceback" in line:
            outcome.failures.setdefault(f"server · {line[-300:]}", "")
