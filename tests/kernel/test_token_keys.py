"""One key of access tokens replaces another: both verify meanwhile, and the processes that only verify hold no private key."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc.jwk import KeySet, RSAKey

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.api.token_keys import KEYS, PUBLIC_KEYS, KeysRefusedError, add_key, retire_key, use_key
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.problems import Unauthenticated
from services.kernel.base.settings import Settings

CALLER = Principal(somebody("tests"), frozenset({Role.steering}))
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def signs(folder: Path) -> Callable[[], str]:
    tokens = Tokens(Settings(token_keys=folder / KEYS))
    return lambda: tokens.issue(CALLER, timedelta(minutes=5))


def verifies(folder: Path, token: str) -> bool:
    try:
        return Tokens(Settings(token_keys=folder / PUBLIC_KEYS)).verify(token) == CALLER
    except Unauthenticated:
        return False


def test_a_key_replaces_another_and_no_token_is_refused_meanwhile(tmp_path: Path) -> None:
    add_key(tmp_path)
    first = signs(tmp_path)()
    assert verifies(tmp_path, first)

    add_key(tmp_path)
    known_early = Tokens(Settings(token_keys=tmp_path / PUBLIC_KEYS))
    before = signs(tmp_path)()
    use_key(tmp_path)
    after = signs(tmp_path)()
    assert {known_early.verify(token).subject for token in (first, before, after)} == {CALLER.subject}
    headers = [json.loads(_decoded(token)) for token in (first, before, after)]
    assert headers[0]["kid"] == headers[1]["kid"] != headers[2]["kid"]
    assert all(verifies(tmp_path, token) for token in (first, before, after))

    retire_key(tmp_path)
    assert [verifies(tmp_path, token) for token in (first, before, after)] == [False, False, True]


def test_what_would_leave_nothing_to_sign_or_verify_with_is_refused(tmp_path: Path) -> None:
    for change in (use_key, retire_key):
        with pytest.raises(KeysRefusedError, match="plam keys add"):
            change(tmp_path)
    add_key(tmp_path)
    for change in (use_key, retire_key):
        with pytest.raises(KeysRefusedError):
            change(tmp_path)
    add_key(tmp_path)
    with pytest.raises(KeysRefusedError, match="remplace déjà"):
        add_key(tmp_path)
    (tmp_path / KEYS).write_text("{")
    with pytest.raises(KeysRefusedError, match="JWK"):
        use_key(tmp_path)


def test_the_others_hold_no_private_key(tmp_path: Path) -> None:
    add_key(tmp_path)
    assert (tmp_path / KEYS).stat().st_mode & 0o777 == 0o600
    public = json.loads((tmp_path / PUBLIC_KEYS).read_bytes())
    assert not any(PRIVATE & key.keys() for key in public["keys"])
    assert Tokens(Settings(token_keys=tmp_path / KEYS)).public_keys == public
    with pytest.raises(ValueError, match="n'en signe pas"):
        Tokens(Settings(token_keys=tmp_path / PUBLIC_KEYS)).issue(CALLER, timedelta(minutes=5))


def test_an_rsa_key_signs_too(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, private=True, auto_kid=True)
    (tmp_path / KEYS).write_text(json.dumps(KeySet([key]).as_dict(private=True)))
    tokens = Tokens(Settings(token_keys=tmp_path / KEYS))
    assert json.loads(_decoded(tokens.issue(CALLER, timedelta(minutes=5))))["alg"] == "RS256"
    assert tokens.verify(tokens.issue(CALLER, timedelta(minutes=5))) == CALLER
    assert not any(PRIVATE & shown.keys() for shown in tokens.public_keys["keys"])


def _decoded(token: str) -> bytes:
    return urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "==")
