"""The golden files of the indicators: what each definition gives on committed states, and a hash of its source.

`python -m tests.observatory_api.golden_files` adds what is missing (a new indicator, a new definition, a new sample state). It never
changes what is there: a changed function takes a new definition number.
"""

import ast
import hashlib
import inspect
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from services.contracts.envelope import State
from services.contracts.registry import STATES as REGISTRY, newest_state
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.model import Figure, Indicator
from tests.golden import snapshots

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


def golden_of(indicator: Indicator) -> dict[str, Any]:
    """What an indicator's golden file holds."""
    return {
        "shape": {
            "kind": indicator.kind,
            "unit": indicator.unit,
            "reading": indicator.reading,
            "measures": list(indicator.measures),
            "by": list(indicator.by),
            "many": sorted(indicator.many),
            "labels": sorted(indicator.labels),
            "universe": indicator.universe,
            "of": list(indicator.of),
        },
        "source": source_hash(inspect.getsource(_module_of(indicator))),
        "outputs": _outputs(indicator),
    }


def source_hash(source: str) -> str:
    """A hash of what a module computes: not its comments, docstrings, imports, decorators or layout, nor Python's version."""
    kept = [_normal(node) for node in ast.parse(source).body if not isinstance(node, (ast.Import, ast.ImportFrom)) and not _is_text(node)]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def _outputs(indicator: Indicator) -> dict[str, Any]:
    if indicator.formula:
        pairs = [(above, below) for above in FIGURES for below in FIGURES]
        return {f"{above.numerator} / {below.numerator}": list(indicator.formula(above, below)) for above, below in pairs}
    outputs = {}
    for name, state in sample_states().items():
        for feed in indicator.feeds:
            if feed.state is type(state):
                outputs[name] = [
                    [
                        item.measure,
                        item.on.isoformat(),
                        item.amount,
                        [dict(one) for one in indicator.expand(feed.values(state), item.labels)],
                    ]
                    for item in feed.function(state)
                ]
    return outputs


def _module_of(indicator: Indicator) -> ModuleType:
    function = indicator.formula or indicator.feeds[0].function
    return sys.modules[function.__module__]


def _normal(node: Any) -> Any:
    """A syntax tree as lists and texts, without what is empty: every Python from 3.11 on gives the same."""
    if isinstance(node, list):
        return [_normal(item) for item in node if not _is_text(item)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        [name, _normal(value)]
        for name, value in ast.iter_fields(node)
        if value not in (None, []) and name not in ("decorator_list", "kind")
    ]
    return [type(node).__name__, *fields]


def _is_text(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def differences(known: dict[str, Any], made: dict[str, Any]) -> list[str]:
    """What differs between a golden file and the indicator as it is now; new samples do not."""
    found = [f"{part} differs" for part in ("shape", "source") if known[part] != made[part]]
    return found + [f"output on {name!r} differs" for name, output in known["outputs"].items() if made["outputs"].get(name) != output]


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
