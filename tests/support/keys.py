"""Keys for processes on a database of their own, which make none by themselves."""

from pathlib import Path

from services.kernel.api.auth import Tokens
from services.kernel.base.settings import Settings


def token_keys(home: Path) -> str:
    """The JWK set of a data folder, made if it is not there: for `PLAM_TOKEN_KEYS`; `Tokens` on the same folder signs with it."""
    Tokens(Settings(home=home))
    return str(home / "token-keys.json")
