"""A process that answers hostile requests and logs: `python -m tests.kernel.logged_requests DATABASE_URL HOME`."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from services.contracts.codes import STAFF
from services.kernel.api.auth import Tokens
from services.kernel.base import logs
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.plam import ROUTING
from tests.kernel.http_world import SECRET, World
from tests.support.api import call
from tests.support.database import UNHURRIED

CANARY = SECRET
JSON = ("content-type", "application/json")
NASTY = ("a\r\nfake: line", "a\nb", "\x1b[31mred", "\x00", "\u2028line", "\x85next", "{}\"'", "a\tb", CANARY)


async def main(database_url: str, home: Path) -> None:
    """Sends what is told, and says on the standard output how many requests that were."""
    logs.configure("info")
    settings = Settings(home=home, database_url=database_url, secret=CANARY).model_copy(update=UNHURRIED)
    databases = Databases(settings, ROUTING, any_secret=True)  # the secret is one that a log must not show
    app = World().app(databases)
    token = Tokens(settings).issue(Principal(somebody("tests"), frozenset(STAFF)), timedelta(hours=1))
    sent = 0
    for nasty in NASTY:
        text = nasty.encode().decode("latin-1")
        for name in ("x-request-id", "authorization", "user-agent", "referer", "idempotency-key", "if-match", "cookie", "x-forwarded-for"):
            await call(app, "GET", "/actions/v1/slow", [(name, text)])
            await call(app, "POST", "/actions/v1/scratch", [JSON, (name, text)], f'{{"id": "{CANARY}"}}'.encode())
            sent += 2
        for target in (
            f"/{nasty!a}",
            f"/actions/{nasty!a}",
            f"/actions/v1/slow?{CANARY}={nasty!a}",
            "/%0d%0afake",
            "/%1b%5b31m",
            "/%E2%80%A8",
        ):
            await call(app, "GET", target.replace(" ", "%20"))
            await call(app, "POST", target.replace(" ", "%20"), [JSON, ("authorization", f"Bearer {token}")], b'{"id": 1}')
            sent += 2
    for number in range(3):
        await call(app, "POST", "/actions/v1/broken", [JSON, ("authorization", f"Bearer {token}")], f'{{"id": {number}}}'.encode())
        await call(app, "POST", "/actions/v1/killed", [JSON], f'{{"id": {number}}}'.encode())
        sent += 2
    await databases.close()
    sys.stdout.write(f"{sent}\n{token}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
