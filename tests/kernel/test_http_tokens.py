"""Access tokens: only ours, whole, recent, and for here. Whatever else is sent is 401 before anything is read."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.jwk import OKPKey, RSAKey

from services.contracts.codes import Department, Role
from services.kernel.api.auth import LEEWAY, LONGEST_TOKEN, Tokens
from services.kernel.base import clock, ids
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.problems import Unauthenticated
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import SERVICES

ACTIONS = "/actions/v1/actions"
CALLER = Principal(somebody("tests"), frozenset({Role.steering}), ids.new(), frozenset({Department.vendee}))


def now() -> int:
    return int(clock.now().timestamp())


def part(value: Any) -> str:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Forge:
    """Makes tokens that are nearly ours."""

    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self.kept = json.loads((settings.home / "token-keys.json").read_bytes())["keys"][0]
        self.key = OKPKey.import_key(self.kept)
        self.sound = tokens.issue(CALLER, timedelta(hours=1))
        self.header = {"alg": "Ed25519", "typ": "at+jwt", "kid": self.kept["kid"]}
        self.claims: dict[str, Any] = {"iss": "plam", "aud": "plam", "sub": somebody("tests"), "iat": now(), "exp": now() + 300}
        self.claims |= {"roles": ["steering"], "organisation": None, "departments": ["region"]}

    def signed(self, header: dict[str, Any] | None = None, without: str = "", **claims: Any) -> str:
        """A token with our own signature, and other headers or claims."""
        body = {name: value for name, value in {**self.claims, **claims}.items() if name != without}
        return self.raw(header or {}, json.dumps(body).encode())

    def raw(self, header: dict[str, Any], body: bytes) -> str:
        """A token with our own signature over any bytes."""
        head = f"{part({**self.header, **header})}.{part(body)}"
        private = self.key.private_key
        assert isinstance(private, Ed25519PrivateKey)
        return f"{head}.{part(private.sign(head.encode()))}"

    def unsigned(self, alg: str, signature: str = "") -> str:
        return f"{part({**self.header, 'alg': alg})}.{part(self.claims)}.{signature}"

    def symmetric(self, secret: bytes) -> str:
        head = f"{part({**self.header, 'alg': 'HS256'})}.{part(self.claims)}"
        return f"{head}.{part(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


def _public_pem(forge: Forge) -> bytes:
    return forge.key.as_pem(private=False)


def _stranger(_forge: Forge) -> str:
    key = OKPKey.generate_key("Ed25519", private=True)
    return jwt.encode(_forge.header, _forge.claims, key, algorithms=["Ed25519"])


def _other_rsa(forge: Forge) -> str:
    key = RSAKey.generate_key(2048, private=True)
    return jwt.encode({**forge.header, "alg": "RS256"}, forge.claims, key, algorithms=["RS256"])


def _with(forge: Forge, value: bytes) -> bytes:
    """The sound claims, and one that nobody knows."""
    return json.dumps(forge.claims)[:-1].encode() + b', "note": ' + value + b"}"


HOSTILE: dict[str, Callable[[Forge], str]] = {
    "nothing": lambda _: "",
    "words": lambda _: "let me in",
    "one part": lambda _: "abc",
    "two parts": lambda forge: forge.sound.rpartition(".")[0],
    "four parts": lambda forge: forge.sound + ".x",
    "five parts": lambda forge: forge.sound + ".x.y",
    "empty parts": lambda _: "..",
    "no base 64": lambda _: "é.é.é",
    "header of no JSON": lambda forge: f"{part(b'{')}.{part(forge.claims)}.x",
    "header of a list": lambda forge: f"{part([])}.{part(forge.claims)}.x",
    "deep header": lambda forge: f"{part(b'[' * 3_000)}.{part(forge.claims)}.x",
    "alg none": lambda forge: forge.unsigned("none"),
    "alg None": lambda forge: forge.unsigned("None"),
    "alg NONE with a signature": lambda forge: forge.unsigned("NONE", "eA"),
    "alg missing": lambda forge: f"{part({'typ': 'at+jwt'})}.{part(forge.claims)}.eA",
    "no signature": lambda forge: forge.unsigned("Ed25519"),
    "HS256 by the public key as PEM": lambda forge: forge.symmetric(_public_pem(forge)),
    "HS256 by the public key as JWK": lambda forge: forge.symmetric(forge.kept["x"].encode()),
    "HS256 by nothing": lambda forge: forge.symmetric(b""),
    "RS256 by a key of theirs": _other_rsa,
    "Ed25519 by a key of theirs": _stranger,
    "key inside the header": lambda forge: jwt.encode(
        {**forge.header, "jwk": OKPKey.generate_key("Ed25519").as_dict(private=False)},
        forge.claims,
        OKPKey.generate_key("Ed25519"),
        algorithms=["Ed25519"],
    ),
    "jku": lambda forge: _stranger(forge).replace(part(forge.header), part({**forge.header, "jku": "http://127.0.0.1:9/keys"})),
    "kid of a path": lambda forge: forge.signed({"kid": "../../dev/null"}),
    "kid of another": lambda forge: forge.signed({"kid": "x' OR '1'='1"}),
    "kid of a number": lambda forge: forge.signed({"kid": 1}),
    "unknown crit": lambda forge: forge.signed({"crit": ["exp"], "exp": 1}),
    "typ JWT": lambda forge: forge.signed({"typ": "JWT"}),
    "typ of an ID token": lambda forge: forge.signed({"typ": "id+jwt"}),
    "typ missing": lambda forge: forge.signed({"typ": None}),
    "no exp": lambda forge: forge.signed(without="exp"),
    "no iat": lambda forge: forge.signed(without="iat"),
    "no sub": lambda forge: forge.signed(without="sub"),
    "no iss": lambda forge: forge.signed(without="iss"),
    "no aud": lambda forge: forge.signed(without="aud"),
    "exp as text": lambda forge: forge.signed(exp=str(now() + 300)),
    "exp of 1e30": lambda forge: forge.signed(exp=1e30),
    "exp of 1e400": lambda forge: forge.raw({}, json.dumps(forge.claims).replace(str(forge.claims["exp"]), "1e400").encode()),
    "exp of NaN": lambda forge: forge.signed(exp=float("nan")),
    "exp of true": lambda forge: forge.signed(exp=True),
    "exp of 400 digits beside a fraction": lambda forge: forge.signed(iat=now() + 0.5, exp=10**400 - 1),
    "iat before 1970": lambda forge: forge.signed(iat=-300, exp=-100),
    "exp null": lambda forge: forge.signed(exp=None),
    "expired": lambda forge: forge.signed(iat=now() - 400, exp=now() - LEEWAY - 1),
    "longer than a day": lambda forge: forge.signed(exp=now() + 86_400 * 2),
    "issued in the future": lambda forge: forge.signed(iat=now() + 3_600, exp=now() + 7_200),
    "not yet": lambda forge: forge.signed(nbf=now() + 3_600),
    "wrong iss": lambda forge: forge.signed(iss="elsewhere"),
    "iss of a list": lambda forge: forge.signed(iss=["plam"]),
    "wrong aud": lambda forge: forge.signed(aud="elsewhere"),
    "sub of a number": lambda forge: forge.signed(sub=1),
    "sub empty": lambda forge: forge.signed(sub=""),
    "sub of control characters": lambda forge: forge.signed(sub="a\x00b"),
    "sub of a system": lambda forge: forge.signed(sub="system"),
    "sub of 10,000 characters": lambda forge: forge.signed(sub="x" * 5_000),
    "sub of an address": lambda forge: forge.signed(sub="claire.martin@example.org"),
    "sub of a person by address": lambda forge: forge.signed(sub="person:claire.martin@example.org"),
    "sub of a name": lambda forge: forge.signed(sub="person:development"),
    "sub of capitals": lambda forge: forge.signed(sub=somebody("tests").upper()),
    "sub and more": lambda forge: forge.signed(sub=f"{somebody('tests')} "),
    "sub of another kind": lambda forge: forge.signed(sub=somebody("tests").replace("person", "organisation")),
    "alg EdDSA": lambda forge: forge.signed({"alg": "EdDSA"}),
    "signed by the public key": lambda forge: forge.symmetric(forge.key.public_key.public_bytes_raw()),
    "membership of text": lambda forge: forge.signed(membership="x"),
    "membership null": lambda forge: forge.signed(membership=None),
    "manager of text": lambda forge: forge.signed(manager="true"),
    "manager of a number": lambda forge: forge.signed(manager=1),
    "services of text": lambda forge: forge.signed(services="actions"),
    "services of nothing": lambda forge: forge.signed(services=[]),
    "services of numbers": lambda forge: forge.signed(services=[1]),
    "jti of a number": lambda forge: forge.signed(jti=1),
    "jti of spaces": lambda forge: forge.signed(jti=" "),
    "jti of 10,000 characters": lambda forge: forge.signed(jti="x" * 5_000),
    "roles of text": lambda forge: forge.signed(roles="steering"),
    "roles unknown": lambda forge: forge.signed(roles=["root"]),
    "roles of objects": lambda forge: forge.signed(roles=[{}]),
    "organisation of text": lambda forge: forge.signed(organisation="x"),
    "organisation of a number": lambda forge: forge.signed(organisation=1),
    "departments unknown": lambda forge: forge.signed(departments=["75"]),
    "claims nested 990 levels": lambda forge: forge.raw({}, _with(forge, b"[" * 990 + b"]" * 990)),
    "claims nested 3,000 levels": lambda forge: forge.raw({}, _with(forge, b"[" * 3_000 + b"]" * 3_000)),
    "claims nested and open": lambda forge: forge.raw({}, b'{"sub":' * 990),
    "header nested 990 levels": lambda forge: forge.raw({"note": json.loads("[" * 900 + "]" * 900)}, json.dumps(forge.claims).encode()),
    "a number of 5,000 digits": lambda forge: forge.raw({}, _with(forge, b"9" * 5_000)),
    "a number of 4,000 digits as iat and exp": lambda forge: forge.signed(iat=10**2_500, exp=10**2_500 + 300),
    "nbf of 4,000 digits": lambda forge: forge.signed(nbf=10**4_000),
    "a claim of Infinity": lambda forge: forge.signed(note=float("inf")),
    "a claim of -1e999": lambda forge: forge.raw({}, _with(forge, b"-1e999")),
    "a claim twice, deep inside": lambda forge: forge.raw({}, _with(forge, b'{"a": 1, "a": 2}')),
    "departments twice": lambda forge: forge.raw({}, json.dumps(forge.claims)[:-1].encode() + b', "departments": ["region"]}'),
    "Latin-1": lambda forge: forge.raw({}, _with(forge, b'"\xe9"')),
    "UTF-16": lambda forge: forge.raw({}, json.dumps(forge.claims).encode("utf-16")),
    "a byte order mark": lambda forge: forge.raw({}, b"\xef\xbb\xbf" + json.dumps(forge.claims).encode()),
    "sub of a lone surrogate": lambda forge: forge.signed(sub="\ud800"),
    "roles of a lone surrogate": lambda forge: forge.signed(roles=["\ud800"]),
    "organisation of a lone surrogate": lambda forge: forge.signed(organisation="\udfff"),
    "a name of a lone surrogate, twice": lambda forge: forge.raw({}, b'{"\\ud800": 1, "\\ud800": 2}'),
    "no claims": lambda forge: forge.raw({}, b""),
    "claims of a list": lambda forge: forge.raw({}, b"[]"),
    "claims of no JSON": lambda forge: forge.raw({}, b"{"),
    "claims twice": lambda forge: forge.raw({}, json.dumps(forge.claims)[:-1].encode() + b', "sub": "other"}'),
    "100 kB": lambda forge: forge.signed(note="x" * 30_000),
    "100 kB of dots": lambda _: "." * 30_000,
    "NUL": lambda forge: forge.sound + "\x00",
    "a space within": lambda forge: forge.sound[:20] + " " + forge.sound[20:],
}


@pytest.fixture
def forge(settings: Settings, tokens: Tokens) -> Forge:
    return Forge(settings, tokens)


@pytest.fixture
async def anonymous(databases: Databases, tokens: Tokens) -> Any:
    """A client without a token; the tokens of the application are those of the forge."""
    transport = httpx.ASGITransport(system_app(SERVICES, databases))
    async with httpx.AsyncClient(transport=transport, base_url="http://plam.test") as client:
        yield client


async def test_the_forge_makes_sound_tokens(anonymous: httpx.AsyncClient, forge: Forge) -> None:
    forms: tuple[dict[str, Any], ...] = (
        {},
        {"aud": ["plam", "other"]},
        {"departments": ["44", "85"]},
        {"organisation": str(ids.new())},
        {"nbf": now() - 5},
    )
    known: tuple[dict[str, Any], ...] = (
        {"roles": ["finance", "reader", "steering"]},
        {"iat": now() - 0.5},
        {"note": {"unknown": [1]}},
        {"without": "organisation"},
    )
    for token in (forge.sound, *(forge.signed(**form) for form in (*forms, *known))):
        answer = await anonymous.get(ACTIONS, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("form", HOSTILE)
async def test_a_hostile_token_is_refused(form: str, anonymous: httpx.AsyncClient, forge: Forge) -> None:
    token = HOSTILE[form](forge)
    started = time.process_time()
    answer = await anonymous.get(ACTIONS, headers=[(b"authorization", b"Bearer " + token.encode("utf-8", "surrogateescape"))])
    assert time.process_time() - started < 0.5
    assert answer.status_code == 401 or (answer.status_code == 413 and len(token) > LONGEST_TOKEN), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    assert "Traceback" not in answer.text


EMPTY_OR_OF_A_WRONG_KIND: list[Any] = [None, "", " ", "x", "44", "steering", "region", True, False, 0, 1, -1, 0.5, [], {}]
EMPTY_OR_OF_A_WRONG_KIND += [[None], [""], [True], [1], [[]], [{}], [["44"]], [["steering"]], {"steering": False}, {"44": True}]
EMPTY_OR_OF_A_WRONG_KIND += [["steering", 1], ["44", "75"], ["44", None], ["region", "44"], ["44", "region"], "1" * 36, [[[["plam"]]]]]
CLAIMS = ("iss", "aud", "sub", "iat", "exp", "nbf", "roles", "organisation", "departments")


def _is_legal(claim: str, value: Any) -> bool:
    return claim == "organisation" and value is None


@pytest.mark.parametrize("claim", CLAIMS)
async def test_b6_a_claim_that_is_empty_or_of_a_wrong_kind_is_refused_by_its_name(
    claim: str, anonymous: httpx.AsyncClient, forge: Forge
) -> None:
    for value in EMPTY_OR_OF_A_WRONG_KIND:
        if _is_legal(claim, value) or (claim == "nbf" and isinstance(value, (int, float)) and not isinstance(value, bool)):
            continue
        token = forge.signed(**{claim: value})
        for _ in range(2):  # the second time as the first: a token that was refused is not remembered
            answer = await anonymous.get(ACTIONS, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, claim) == (401, claim), value
            assert answer.headers["www-authenticate"] == "Bearer"
            assert f"« {claim} »" in answer.json()["detail"], value


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim not in ("nbf", "organisation")])
async def test_b6_a_claim_that_is_missing_is_refused_by_its_name(claim: str, anonymous: httpx.AsyncClient, forge: Forge) -> None:
    answer = await anonymous.get(ACTIONS, headers={"Authorization": f"Bearer {forge.signed(without=claim)}"})
    assert answer.status_code == 401
    assert f"« {claim} »" in answer.json()["detail"]


def test_b6_the_region_is_said_aloud(tokens: Tokens, forge: Forge) -> None:
    assert tokens.verify(forge.signed()).departments == frozenset()
    assert tokens.verify(forge.signed(departments=["44"])).departments == {Department.loire_atlantique}
    for departments in (frozenset(), frozenset({Department.vendee}), frozenset(Department)):
        principal = Principal(somebody("tests"), frozenset({Role.hr_partner}), None, departments)
        token = tokens.issue(principal, timedelta(minutes=5))
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        assert claims["departments"] == ([*map(str, sorted(departments))] or ["region"])
        assert tokens.verify(token) == tokens.verify(token) == principal


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "bearer", "Bearer  ", "ApiKey plam_live_x", "\x00", "Digest username=x"]
)
async def test_another_scheme_is_refused(value: str, anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get(ACTIONS, headers=[(b"authorization", value.encode())])
    assert answer.status_code == 401


@pytest.mark.parametrize("path", [ACTIONS, "/actions/v1/axes", "/actions/livez"])
async def test_b9_two_tokens_are_not_one(path: str, anonymous: httpx.AsyncClient, forge: Forge) -> None:
    sound = b"Bearer " + forge.sound.encode()
    for pair in ((b"Bearer x", sound), (sound, b"Bearer x"), (sound, sound)):
        answer = await anonymous.get(path, headers=[(b"authorization", value) for value in pair])
        assert answer.status_code == 400
        assert "Authorization" in answer.json()["detail"]


async def test_the_scheme_is_read_as_its_standard_says(anonymous: httpx.AsyncClient, forge: Forge) -> None:
    assert (await anonymous.get(ACTIONS, headers={"Authorization": f"bEaReR {forge.sound}"})).status_code == 200


async def test_no_token_in_the_query(anonymous: httpx.AsyncClient, forge: Forge) -> None:
    for name in ("access_token", "token", "api_key"):
        assert (await anonymous.get(ACTIONS, params={name: forge.sound})).status_code in (401, 422)


async def test_a_public_route_refuses_a_bad_token(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/actions/v1/axes")).status_code == 200
    assert (await anonymous.get("/actions/v1/axes", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_a_role_that_is_not_enough_is_403(anonymous: httpx.AsyncClient, tokens: Tokens) -> None:
    token = tokens.issue(Principal(somebody("reader"), frozenset({Role.reader})), timedelta(hours=1))
    answer = await anonymous.post("/access/v1/organisations", json={}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:plam:problem:forbidden"


def test_a_verified_token_is_forgotten_when_it_expires(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tokens.issue(CALLER, timedelta(seconds=5))
    assert tokens.verify(token) == CALLER
    later = clock.now() + timedelta(seconds=5 + LEEWAY + 1)
    monotonic = time.monotonic() + 5 + LEEWAY + 1
    monkeypatch.setattr(time, "monotonic", lambda: monotonic)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(time, "time", later.timestamp)
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


def test_tokens_of_another_installation_are_refused(tokens: Tokens, tmp_path: Path) -> None:
    other = Tokens(Settings(home=tmp_path / "other"))
    with pytest.raises(Unauthenticated):
        tokens.verify(other.issue(CALLER, timedelta(hours=1)))
