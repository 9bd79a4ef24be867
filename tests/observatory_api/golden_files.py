"""The golden files of the indicators: what each definition gives on committed states, and a hash of what it gives on random ones.

`python -m tests.observatory_api.golden_files` adds what is missing (a new indicator, a new definition, a new sample state). It never
changes what is there: a definition that gives something else takes a new number. Random states are those of the state's present shape: of
a shape that changed they are others, and their hash is written anew, while the committed states go on being compared.
"""

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from services.contracts.envelope import State
from services.contracts.registry import STATES as REGISTRY, newest_state
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.model import Figure, Indicator
from tests.golden import snapshots
from tests.observatory_api.random_states import random_figures, random_states

GOLDEN = Path(__file__).parent / "golden"
STATES = GOLDEN / "states.json"
FIGURES = (Figure(0, 0), Figure(7, 7), Figure(28, 28), Figure(None))


def sample_states() -> dict[str, State]:
    """The committed sample states, by name, in their newest shape; of a kind without any, the example that every state has."""
    samples = json.loads(STATES.read_text())
    found = {name: newest_state(one["kind"], one["number"], json.dumps(one["state"])) for name, one in samples.items()}
    for kind, state in REGISTRY.items():
        if state not in {type(sample) for sample in found.values()}:
            found[f"{kind}: example"] = state.model_validate(json.loads(snapshots.state_path(state).read_text("utf-8"))["state"])
    return found


def path_of(indicator: Indicator) -> Path:
    """An indicator's golden file, one a definition."""
    return GOLDEN / f"{indicator.code}-{indicator.definition}.json"


@cache
def golden_of(indicator: Indicator) -> dict[str, Any]:
    """What an indicator's golden file holds."""
    return {
        "shape": {
            "kind": indicator.kind,
            "unit": indicator.unit,
            "reading": indicator.reading,
            "measures": list(indicator.measures),
            "by": list(indicator.names),
            "many": list(indicator.many),
            "labels": sorted(each.name for each in indicator.labels),
            "universe": indicator.universe,
            "of": list(indicator.of),
        },
        "random": _random(indicator),
        "outputs": _outputs(indicator),
    }


def _outputs(indicator: Indicator) -> dict[str, Any]:
    if indicator.formula:
        pairs = [(above, below) for above in FIGURES for below in FIGURES]
        return {f"{above.numerator} / {below.numerator}": told(indicator.formula(above, below)) for above, below in pairs}
    return {name: gives(indicator, state) for name, state in sample_states().items() if reads(indicator, type(state))}


def _random(indicator: Indicator) -> dict[str, Any]:
    """Of each state that it reads, the hash of the state's shape and of what the indicator gives; of a formula, of what it gives."""
    if indicator.formula:
        return {"figures": {"shape": "", "gives": _hash([told(indicator.formula(*given)) for given in random_figures(len(indicator.of))])}}
    return {
        cls.kind: {"shape": snapshots.state_hash(cls), "gives": _hash([gives(indicator, state) for state in random_states(cls)])}
        for cls in REGISTRY.values()
        if reads(indicator, cls)
    }


def told(figure: Figure) -> list[Any]:
    """A figure as it is kept: its coverage where it has one, since most have none."""
    return list(figure if figure.coverage else figure[:-1])


def reads(indicator: Indicator, cls: type[State]) -> bool:
    """Whether a kind of state feeds it."""
    return any(feed.state is cls for feed in indicator.feeds)


def gives(indicator: Indicator, state: State) -> list[Any]:
    """What an indicator makes of a state, and the series that it goes to."""
    return [
        [item.measure, item.on.isoformat(), item.amount, [dict(one) for one in indicator.expand(feed.values(state), item.labels)]]
        for feed in indicator.feeds
        if feed.state is type(state)
        for item in feed.function(state)
    ]


def _hash(given: list[Any]) -> str:
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()


def differences(known: dict[str, Any], made: dict[str, Any]) -> list[str]:
    """What differs between a golden file and the indicator as it is now; new samples, and states of another shape, do not."""
    found = ["shape differs"] if known["shape"] != made["shape"] else []
    found += [f"output on {name!r} differs" for name, output in known["outputs"].items() if made["outputs"].get(name) != output]
    return found + [
        f"output on random states of {kind} differs"
        for kind, one in known["random"].items()
        if kind not in made["random"] or (one["shape"] == made["random"][kind]["shape"] and one != made["random"][kind])
    ]


def main() -> int:
    """Writes what is missing. Answers 1 when a definition changed under its number."""
    changed = 0
    for indicator in CATALOGUE.indicators:
        path, made = path_of(indicator), golden_of(indicator)
        wrong = differences(json.loads(path.read_text()), made) if path.exists() else []
        if wrong:
            changed = 1
            sys.stderr.write(f"{path.name}: {', '.join(wrong)}: give the indicator a new definition number\n")
        else:
            path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    return changed


if __name__ == "__main__":
    raise SystemExit(main())
