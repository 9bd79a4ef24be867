"""A credential is exchanged for a token as RFC 6749 has it, so that any OAuth 2.0 library does it with three settings."""

import asyncio
import base64
import hmac
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.types import ASGIApp

from services.access_api.credentials import secrets
from services.access_api.credentials.operations import revoke
from services.access_api.organisations.operations import suspend
from services.access_api.tokens.operations import LIFETIME
from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from tests.conftest import Client
from tests.support.access import an_organisation, move
from tests.support.credentials import TOKEN, a_credential, as_caller, exchanged, manager_of
from tests.support.http import ok

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def organisation(steering: httpx.AsyncClient) -> dict[str, Any]:
    return await an_organisation(steering, roles=["employer", "host", "institute"])


@pytest.fixture
def manager(client: Client, tokens: Tokens, organisation: dict[str, Any]) -> httpx.AsyncClient:
    return as_caller(client(), tokens, manager_of(organisation, Role.employer, Role.institute))


@pytest.fixture
async def made(manager: httpx.AsyncClient) -> dict[str, Any]:
    return await a_credential(manager, roles=["employer", "institute"], departments=["44", "49"], services=["internships", "recruitment"])


def basic(client_id: str, secret: str) -> dict[str, str]:
    encoded = base64.b64encode(f"{quote(client_id)}:{quote(secret)}".encode()).decode()
    return {"Authorization": f"Basic {encoded}"}


async def test_a_stock_library_gets_uses_and_renews_a_token_with_three_settings(app: ASGIApp, made: dict[str, Any]) -> None:
    settings = {"client_id": made["client_id"], "client_secret": made["client_secret"], "token_endpoint": made["token_url"]}
    used: list[str] = []
    async with AsyncOAuth2Client(
        **settings,
        grant_type="client_credentials",
        update_token=lambda token, **_: _noted(used, token),
        transport=httpx.ASGITransport(app),
        base_url="http://plam.test",
    ) as partner:
        token = await partner.fetch_token()
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 300)
        assert (await partner.get("/internships/v1/offers")).status_code == 200
        assert (await partner.get("/actions/v1/actions")).status_code == 403
        partner.token["expires_at"] = 0
        assert (await partner.get("/recruitment/v1/needs")).status_code == 200
        assert used == [partner.token["access_token"]]
        assert used != [token["access_token"]]


async def _noted(used: list[str], token: dict[str, Any]) -> None:
    used.append(token["access_token"])


async def test_the_metadata_and_the_keys_are_what_the_library_expects(databases: Databases, tokens: Tokens, made: dict[str, Any]) -> None:
    public = Databases(databases.settings.model_copy(update={"public_url": "https://plam.example.org"}), ROUTING)
    transport = httpx.ASGITransport(system_app(SERVICES, public))
    async with httpx.AsyncClient(transport=transport, base_url="http://plam.test") as anonymous:
        said = ok(await anonymous.get("/access/.well-known/oauth-authorization-server"))
        metadata = AuthorizationServerMetadata(said)
        metadata.validate()
        assert metadata["token_endpoint"] == "https://plam.example.org/access/v1/token"
        assert metadata["issuer"] == "https://plam.example.org/access"
        keys = KeySet.import_key_set((await anonymous.get(metadata["jwks_uri"].removeprefix("https://plam.example.org"))).json())
        token = ok(await exchanged(anonymous, made))["access_token"]
    await public.close()
    claims = jwt.decode(token, keys, algorithms=["Ed25519", "RS256"]).claims
    assert claims["sub"] == f"credential:{made['client_id']}"
    assert not any(key.is_private for key in keys.keys)


async def test_a_token_is_the_credential_s_and_lasts_five_minutes(
    client: Client, tokens: Tokens, made: dict[str, Any], organisation: dict[str, Any]
) -> None:
    answer = await exchanged(client(), made)
    given = ok(answer)
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert given["scope"] == "role:employer role:institute department:44 department:49 service:internships service:recruitment"
    caller = tokens.verify(given["access_token"])
    assert (caller.subject, caller.organisation) == (f"credential:{made['client_id']}", UUID(organisation["id"]))
    assert (caller.manager, caller.membership, caller.person_id) == (False, None, None)
    with time_machine.travel(clock.real_now() + LIFETIME * 1.2):
        answer = await client().get("/internships/v1/offers", headers={"Authorization": f"Bearer {given['access_token']}"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("role:employer", "role:employer department:44 department:49 service:internships service:recruitment"),
        ("department:44 service:internships", "role:employer role:institute department:44 service:internships"),
        ("role:institute department:49 service:recruitment", "role:institute department:49 service:recruitment"),
        ("role:institute role:institute", "role:institute department:44 department:49 service:internships service:recruitment"),
        ("", "role:employer role:institute department:44 department:49 service:internships service:recruitment"),
    ],
)
async def test_a_scope_narrows(scope: str, granted: str, client: Client, made: dict[str, Any]) -> None:
    assert ok(await exchanged(client(), made, scope=scope))["scope"] == granted


@pytest.mark.parametrize(
    "scope",
    [
        "role:steering",
        "department:85",
        "service:actions",
        "role:employer department:85",
        "openid",
        "role:",
        "x" * 5_000,
        "role:employer  department:44",
    ],
)
async def test_a_scope_never_widens(scope: str, client: Client, made: dict[str, Any]) -> None:
    answer = await exchanged(client(), made, scope=scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_a_credential_of_the_whole_region_and_of_every_service_is_narrowed_to_any(client: Client, manager: httpx.AsyncClient) -> None:
    made = await a_credential(manager)
    assert ok(await exchanged(client(), made))["scope"] == "role:employer"
    narrow = "role:employer department:85 service:actions"
    assert ok(await exchanged(client(), made, scope=narrow))["scope"] == narrow


async def test_the_client_is_in_the_header_or_in_the_form_never_in_both(client: Client, made: dict[str, Any]) -> None:
    header, grant = basic(made["client_id"], made["client_secret"]), {"grant_type": "client_credentials"}
    assert (await client().post(TOKEN, data=grant, headers=header)).status_code == 200
    both = await client().post(TOKEN, data={**grant, "client_secret": made["client_secret"]}, headers=header)
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    two = await client().post(TOKEN, content=urlencode(grant), headers=[*FORM.items(), *header.items(), *header.items()])
    assert (two.status_code, two.json()["error"]) == (400, "invalid_request")
    bare = await client().post(TOKEN, data=grant)
    assert (bare.status_code, bare.json()["error"]) == (401, "invalid_client")


WRONG_FORMS: dict[str, tuple[str, str, int]] = {
    "nothing": ("", "invalid_request", 400),
    "no grant": ("client_id=x", "invalid_request", 400),
    "an empty grant": ("grant_type=&client_id=x&client_secret=y", "invalid_request", 400),
    "another grant": ("grant_type=password&username=x&password=y", "unsupported_grant_type", 400),
    "a code": ("grant_type=authorization_code&code=x", "unsupported_grant_type", 400),
    "a field twice": ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request", 400),
    "no form": ('{"grant_type":"client_credentials"}', "invalid_request", 400),
    "no UTF-8": ("grant_type=client_credentials&client_id=%FF&client_secret=%FE", "invalid_request", 400),
    "too many fields": ("&".join(f"f{number}=1" for number in range(50)), "invalid_request", 400),
    "too long": (f"grant_type=client_credentials&client_id={'x' * 9_000}", "invalid_request", 400),
    "an unknown client": (f"grant_type=client_credentials&client_id={uuid4()}&client_secret=y", "invalid_client", 401),
    "a client of NUL": ("grant_type=client_credentials&client_id=%00&client_secret=%00", "invalid_client", 401),
    "a client of no id": ("grant_type=client_credentials&client_id=' OR 1=1 --&client_secret=y", "invalid_client", 401),
    "a secret of a lone surrogate": ("grant_type=client_credentials&client_id=x&client_secret=%ED%A0%80", "invalid_request", 400),
}


@pytest.mark.parametrize("form", WRONG_FORMS)
async def test_errors_are_the_standard_s_own(form: str, client: Client, databases: Databases) -> None:
    body, error, status = WRONG_FORMS[form]
    answer = await client().post(TOKEN, content=body, headers=FORM)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"error", "error_description"}
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    "header", ["Basic", "Basic ", "Basic !!!", "Basic eDp5", "Basic eA==", "Bearer x", "Digest username=x", "Basic /////w=="]
)
async def test_a_bad_header_is_an_unknown_client(header: str, client: Client, databases: Databases) -> None:
    answer = await client().post(TOKEN, data={"grant_type": "client_credentials"}, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"] == 'Basic realm="plam"'


async def test_json_is_no_form_and_the_address_holds_no_secret(client: Client, made: dict[str, Any]) -> None:
    given = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]}
    assert (await client().post(TOKEN, json=given)).json()["error"] == "invalid_request"
    for name in ("client_secret", "api_key", "access_token"):
        answer = await client().post(f"{TOKEN}?{name}={made['client_secret']}", data={"grant_type": "client_credentials"})
        assert answer.status_code in (401, 422)
        assert made["client_secret"] not in answer.text


async def test_s9_an_unknown_client_costs_what_a_wrong_secret_does(
    client: Client, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is hashed and compared, and how often; not milliseconds."""
    done = Counter[str]()

    def counted(name: str, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            done[name] += 1
            return function(*arguments)

        return call

    monkeypatch.setattr(secrets, "hashed", counted("hashed", secrets.hashed))
    monkeypatch.setattr(hmac, "compare_digest", counted("compared", hmac.compare_digest))
    counts, texts = [], set()
    wrong = [
        {"client_id": str(uuid4())},
        {"client_id": "none"},
        {"client_secret": f"{made['client_secret'][:-1]}x"},
        {"client_secret": "plam_live_00000000_x"},
        {"client_secret": "x"},
    ]
    for given in wrong:
        done.clear()
        answer = await exchanged(client(), made, **given)
        assert answer.status_code == 401
        counts.append((done["hashed"], done["compared"]))
        texts.add(answer.text)
    assert set(counts) == {(1, 1)}
    assert len(texts) == 1


async def test_a_suspended_organisation_gets_no_token_and_gets_one_again(
    client: Client, steering: httpx.AsyncClient, made: dict[str, Any], organisation: dict[str, Any]
) -> None:
    suspended = ok(await move(steering, "organisations", organisation, "suspend", reason="Contrôle"))
    refused = await exchanged(client(), made)
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    resumed = ok(await move(steering, "organisations", suspended, "resume"))
    assert (await exchanged(client(), made)).status_code == 200
    ok(await move(steering, "organisations", resumed, "close", reason="Fusion"))
    assert (await exchanged(client(), made)).status_code == 400


@pytest.mark.parametrize("what", ["credential", "organisation"])
async def test_a_revocation_under_way_is_waited_for(
    what: str, client: Client, databases: Databases, made: dict[str, Any], organisation: dict[str, Any]
) -> None:
    async with databases.open("access", "worker") as db:
        if what == "credential":
            await revoke(db, UUID(made["client_id"]), "Fuite", by=SYSTEM, version=1)
        else:
            await suspend(db, UUID(organisation["id"]), "Contrôle", by=SYSTEM, version=1)
        exchange = asyncio.create_task(exchanged(client(), made))
        await asyncio.wait([exchange], timeout=0.3)
        assert not exchange.done(), "its token would be younger than the revocation"
    assert (await exchange).json()["error"] == {"credential": "invalid_client", "organisation": "unauthorized_client"}[what]


async def test_test_credentials_serve_in_a_sandbox_alone(
    databases: Databases, made: dict[str, Any], tokens: Tokens, organisation: dict[str, Any]
) -> None:
    sandbox = Databases(databases.settings.model_copy(update={"sandbox": True}), ROUTING)
    transport = httpx.ASGITransport(system_app(SERVICES, sandbox))
    try:
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://plam.test") as inside,
            httpx.AsyncClient(transport=transport, base_url="http://plam.test") as managing,
        ):
            of_test = await a_credential(as_caller(managing, tokens, manager_of(organisation, Role.employer)))
            assert of_test["client_secret"].startswith("plam_test_")
            assert (await exchanged(inside, of_test)).status_code == 200
            assert (await exchanged(inside, made)).status_code == 401
    finally:
        await sandbox.close()
