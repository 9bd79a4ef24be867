"""`plam` as an operator types it: what it prints, its exit status, and what it leaves in the database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import orjson
import pytest
from typer.testing import CliRunner

from services.kernel.base import ids
from services.kernel.base.settings import Settings
from services.plam import IN_WORDS, SERVICES, cli
from tests.observatory_api.states import action, received
from tests.support.access import establishment, write_csv
from tests.support.database import SECRET, STUCK, UNHURRIED_VARIABLES, database_url, empty
from tests.support.keys import token_keys

ROOT = Path(__file__).parents[1]
COUNTS = "SELECT (SELECT count(*) FROM access.site) || '/' || (SELECT count(*) FROM access.outbox)"

PEOPLE = (
    "SELECT (SELECT count(*) FROM access.organisation) || '/' || (SELECT count(*) FROM access.person) || '/' || "
    "(SELECT count(*) FROM access.membership)"
)

Plam = Callable[..., tuple[int, str]]


@pytest.fixture
def plam(settings: Settings, tmp_path: Path) -> Plam:
    """Runs the command on a database without rows: its exit status, and what it printed."""
    asyncio.run(empty(settings))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLAM_")}
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    environment = {**inherited, "PYTHONPATH": str(ROOT), "PLAM_DATABASE_URL": url, "PLAM_HOME": str(tmp_path)}
    environment |= {"PLAM_SECRET": SECRET, "PLAM_TOKEN_KEYS": token_keys(tmp_path)}
    environment |= {"COLUMNS": "200", "PLAM_LOG_LEVEL": "critical"} | UNHURRIED_VARIABLES

    def run(*arguments: str, **variables: str | None) -> tuple[int, str]:
        command = [sys.executable, "-m", "services.plam", *arguments]
        given = {name: value for name, value in (environment | variables).items() if value is not None}
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=STUCK, check=False)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def inside(settings: Settings, tmp_path: Path) -> Plam:
    """The same in this process, which is faster; `main` says what is raised."""
    asyncio.run(empty(settings))
    environment = {"PLAM_DATABASE_URL": settings.database_url_of("access"), "PLAM_HOME": str(tmp_path), "PLAM_SECRET": SECRET}
    environment |= {"COLUMNS": "200", "PLAM_LOG_LEVEL": "warning", "PLAM_TOKEN_KEYS": token_keys(tmp_path)} | UNHURRIED_VARIABLES

    def run(*arguments: str, **variables: str | None) -> tuple[int, str]:
        done = CliRunner().invoke(cli, arguments, env=environment | variables)
        if done.exception is None or isinstance(done.exception, SystemExit):
            return done.exit_code, done.output
        assert isinstance(done.exception, IN_WORDS), repr(done.exception)
        return 1, f"{done.output}{done.exception}"

    return run


async def _value(settings: Settings, query: str, *arguments: object) -> object:
    assert settings.database_url is not None
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


def value(settings: Settings, query: str, *arguments: object) -> object:
    """One value of the database."""
    return asyncio.run(_value(settings, query, *arguments))


def test_a_file_is_rehearsed_imported_and_found_unchanged(plam: Plam, settings: Settings, tmp_path: Path) -> None:
    assert plam("import", "communes")[0] == 0
    file = str(write_csv(tmp_path / "e.csv", [establishment(1), establishment(2)]))
    for arguments, words, rows in (
        (["--dry-run"], ["site : 2 créés", "c'était un essai"], "0/0"),
        ([], ["site : 2 créés"], "2/3"),
        ([], ["site : 0 créés, 0 changés, 2 inchangés"], "2/3"),
    ):
        status, said = plam("import", "establishments", file, *arguments)
        assert (status, [each for each in words if each not in said]) == (0, []), said
        assert value(settings, COUNTS) == rows


def test_institutes_are_imported_and_homes_leave_a_rest_that_nobody_overwrites(plam: Plam, tmp_path: Path) -> None:
    plam("import", "communes")
    courses, homes, rest = tmp_path / "c.csv", tmp_path / "h.csv", tmp_path / "rest.csv"
    names = "code_uai,etablissement,formation,code_departement,code_insee_commune,latitude,longitude"
    courses.write_text(f"{names}\n0440105A,IFSI CHU NANTES,D.E Infirmier,44,44109,47.1983,-1.53137\n", "utf-8")
    status, said = plam("import", "institutes", str(courses))
    assert (status, "site : 1 créés" in said, "1 site(s) dont le fichier donne le lieu, 1 nouvellement placés" in said) == (0, True, True)
    names = "nom,code_departement,code_insee_commune,nom_commune,latitude,longitude"
    homes.write_text(f"{names}\nEHPAD LES TILLEULS,44,44184,Saint-Nazaire,47.27506,-2.21793\n", "utf-8")
    for arguments in ((), ("--rest", str(rest), "--dry-run")):
        status, said = plam("import", "homes", str(homes), *arguments)
        assert (status, "1 ligne(s) à compléter : « --rest FICHIER » les écrit" in said, rest.exists()) == (0, True, False)
    status, said = plam("import", "homes", str(homes), "--rest", str(rest))
    assert (status, f"1 ligne(s) à compléter, dans {rest}" in said) == (0, True)
    assert "EHPAD LES TILLEULS;;500;" in rest.read_text("utf-8-sig")
    status, said = plam("import", "homes", str(homes), "--rest", str(rest))
    assert (status, "existe déjà" in said) == (2, True)
    status, said = plam("import", "homes", str(homes), "--rest", str(tmp_path / "absent" / "rest.csv"))
    assert (status, "ne peut pas être écrit" in said, "Traceback" in said) == (1, True, False)
    status, said = plam("import", "establishments", str(rest))
    assert (status, "1 ligne(s) sans FINESS ni FINESS EJ, laissées de côté" in said) == (0, True)


def test_the_first_administrator_is_invited_and_members_are_imported(plam: Plam, settings: Settings, tmp_path: Path) -> None:
    arguments = ["invite", "Admin@example.org", "--role", "steering", "--organisation", "ARS Pays de la Loire"]
    for words, rows in (("agit désormais pour « ARS Pays de la Loire »", "1/1/1"), ("rien ne change", "1/1/1")):
        status, said = plam(*arguments)
        assert (status, words in said, "inviteMember" in said, "plam token" in said) == (0, True, True, False), said
        assert value(settings, PEOPLE) == rows
    status, said = plam("invite", "admin", "--role", "steering", "--organisation", "ARS")
    assert (status, "n'est pas une adresse électronique" in said) == (2, True)
    status, said = plam("invite", "b@example.org", "--role", "institute", "--organisation", "ARS Pays de la Loire")
    assert (status, "Le rôle « Institut de formation » demande une organisation" in said) == (1, True)
    file = tmp_path / "m.csv"
    file.write_text("address,organisation,roles\nclaire@example.org,ars pays de la loire,committee\n", "utf-8")
    for given, words, rows in ((["--dry-run"], "c'était un essai", "1/1/1"), ([], "membership : 1 créés", "1/2/2")):
        status, said = plam("import", "members", str(file), *given)
        assert (status, words in said) == (0, True), said
        assert value(settings, PEOPLE) == rows


def test_a_file_with_faults_names_each_line_and_imports_nothing(plam: Plam, settings: Settings, tmp_path: Path) -> None:
    plam("import", "communes")
    rows = [establishment(1), establishment(2, finess="440000017"), establishment(3, code_insee_commune="99999")]
    status, said = plam("import", "establishments", str(write_csv(tmp_path / "e.csv", rows)))
    assert status == 1
    assert "ligne 3, finess" in said
    assert "ligne 4, code_insee_commune" in said
    assert "Rien n'est importé" in said
    assert value(settings, COUNTS) == "0/0"


def test_the_context_is_rehearsed_imported_and_found_unchanged(plam: Plam, settings: Settings, tmp_path: Path) -> None:
    for arguments, words, kept in (
        (["--dry-run"], ["C01 2023 : 5 créés", "c'était un essai"], 0),
        ([], ["C01 2023 : 5 créés"], 5),
        ([], ["C01 2023 : 0 créés, 0 changés, 5 inchangés"], 5),
    ):
        status, said = plam("import", "context", *arguments)
        assert (status, [each for each in words if each not in said]) == (0, []), said
        assert value(settings, "SELECT count(*) FROM observatory.context_series") == kept
    file = tmp_path / "e.csv"
    write_csv(file, [establishment(1)])
    status, said = plam("import", "context", str(file))
    assert (status, "ajoutez --year" in said) == (1, True), said
    status, said = plam("import", "context", str(file), "--year", "2023", "--vintage", "2024")
    assert (status, "C03 2023 : 1 créés" in said, "aucune ligne pour 49, 53, 72, 85" in said) == (0, True, True), said
    assert value(settings, "SELECT vintage FROM observatory.context_series WHERE code = 'C03'") == 2024


def test_what_was_read_and_passed_over_is_counted(plam: Plam, tmp_path: Path) -> None:
    plam("import", "communes")
    rows = [establishment(1), establishment(2, code_insee_commune="35238")]
    file = write_csv(tmp_path / "e.csv", rows, encoding="cp1252", delimiter=";")
    status, said = plam("import", "establishments", str(file), "--dry-run")
    assert status == 0
    assert "2 ligne(s) lues, encodage windows-1252, séparateur point-virgule." in said
    assert "1 ligne(s) hors de la région" in said


def test_what_is_no_file_is_said_in_a_line(plam: Plam, tmp_path: Path) -> None:
    status, said = plam("import", "establishments", str(tmp_path / "absent.csv"))
    assert (status, "illisible" in said) == (1, True), said
    (tmp_path / "plan.yaml").write_text("axes: [")
    assert plam("import", "plan", str(tmp_path / "plan.yaml"))[0] == 2


def test_the_plan_is_loaded_once(plam: Plam, settings: Settings) -> None:
    assert plam("import", "plan", "--dry-run")[0] == 0
    assert value(settings, "SELECT count(*) FROM actions.action") == 0
    assert plam("import", "plan")[0] == 0
    assert value(settings, "SELECT count(*) FROM actions.action") == 4
    assert plam("import", "plan")[1].strip().endswith("0 changement(s)")


def test_the_doctor_is_content_with_a_sound_installation(plam: Plam) -> None:
    status, said = plam("doctor")
    assert status == 0, said
    assert said.count("ok ") >= 7


def test_the_doctor_says_what_is_wrong_and_what_to_do(plam: Plam) -> None:
    status, said = plam("doctor", PLAM_DATABASE_URL="postgresql://127.0.0.1:1/none", PLAM_BROKER_URL="amqp://127.0.0.1:1")
    assert status == 1
    assert "vérifiez PLAM_BROKER_URL" in said
    assert said.count("Vérifiez PLAM_DATABASE_URL, puis plam migrate") == 5


def test_a_quarantined_event_is_listed_and_tried_again(plam: Plam, settings: Settings) -> None:
    assert plam("events")[1].strip() == "La quarantaine est vide."
    sound, broken = received(action()).event, ids.new()
    hold = (
        "INSERT INTO observatory.quarantine (event_id, digest, producer, source, type, event, reason) "
        "VALUES ($1, 'x', 'actions', '/actions', $2, $3, 'essai')"
    )
    value(settings, hold, sound.id, sound.type, sound.model_dump_json())
    value(settings, hold, broken, "actions.action.invented", orjson.dumps({"id": str(broken)}).decode())
    _, listed = plam("events")
    assert str(sound.id) in listed
    assert str(broken) in listed
    assert plam("events", "retry", str(sound.id)) == (0, "1 événement(s) sur 1 sont passés.\n")
    assert value(settings, "SELECT count(*) FROM observatory.fact") == 1
    assert plam("events", "retry") == (1, "0 événement(s) sur 1 sont passés.\n")
    status, said = plam("events", "retry", str(ids.new()))
    assert (status, "ne sont pas en quarantaine" in said) == (1, True)
    assert "données refusées" in plam("events")[1]


def test_the_ledger_is_rebuilt_and_compared(plam: Plam, settings: Settings) -> None:
    status, said = plam("verify", "--patience", "0")
    assert (status, "différent" in said) == (1, True), "an empty observatory is a failure"
    assert "0 faits relus" in plam("rebuild")[1]
    plam("import", "plan")
    assert "4 état(s) renvoyés par actions" in plam("resync", "actions")[1]
    assert value(settings, "SELECT count(*) FROM actions.outbox WHERE type LIKE '%.restated'") == 4


def test_a_definition_that_is_not_there_cannot_be_made_current(plam: Plam) -> None:
    assert plam("switch", "K03", "99") == (1, "plam : K03 n'a pas de définition 99.\n")
    assert "en vigueur" in plam("switch", "K03", "1")[1]
    assert plam("switch", "--all") == (0, "La dernière définition de chaque indicateur est déjà en vigueur.\n")
    for arguments in ([], ["K03"], ["K03", "2", "--all"]):
        assert plam("switch", *arguments)[0] == 2


def test_migrating_again_changes_nothing(plam: Plam) -> None:
    assert plam("migrate")[0] == 0


@pytest.mark.parametrize("command", ["up", "serve", "relay", "worker", "scheduler", "migrate", "import plan", "verify", "events", "doctor"])
def test_o3_a_misspelt_variable_stops_every_command(plam: Plam, command: str) -> None:
    status, said = plam(*command.split(), PLAM_DATABSE_URL="postgresql://db/plam")
    assert (status, said) == (1, "plam : PLAM_DATABSE_URL est inconnue : est-ce PLAM_DATABASE_URL ?\n")


def test_what_is_mistyped_is_said_in_words(plam: Plam) -> None:
    for arguments, variables, words in (
        (["serve", "nothing"], {}, "nothing : inconnu"),
        (["migrate"], {"PLAM_PORT": "http"}, "PLAM_PORT"),
        (["token", "--role", "steering"], {}, "base embarquée"),
        (["migrate"], {"PLAM_SECRET": ""}, "PLAM_SECRET"),
        (["worker"], {"PLAM_WORKER_THREADS": "8"}, "PLAM_POOLS__WORKER doit valoir au moins 24"),
        (["worker"], {"PLAM_POOLS__RELAY": "1"}, "PLAM_POOLS__RELAY"),
        (["rebuild"], {"PLAM_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "plam :"),
        (["relay"], {}, "PLAM_BROKER_URL n'est pas définie"),
        (["serve"], {"PLAM_TOKEN_KEYS": None}, "PLAM_TOKEN_KEYS n'est pas définie"),
        (["serve"], {"PLAM_TOKEN_KEYS": "/nowhere.json"}, "/nowhere.json n'est pas lisible"),
        (["relay"], {"PLAM_BROKER_URL": "carrier-pigeon://x"}, "PLAM_BROKER_URL commence par memory:// ou redis://"),
    ):
        status, said = plam(*arguments, **variables)
        assert status != 0
        assert words in said, said


# ── B1: the secret of the pseudonyms ──────────────────────────────────────────────────────────────────────────────────────────────

OTHER = "another secret than that of the tests"
COMMANDS = (
    ("migrate",),
    ("import", "plan"),
    ("import", "communes"),
    ("resync", "actions"),
    ("follow",),
    ("rebuild",),
    ("switch", "K03", "2"),
    ("verify", "--patience", "0"),
    ("events",),
    ("events", "retry"),
    ("rotate",),
)
PROCESSES = (("up",), ("serve",), ("relay",), ("worker",), ("scheduler",))


@pytest.mark.parametrize("command", [*COMMANDS, *PROCESSES, ("doctor",)], ids=" ".join)
def test_b1_nothing_starts_on_a_named_database_without_the_secret(inside: Plam, command: tuple[str, ...]) -> None:
    status, said = inside(*command, PLAM_SECRET=None)
    assert (status, "PLAM_SECRET n'est pas définie" in said, "openssl rand -hex 32" in said) == (1, True, True), said


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_b1_no_command_runs_with_another_secret(inside: Plam, settings: Settings, command: tuple[str, ...]) -> None:
    status, said = inside(*command, PLAM_SECRET=OTHER)
    assert (status, "PLAM_SECRET" in said) == (1, True), said
    assert "Le secret n'est pas celui du schéma" in said or command == ("rotate",)
    assert value(settings, COUNTS) == "0/0"


def test_b1_a_secret_that_is_missing_or_another_one_is_said_in_a_sentence(plam: Plam) -> None:
    status, said = plam("migrate", PLAM_SECRET=None)
    assert (status, "PLAM_SECRET" in said, "openssl rand -hex 32" in said) == (1, True, True), said
    status, said = plam("serve", PLAM_SECRET=OTHER)
    assert (status, "Le secret n'est pas celui du schéma « access »" in said) == (1, True), said


def test_b1_the_doctor_tells_which_schemas_have_another_secret(inside: Plam) -> None:
    status, said = inside("doctor", PLAM_SECRET=OTHER)
    assert (status, said.count("Le secret n'est pas celui du schéma")) == (1, 5), said


def test_b1_an_installation_that_ran_without_the_secret_is_told_where_it_is(inside: Plam, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of an older release")
    status, said = inside("migrate", PLAM_SECRET=None)
    assert (status, str(tmp_path / "secret") in said.replace("\n", "")) == (1, True), said


def test_b1_the_first_migration_takes_the_secret_that_it_is_given(inside: Plam, settings: Settings) -> None:
    for service in SERVICES:
        value(settings, f"DELETE FROM {service.name}.pseudonym_key")  # noqa: S608  # a service's name
    assert "lancez « plam migrate »" in inside("import", "plan")[1].replace("\n", " ")
    assert inside("migrate")[0] == 0
    assert inside("import", "plan")[0] == 0
    assert inside("migrate", PLAM_SECRET=OTHER)[0] == 1


def test_b1_a_secret_is_replaced_there_and_back(inside: Plam, settings: Settings) -> None:
    inside("import", "plan")
    assert "PLAM_SECRET_PREVIOUS" in inside("rotate")[1]
    assert "même secret" in inside("rotate", PLAM_SECRET_PREVIOUS=SECRET)[1]
    assert "rien n'est changé" in inside("rotate", PLAM_SECRET=OTHER, PLAM_SECRET_PREVIOUS="a third secret, never used")[1].replace(
        "\n", " "
    )
    status, said = inside("rotate", PLAM_SECRET=OTHER, PLAM_SECRET_PREVIOUS=SECRET)
    assert (status, "encore en route" in said) == (1, True), "the plan's events wait"
    value(settings, "UPDATE actions.delivery SET acknowledged_at = now()")
    assert inside("rotate", PLAM_SECRET=OTHER, PLAM_SECRET_PREVIOUS=SECRET)[0] == 0
    assert (inside("events")[0], inside("events", PLAM_SECRET=OTHER)[0]) == (1, 0)
    assert inside("rotate", PLAM_SECRET_PREVIOUS=OTHER)[0] == 0
    assert inside("events")[0] == 0


def test_b10_a_database_that_was_never_migrated_is_said_to_be_so(inside: Plam, server: str) -> None:
    name = f"plam_never_{os.getpid()}"
    asyncio.run(_on(server, f'CREATE DATABASE "{name}"'))
    try:
        for command in (("import", "plan"), ("verify", "--patience", "0")):
            status, said = inside(*command, PLAM_DATABASE_URL=database_url(server, name))
            assert (status, "plam migrate" in said) == (1, True), said
    finally:
        asyncio.run(_on(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _on(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_o4_what_is_followed_is_told(inside: Plam, settings: Settings) -> None:
    inside("import", "plan")
    value(settings, "UPDATE actions.delivery SET acknowledged_at = now()")
    assert "4 états comparés, 4 remis d'après leur ligne, 0 sans ligne retirés" in inside("follow", "actions")[1]
    assert "4 états comparés, 0 remis" in inside("follow")[1]
    identifier = value(settings, "SELECT id FROM actions.action LIMIT 1")
    assert "1 états comparés, 0 remis" in inside("follow", "actions", "action", str(identifier))[1]
    for arguments, status, words in (
        (["follow", "nothing"], 2, "inconnu"),
        (["follow", "actions", "action"], 2, "identifiant"),
        (["follow", "actions", "need", str(identifier)], 2, "sorte d'entité"),
        (["follow", "actions", "action", str(ids.new())], 1, "n'en a pas de ligne"),
    ):
        found, said = inside(*arguments)
        assert (found, words in said.replace("\n", " ")) == (status, True), said


def test_b4_what_is_retired_is_told(inside: Plam, settings: Settings) -> None:
    inside("import", "plan")
    value(settings, "UPDATE actions.delivery SET acknowledged_at = now()")
    inside("follow")
    value(
        settings, "INSERT INTO observatory.fact SELECT source, kind, 'x', version, number, state, '[]', NULL FROM observatory.fact LIMIT 1"
    )
    value(settings, "INSERT INTO observatory.fact SELECT '/x', kind, 'x', version, number, state, '[]', NULL FROM observatory.fact LIMIT 1")
    said = inside("verify", "--patience", "0")[1]
    assert "1 fait(s) dont aucune ligne n'a la clé" in said, said
    assert "1 fait(s) d'une source qui n'envoie pas cette sorte d'état" in said
    assert "2 faits retirés, sur 2 dont aucune ligne n'a la clé" in inside("rebuild", "--patience", "0")[1]
    assert "plam rebuild" not in inside("verify", "--patience", "0")[1]
