"""Settings missing, empty or absurd, variables that are none, files that hold no key: refused in a sentence that names them."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey

from services.kernel.api.auth import Tokens
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.process.demo_folder import LAST_DAY
from services.kernel.process.environment import FOREIGN, EnvironmentRefusedError, Lasting, check, read_settings

ROOT = Path(__file__).parents[2]
NUMBERS = ("", "many", "0", "-1", "1e99", "NaN")
SECONDS = ("", "soon", "0", "0.0001", "-1", "NaN", "inf", "1e9")
PORTS = ("", "http", "0", "-1", "70000", "80.5")
DATABASES = (
    "",
    " ",
    "plam",
    "mysql://plam@db/plam",
    "postgresql//db/plam",
    "postgresql://",
    "postgresql://db",
    "postgresql:///plam",
    "postgresql://db:99999/plam",
    "postgresql://db:0/plam",
    "postgresql://plam:hush/hush@db/plam",
    "postgresql://d b/plam",
    "postgresql://[::1/plam",
)
ABSURD: Mapping[str, tuple[str, ...]] = {
    "home": ("", f"{ROOT}/README.md"),
    "host": ("", "a host", "http://127.0.0.1", "127.0.0.1/24", "x" * 300),
    "port": PORTS,
    "database_url": DATABASES,
    "access_database_url": DATABASES,
    "actions_database_url": DATABASES,
    "internships_database_url": DATABASES,
    "recruitment_database_url": DATABASES,
    "observatory_database_url": DATABASES,
    "database_password": ("",),
    "broker_password": ("",),
    "max_connections": NUMBERS,
    "pools": ("", "many", "3", '{"api": 0}', '{"clients": 3}'),
    "pools__api": NUMBERS,
    "pools__worker": (*NUMBERS, "3"),
    "pools__relay": (*NUMBERS, "1"),
    "pools__health": NUMBERS,
    "acquire_timeout": SECONDS,
    "request_timeout": SECONDS,
    "statement_timeout": SECONDS,
    "lock_timeout": SECONDS,
    "relay_timeout": SECONDS,
    "work_timeout": SECONDS,
    "drain_seconds": ("", "-1", "nan", "inf", "soon", "301"),
    "broker_url": ("", "rabbitmq", "http://rabbitmq", "amqp://", "amqp://rabbitmq:70000/", "redis://:6379", "amqp://plam:hush@a b/"),
    "worker_threads": NUMBERS,
    "metrics_port": PORTS,
    "secret": ("", "short"),
    "secret_previous": ("", "short"),
    "token_keys": ("",),  # a file that holds no keys: below
    "sandbox": ("", "perhaps"),
    "max_body": NUMBERS,
    "log_level": ("", "loud"),
    "public_url": (
        "",
        "plam.example.org",
        "ftp://plam.example.org",
        "https://",
        "https://a:70000",
        "https://a/?b",
        "https://a b",
        "https://hush@a",
    ),
    "contact": ("", "someone", "a@b", "a b@example.org", "https://", "mailto://someone@example.org"),
    "allowed_hosts": ("", "[]", "plam.example.org", "3", '["a host"]', '["https://plam.example.org"]', "[1]"),
    "front_url": ("", "plam.example.org", "ftp://plam.example.org", "https://", "https://a/?b", "https://hush@a"),
    "smtp_url": (
        "",
        "smtp.example.org",
        "http://smtp.example.org",
        "smtp://",
        "smtps://plam:hush@",
        "smtp://smtp.example.org:70000",
        "smtp://plam:hush@smtp.example.org",
        "smtp+starttls://plam:hush@a b",
        "smtps://smtp.example.org",  # without a sender
    ),
    "smtp_from": ("", "plam", "plam@example", "PlaM <plam@example.org>", "plam@example.org\nBcc: a@example.org", "a b@example.org"),
    "local_pages": ("", "perhaps"),
    "public_pages": ("", "perhaps"),
    "cors_origins": ("", "https://plam.example.org", '["*"]', '["plam.example.org"]', '["https://plam.example.org/"]', '["https://PLAM"]'),
}
CASES = [(name, value) for name, values in ABSURD.items() for value in values]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(Settings.model_fields):
        monkeypatch.delenv(f"PLAM_{name.upper()}", raising=False)
    monkeypatch.setenv("PLAM_HOME", str(tmp_path / "home"))


def test_o3_every_setting_has_its_absurd_values() -> None:
    assert set(ABSURD) == {*Settings.model_fields, *(f"pools__{name}" for name in PoolSizes.model_fields)}


@pytest.mark.parametrize(("name", "value"), CASES)
def test_o3_an_empty_or_absurd_setting_is_refused_in_a_sentence_that_names_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"PLAM_{name.upper()}"
    monkeypatch.setenv(variable, value)
    with pytest.raises(EnvironmentRefusedError) as refused:
        read_settings()
    words = str(refused.value)
    assert words.startswith(variable)
    assert words.endswith(".")
    assert "\n" not in words
    assert not re.search(r"\b(Input|should|Value error|valid)\b", words), "in French"
    assert "hush" not in words, "a password is not shown"


def test_o3_a_setting_that_is_well_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = {
        "HOST": "::",
        "DATABASE_URL": "postgresql://plam:p%40ss@db-1:5432,db-2:5433/plam?sslmode=require",
        "ACTIONS_DATABASE_URL": "postgres:///actions?host=/run/postgresql",
        "BROKER_URL": "amqps://plam:secret@rabbitmq:5671/%2F?heartbeat=10",
        "LOG_LEVEL": "WARNING",
        "PUBLIC_URL": "https://plam.example.org:8443/api/",
        "CONTACT": "plam@example.org",
        "ALLOWED_HOSTS": '["plam.example.org", "*.example.org", "[::1]"]',
        "POOLS__API": "20",
        "LOCAL_PAGES": "false",
    }
    for name, value in sound.items():
        monkeypatch.setenv(f"PLAM_{name}", value)
    settings = read_settings()
    assert (settings.log_level, settings.pools.api, settings.local_pages) == ("warning", 20, False)


HARD = "p@ss/w:rd %41#?é"


@pytest.mark.parametrize(
    ("name", "url", "full"),
    [
        ("database", "postgresql://plam@db:5432/plam", "postgresql://plam:p%40ss%2Fw%3Ard%20%2541%23%3F%C3%A9@db:5432/plam"),
        ("database", "postgresql://plam:own@db/plam", "postgresql://plam:own@db/plam"),
        ("broker", "amqp://plam@rabbitmq:5672/", "amqp://plam:p%40ss%2Fw%3Ard%20%2541%23%3F%C3%A9@rabbitmq:5672/"),
        ("broker", "redis://redis:6379/0", "redis://:p%40ss%2Fw%3Ard%20%2541%23%3F%C3%A9@redis:6379/0"),
        ("broker", "memory://", "memory://"),
    ],
)
def test_o12_a_password_of_any_characters_is_given_apart(name: str, url: str, full: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"PLAM_{name.upper()}_URL", url)
    monkeypatch.setenv(f"PLAM_{name.upper()}_PASSWORD", HARD)
    settings = read_settings()
    given = settings.database_url_of("access") if name == "database" else settings.broker_url.get_secret_value()
    assert given == full
    if HARD not in full and "own" not in full and "memory" not in full:
        assert unquote(urlsplit(given).password or "") == HARD


def test_o12_a_password_apart_needs_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAM_ACTIONS_DATABASE_URL", "postgresql:///plam?host=/run/postgresql")
    monkeypatch.setenv("PLAM_DATABASE_PASSWORD", "hush")
    with pytest.raises(EnvironmentRefusedError, match=r"^PLAM_ACTIONS_DATABASE_URL ne nomme pas de compte"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PLAM_DATABSE_URL", " : est-ce PLAM_DATABASE_URL ?"),
        ("PLAM_TOKEN_KEY", " : est-ce PLAM_TOKEN_KEYS ?"),
        ("PLAM_POOLS_API", " : est-ce PLAM_POOLS__API ?"),
        ("PLAM_POOLS__WORKERS", " : est-ce PLAM_POOLS__WORKER ?"),
        ("plam_broker", " : est-ce PLAM_BROKER_URL ?"),
        ("PLAM_COLOUR_OF_THE_SKY", "."),
    ],
)
def test_o3_a_variable_that_is_no_setting_is_named_with_the_nearest_that_is(name: str, near: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(EnvironmentRefusedError, match=re.escape(f"{name.upper()} est inconnue{near}")):
        read_settings()


def test_o3_what_the_repository_sets_is_known() -> None:
    known = {f"PLAM_{name.upper()}" for name in ABSURD}
    for path in ("README.md", "Makefile", ".ci/run", "deploy/compose.yaml", "deploy/Containerfile"):
        named = set(re.findall(r"PLAM_[A-Z_]+[A-Z]", (ROOT / path).read_text("utf-8")))
        assert {name for name in named if name not in known and not FOREIGN.fullmatch(name)} == set(), path


SERVICES = ("access", "actions", "internships", "recruitment", "observatory")
DATABASE, BROKER, KEYS, SECRET = "PLAM_DATABASE_URL", "PLAM_BROKER_URL", "PLAM_TOKEN_KEYS", "PLAM_SECRET"
SOUND = {DATABASE: "postgresql://db/plam", BROKER: "amqp://rabbitmq", KEYS: "/run/secrets/keys.json", SECRET: "a secret of the tests"}


@pytest.mark.parametrize(
    ("process", "needs"),
    [
        (Lasting.serve, {DATABASE, KEYS, SECRET}),
        (Lasting.relay, {DATABASE, BROKER, SECRET}),
        (Lasting.worker, {DATABASE, BROKER, SECRET}),
        (Lasting.scheduler, {DATABASE, BROKER, SECRET}),
        (Lasting.up, {KEYS, SECRET}),
        (None, {SECRET}),
    ],
)
def test_o3_a_process_says_each_setting_that_it_lacks(process: Lasting | None, needs: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SOUND.items():
        monkeypatch.setenv(name, value)
    check(read_settings(), SERVICES, process)
    for name in needs:
        monkeypatch.delenv(name)
        with pytest.raises(EnvironmentRefusedError, match=f"^{name} n'est pas définie, par exemple {name}="):
            check(read_settings(), SERVICES, process)
        monkeypatch.setenv(name, SOUND[name])


@pytest.mark.parametrize("process", [Lasting.up, Lasting.serve])
@pytest.mark.parametrize("variable", ["PLAM_DATABASE_URL", "PLAM_ACTIONS_DATABASE_URL"])
def test_o3_on_a_named_database_no_key_is_made(process: Lasting, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "postgresql://db/plam")
    with pytest.raises(EnvironmentRefusedError, match="PLAM_TOKEN_KEYS n'est pas définie"):
        check(read_settings(), ["actions"], process)


@pytest.mark.parametrize("process", [None, *Lasting])
def test_the_day_of_a_demonstration_reaches_no_named_database(
    process: Lasting | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in SOUND.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "home").mkdir()
    check(read_settings(), SERVICES, process)
    (tmp_path / "home" / LAST_DAY).write_text("2026-09-30\n")
    with pytest.raises(EnvironmentRefusedError, match=r"^PLAM_HOME=.* est le dossier d'une démonstration"):
        check(read_settings(), SERVICES, process)


@pytest.mark.parametrize("process", [None, *Lasting])
def test_o3_one_services_database_is_not_enough_for_the_others(process: Lasting | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAM_ACTIONS_DATABASE_URL", "postgresql://db/actions")
    monkeypatch.setenv(BROKER, SOUND[BROKER])
    monkeypatch.setenv(KEYS, SOUND[KEYS])
    monkeypatch.setenv(SECRET, SOUND[SECRET])
    check(read_settings(), ["actions"], process)
    with pytest.raises(EnvironmentRefusedError, match=r"^PLAM_ACCESS_DATABASE_URL, PLAM_OBSERVATORY_DATABASE_URL : non définie"):
        check(read_settings(), ["access", "actions", "observatory"], process)


def _set_of(*keys: dict[str, object]) -> bytes:
    return orjson.dumps({"keys": keys})


KEY_FILES: Mapping[str, bytes | None] = {
    "missing": None,
    "empty": b"",
    "not JSON": b"-----BEGIN PUBLIC KEY-----",
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "no keys": b"{}",
    "no key": _set_of(),
    "keys that are none": b'{"keys": [1]}',
    "a key of no kind": _set_of({"kty": "XXX"}),
    "a key without its value": _set_of({"kty": "OKP", "crv": "Ed25519"}),
    "a shared secret": _set_of(dict(OctKey.generate_key(256).as_dict(private=True))),
    "an elliptic key": _set_of(dict(ECKey.generate_key("P-256").as_dict(private=False))),
    "a key for agreement": _set_of(dict(OKPKey.generate_key("X25519").as_dict(private=False))),
}


@pytest.mark.parametrize("name", list(KEY_FILES))
def test_o3_a_file_that_holds_no_key_for_tokens_is_named(name: str, tmp_path: Path) -> None:
    path, content = tmp_path / "keys.json", KEY_FILES[name]
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^PLAM_TOKEN_KEYS : {re.escape(str(path))} n'"):
        Tokens(Settings(token_keys=path))


def test_o3_a_folder_holds_no_keys(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^PLAM_TOKEN_KEYS : .* n'est pas lisible"):
        Tokens(Settings(token_keys=tmp_path))
