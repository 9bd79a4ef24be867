"""The keys of access tokens: access_api signs with the first private one of its set, the others hold the public set, and verify.

Two keys stand in a set while one replaces the other: the next one is made known to all before it signs, the former is kept until what
it signed has expired.
"""

import os
from pathlib import Path
from typing import Any

import orjson
from joserfc.jwk import KeySet, OKPKey, RSAKey

from services.kernel.base.secrets import kept_file
from services.kernel.base.settings import Settings

Key = OKPKey | RSAKey
KEYS = "token-keys.json"
PUBLIC_KEYS = "token-keys.public.json"


class KeysRefusedError(Exception):
    """What is asked of a set of keys would leave tokens that nobody verifies, or nothing to sign with; says so, for a person."""


def read_keys(settings: Settings) -> KeySet:
    """The set that `PLAM_TOKEN_KEYS` names, or one kept in the data folder, made on first use. Raises `ValueError`, in words."""
    path = settings.token_keys
    if path is None:
        return KeySet.import_key_set(orjson.loads(kept_file(settings.home / KEYS, lambda: _written(KeySet([new_key()])))))
    try:
        keys = KeySet.import_key_set(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise ValueError(f"PLAM_TOKEN_KEYS : {path} n'est pas lisible ({error.strerror}).") from error
    except Exception as error:  # whatever a key that is none makes the library raise
        raise ValueError(f'PLAM_TOKEN_KEYS : {path} n\'est pas un jeu de clés JWK, {{"keys": […]}}.') from error
    if not usable(keys):
        raise ValueError(f"PLAM_TOKEN_KEYS : {path} n'a aucune clé Ed25519 ni RSA.")
    return keys


def usable(keys: KeySet) -> list[Key]:
    """The keys of a set that sign or verify tokens, in its order."""
    return [key for key in keys.keys if isinstance(key, RSAKey) or (isinstance(key, OKPKey) and key.as_dict().get("crv") == "Ed25519")]


def signing_key(keys: KeySet) -> Key:
    """The key that signs: the first private one. Raises `ValueError` for a public set."""
    key = next((key for key in usable(keys) if key.is_private), None)
    if key is None:
        raise ValueError("PLAM_TOKEN_KEYS n'a pas de clé privée : ce processus vérifie des jetons, et n'en signe pas.")
    return key


def algorithm_of(key: Key) -> str:
    """The algorithm that a key signs with."""
    return "RS256" if isinstance(key, RSAKey) else "Ed25519"


def public_set(keys: KeySet) -> dict[str, Any]:
    """The JWK set that verifies what a set signs, or has signed."""
    shown = [{**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": algorithm_of(key)} for key in usable(keys)]
    return {"keys": shown}


def new_key() -> OKPKey:
    """A new private key."""
    return OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "Ed25519"}, private=True, auto_kid=True)


# ── A set in a folder, as an operator keeps it ────────────────────────────────────────────────────────────────────────────────────


def add_key(folder: Path) -> KeySet:
    """Adds a key to the set of a folder, which is made where there is none; of a set that signs already, it is the next one."""
    standing = list(_read(folder).keys) if (folder / KEYS).exists() else []
    keys = [*standing, new_key()]
    if len(keys) > 2:
        raise KeysRefusedError("Une clé en remplace déjà une autre : finissez d'abord (plam keys use, puis plam keys retire).")
    return _write(folder, KeySet(keys))


def use_key(folder: Path) -> KeySet:
    """Makes the next key of a folder's set sign; the former goes on verifying."""
    keys = _read(folder).keys
    if len(keys) != 2:
        raise KeysRefusedError("Aucune clé n'attend de servir : ajoutez-en d'abord une (plam keys add).")
    return _write(folder, KeySet(keys[::-1]))


def retire_key(folder: Path) -> KeySet:
    """Takes away the key of a folder's set that does not sign: what it signed is refused from then on."""
    keys = _read(folder).keys
    if len(keys) != 2:
        raise KeysRefusedError("Le jeu n'a qu'une clé : celle qui signe reste.")
    return _write(folder, KeySet(keys[:1]))


def _read(folder: Path) -> KeySet:
    try:
        return KeySet.import_key_set(orjson.loads((folder / KEYS).read_bytes()))
    except OSError as error:
        raise KeysRefusedError(f"{folder / KEYS} n'est pas lisible ({error.strerror}) : plam keys add le crée.") from error
    except Exception as error:  # whatever a key that is none makes the library raise
        raise KeysRefusedError(f"{folder / KEYS} n'est pas un jeu de clés JWK.") from error


def _write(folder: Path, keys: KeySet) -> KeySet:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, content, mode in ((KEYS, _written(keys), 0o600), (PUBLIC_KEYS, orjson.dumps(public_set(keys)), 0o644)):
        fresh = folder / f"{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / name)
    return keys


def _written(keys: KeySet) -> bytes:
    return orjson.dumps({"keys": [key.as_dict(private=True) for key in keys.keys]})
