"""`python -m tests.golden`: writes the OpenAPI documents, the event types and the pages made of them anew; hashes a new state number.

`python -m tests.golden released`, once a release is made: its documents and its changelog are what later ones are compared with.
"""

import json
import sys

from services.contracts.registry import STATES
from tests.golden import reference, snapshots
from tests.support.api import documents


def main() -> int:
    """Writes what may change. Answers 1 when something has to be written by hand."""
    for service in documents():
        path = snapshots.openapi_path(service)
        path.parent.mkdir(exist_ok=True)
        path.write_text(snapshots.openapi_text(service), "utf-8")
    types, patterns = snapshots.event_types()
    kept = {event for event in snapshots.known_events() if any(snapshots.matches(pattern, event) for pattern in patterns)}
    snapshots.EVENTS.write_text("\n".join(sorted(types | kept)) + "\n", "utf-8")
    for path, text in reference.pages().items():
        path.write_text(text, "utf-8")
    wanting = 0
    for state in STATES.values():
        path = snapshots.state_path(state)
        if not path.exists():
            wanting = 1
            sys.stderr.write(f'{path}: write an example by hand, {{"state": {{…}}}}, and come again\n')
            continue
        kept_example = json.loads(path.read_text("utf-8"))
        if "schema" not in kept_example:
            content = {"schema": snapshots.state_hash(state), **kept_example}
            path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return wanting


def release() -> None:
    """Keeps the documents and the changelog as published."""
    snapshots.RELEASED.mkdir(exist_ok=True)
    for service in documents():
        snapshots.released_path(service).write_text(snapshots.openapi_text(service), "utf-8")
    (snapshots.RELEASED / snapshots.CHANGELOG.name).write_text(snapshots.CHANGELOG.read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["released"]:
        release()
    else:
        raise SystemExit(main())
