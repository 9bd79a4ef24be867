"""Secrets that a system keeps: the key of the pseudonyms, and private files made once."""

import os
from pathlib import Path
from typing import Any

from services.kernel.base.settings import Settings


class SecretMissingError(Exception):
    """A named database, which several processes share, and no secret that all of them have."""


def secret_of(settings: Settings) -> bytes:
    """The key of the pseudonyms: `PLAM_SECRET`, or with the embedded database a file of the data folder made on first use (mode 0600).

    Raises `SecretMissingError`.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    if words := lacking_secret(settings):
        raise SecretMissingError(words)
    return kept_file(settings.home / "secret", lambda: os.urandom(32).hex().encode())


def lacking_secret(settings: Settings) -> str | None:
    """What there is to say of settings with a named database and no secret; None: they have one, or keep one themselves."""
    if settings.embedded or settings.secret is not None:
        return None
    file = settings.home / "secret"
    words = (
        "PLAM_SECRET n'est pas définie, par exemple PLAM_SECRET=$(openssl rand -hex 32) : tous les processus d'une base ont le même secret."
    )
    return f"{words} Si cette base a servi sans elle, c'est le contenu de {file.resolve()}." if file.exists() else words


def kept_file(path: Path, make: Any) -> bytes:
    """The bytes of a private file, made once: whoever links it first wins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave an empty key
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        fresh.unlink()
    return path.read_bytes()
