"""Migrations: up, down and up again at every step; what they make is what the tables declare; what a service may do with it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from datetime import date

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql

from services.kernel.base.folding import fold
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_roles import owner_role, runtime_role
from services.kernel.data.nouns import NOUNS
from services.kernel.data.records import PURGED, table_of, versions_of
from services.kernel.data.secret_fingerprints import fingerprint
from services.kernel.data.service import Service
from services.kernel.data.walls import WALLED, around
from services.kernel.process.migrate import alembic_config, migrate
from services.observatory_api.ledger.sums import DAY_BITS, as_text
from services.plam import SERVICES
from tests.migrations.databases import connected, execute, names, prepare
from tests.support.database import SECRET, database_url

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
NAMES = [service.name for service in SERVICES]

each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)

TABLES = """
SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version' ORDER BY 1
"""
FUNCTIONS = "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1"
SHAPE = """
SELECT 'column ' || table_name || '.' || column_name AS name,
       data_type || coalesce(' of ' || udt_name, '') || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END
       || coalesce(' default ' || column_default, '') || coalesce(' generated ' || generation_expression, '') AS shape
FROM information_schema.columns WHERE table_schema = $1 AND table_name <> 'alembic_version'
UNION ALL
SELECT 'constraint ' || r.relname || '.' || c.conname, pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = c.connamespace
WHERE n.nspname = $1 AND r.relname <> 'alembic_version'
UNION ALL
SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename <> 'alembic_version'
UNION ALL
SELECT 'storage ' || c.relname, array_to_string(c.reloptions, ', ')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.reloptions IS NOT NULL AND c.relkind = 'r'
UNION ALL
SELECT 'row security ' || c.relname, c.relforcerowsecurity::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND (c.relrowsecurity OR c.relforcerowsecurity)
UNION ALL
SELECT 'policy ' || tablename || '.' || policyname, qual || ' ' || with_check FROM pg_policies WHERE schemaname = $1
"""


async def shape(url: str, schema: str) -> dict[str, str]:
    """Columns, constraints, indexes and storage of a schema, as the catalogue tells them."""
    async with connected(url) as connection:
        return {row["name"]: row["shape"] for row in await connection.fetch(SHAPE, schema)}


@each_service
def test_every_step_goes_up_down_and_up_again(service: Service, fresh: str) -> None:
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert revisions, "no migration"
    for below, revision in zip(["base", *revisions], revisions, strict=False):
        before = asyncio.run(shape(fresh, service.name))
        command.upgrade(config, revision)
        above = asyncio.run(shape(fresh, service.name))
        command.downgrade(config, below)
        assert asyncio.run(shape(fresh, service.name)) == before, f"{revision} leaves something behind"
        command.upgrade(config, revision)
        assert asyncio.run(shape(fresh, service.name)) == above
    command.downgrade(config, "base")
    assert asyncio.run(names(fresh, TABLES, service.name)) == []
    assert asyncio.run(names(fresh, FUNCTIONS, service.name)) == []


@each_service
def test_alembic_finds_nothing_to_add(service: Service, migrated: str) -> None:
    command.check(alembic_config(service, migrated))


@each_service
def test_the_database_is_what_the_tables_declare(service: Service, fresh: str) -> None:
    """Alembic compares neither CHECK constraints nor the text of indexes: the tables are made again from what declares them."""
    asyncio.run(migrate([service], Settings(database_url=fresh, secret=SECRET)))
    made = asyncio.run(shape(fresh, service.name))
    tables = asyncio.run(names(fresh, TABLES, service.name))
    drops = [f'DROP TABLE "{service.name}"."{table}" CASCADE' for table in tables]
    asyncio.run(execute(fresh, *drops, f'SET search_path = "{service.name}"; {_ddl(service)}'))
    declared = asyncio.run(shape(fresh, service.name))
    assert made.keys() == declared.keys()
    assert {name: (made[name], declared[name]) for name in made if made[name] != declared[name]} == {}


def _ddl(service: Service) -> str:
    statements: list[str] = []
    for table in service.metadata.sorted_tables:
        statements.append(str(sa.schema.CreateTable(table).compile(dialect=DIALECT)))
        statements += [
            str(sa.schema.CreateIndex(index).compile(dialect=DIALECT)) for index in sorted(table.indexes, key=lambda i: str(i.name))
        ]
    own = {name: walled.policy for name, walled in WALLED.items() if name.partition(".")[0] == service.name}
    statements += [statement for name, policy in own.items() for statement in around(name, policy)]
    return ";\n".join(statements)


def test_contributions_keep_what_they_say_when_their_text_changes(fresh: str) -> None:
    by_day = '[[7,"2026-01-05",1],[7,"2026-03-01",-1],[1234567,"1999-12-31",40]]'
    sums = {7 << DAY_BITS | date(2026, 1, 5).toordinal(): 1, 7 << DAY_BITS | date(2026, 3, 1).toordinal(): -1}
    sums[1234567 << DAY_BITS | date(1999, 12, 31).toordinal()] = 40
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0001")
    insert = "INSERT INTO observatory.fact (source, kind, entity_key, version, number, state, contributions) VALUES "
    asyncio.run(execute(fresh, f"{insert} ('/a', 'action', '1', 1, 1, '{{}}', '{by_day}'), ('/a', 'action', '2', 1, 1, '{{}}', '[]')"))
    kept = "SELECT contributions FROM observatory.fact WHERE $1 <> '' ORDER BY entity_key"
    command.upgrade(config, "0002")
    assert asyncio.run(names(fresh, kept, service.name)) == [as_text(sums), as_text({})]
    command.downgrade(config, "0001")
    assert asyncio.run(names(fresh, kept, service.name)) == [by_day, "[]"]


ENDED = {
    "internships": ("placement_request", "0003", "0004", {"status": "offer_closed", "why": "closed"}),
    "recruitment": ("application", "0002", "0003", {"status": "need_closed", "why": "filled"}),
}
A_ROW = """
SET session_replication_role = replica;
INSERT INTO {table}
SELECT (jsonb_populate_record(NULL::{table}, $json${{
    "id": "{identifier}", "organisation_id": "{identifier}", "institute_id": "{identifier}", "offer_id": "{identifier}",
    "need_id": "{identifier}", "department": "44", "profession": "ide", "urgency": "routine", "candidate_ref": "C1", "learners": 1,
    "submitted_at": "2026-01-05T12:00:00Z", "respond_by": "2026-01-15", "status": "{status}", "why": "{why}", "ended_on": "2026-01-09",
    "version": 2, "created_at": "2026-01-05T12:00:00Z", "created_by": "x", "updated_at": "2026-01-09T12:00:00Z", "updated_by": "x",
    "history": [], "document_schema": 2, "document": "{{}}"
}}$json$)).*
"""


@pytest.mark.parametrize("name", ENDED)
def test_e4_the_release_before_reads_what_ended_as_withdrawn(name: str, fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == name)
    noun, before, number, values = ENDED[name]
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, number)
    identifier = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
    asyncio.run(execute(fresh, A_ROW.format(table=f"{name}.{noun}", identifier=identifier, **values)))
    command.downgrade(config, before)
    assert asyncio.run(names(fresh, f"SELECT status FROM {name}.{noun} WHERE $1 <> ''", name)) == ["withdrawn"]
    command.upgrade(config, number)
    assert asyncio.run(names(fresh, f"SELECT status FROM {name}.{noun} WHERE $1 <> '' AND why IS NULL", name)) == ["withdrawn"]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("0002", "0003", ["R07"]),
        ("0005", "0006", ["I01", "I04"]),
        ("0008", "0009", ["K03", "K04", "K05", "K06", "K07", "K08", "K14", "K15", "K32"]),
    ],
)
def test_e4_e7_g2_a_later_definition_is_current_on_an_empty_ledger_alone(
    fresh: str, before: str, after: str, codes: list[str], recorded: bool
) -> None:
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, before)
    if recorded:
        asyncio.run(execute(fresh, "INSERT INTO observatory.batch (recorded_at, reason, entries) VALUES (now(), 'events', 1)"))
    found = "SELECT indicator FROM observatory.definition WHERE $1 <> '' AND \"number\" >= 2 ORDER BY indicator"
    known = asyncio.run(names(fresh, found, service.name))
    command.upgrade(config, after)
    assert asyncio.run(names(fresh, found, service.name)) == sorted([*known, *([] if recorded else codes)])
    command.downgrade(config, before)
    assert asyncio.run(names(fresh, found, service.name)) == known


CONCEALED = {"I27": 2, "I28": 2, "I29": 2, "R01": 2, "R06": 2, "R07": 3, "R11": 2}


@pytest.mark.parametrize(("recorded", "current"), [(False, CONCEALED), (True, {})])
def test_e3_what_leaves_out_the_concealed_is_current_on_an_empty_ledger_alone(fresh: str, recorded: bool, current: dict[str, int]) -> None:
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0002")
    if recorded:
        asyncio.run(execute(fresh, "INSERT INTO observatory.batch (recorded_at, reason, entries) VALUES (now(), 'events', 1)"))
    command.upgrade(config, "0008")
    found = "SELECT indicator || ' ' || \"number\" FROM observatory.definition WHERE $1 <> '' ORDER BY current_from"
    known = dict(row.split() for row in asyncio.run(names(fresh, found, service.name)))
    assert {code: int(number) for code, number in known.items() if code in CONCEALED} == current


LEDGER = """
INSERT INTO observatory.series (indicator, definition, measure, dimensions, department) VALUES
    ('R04', 1, 'count', '{"department": "52", "scheme_code": "CAE"}', '52'),
    ('R04', 1, 'count', '{"department": "44", "scheme_code": "CAE"}', '44'),
    ('A02', 1, 'count', '{"department": "52", "role": "funder"}', NULL),
    ('A02', 1, 'count', '{"department": "52"}', '52'),
    ('K03', 2, 'count', '{"axis": "A1"}', '52'),
    ('K03', 2, 'count', '{"axis": "A1", "department": "regional"}', 'regional'),
    ('R09', 1, 'count', '{"scheme_kind": "apprenticeship"}', '52');
INSERT INTO observatory.daily (measure, department, "on", amount)
SELECT DISTINCT indicator || '/' || definition || '/' || measure, department, date '2026-01-05', 7 FROM observatory.series
WHERE department IS NOT NULL
"""
ROLLED_UP = "SELECT measure || ' ' || department FROM observatory.daily WHERE $1 <> '' ORDER BY 1"
SERIES = """
SELECT id || (dimensions ->> 'department') || coalesce(department, '') FROM observatory.series
WHERE dimensions ? 'department' AND $1 <> ''
"""


def test_what_names_no_department_is_regional_and_the_total_stays_the_region_s(fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0009")
    asyncio.run(execute(fresh, LEDGER))
    before = asyncio.run(names(fresh, ROLLED_UP, service.name))
    assert before == ["A02/1/count 52", "K03/2/count 52", "K03/2/count regional", "R04/1/count 44", "R04/1/count 52", "R09/1/count 52"]
    series = asyncio.run(names(fresh, SERIES, service.name))
    command.upgrade(config, "0010")
    assert asyncio.run(names(fresh, ROLLED_UP, service.name)) == [
        "A02/1/count regional",
        "K03/2/count 52",
        "K03/2/count regional",
        "R04/1/count 44",
        "R04/1/count regional",
        "R09/1/count 52",
    ]
    moved = sorted(asyncio.run(names(fresh, SERIES, service.name)))
    assert moved == ["1regionalregional", "24444", "3regional", "4regionalregional", "6regionalregional"]
    command.downgrade(config, "0009")
    assert asyncio.run(names(fresh, ROLLED_UP, service.name)) == before
    assert sorted(asyncio.run(names(fresh, SERIES, service.name))) == sorted(series)


OF_THE_NETWORK = """
INSERT INTO observatory.series (indicator, definition, measure, dimensions)
VALUES ('{0}01', 1, 'count', '{{}}'), ('K03', 1, 'count', '{{}}');
INSERT INTO observatory.definition (indicator, "number", current_from) VALUES ('{0}02', 2, now());
INSERT INTO observatory.daily (measure, department, "on", amount) VALUES ('{0}01/1/count', '44', now(), 1), ('K03/1/count', '44', now(), 1)
"""
NAMED = """
SELECT indicator AS name FROM observatory.series UNION ALL SELECT indicator FROM observatory.definition
UNION ALL SELECT measure FROM observatory.daily WHERE $1 <> '' ORDER BY 1
"""


def test_what_the_ledger_knew_of_sites_and_organisations_bears_their_new_codes(fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0010")
    before = asyncio.run(names(fresh, NAMED, service.name))
    asyncio.run(execute(fresh, OF_THE_NETWORK.format("A")))
    command.upgrade(config, "0011")
    found = ["K03", "K03/1/count", "N01", "N01/1/count", "N02"]
    assert asyncio.run(names(fresh, NAMED, service.name)) == sorted([*before, *found])
    command.downgrade(config, "0010")
    found = ["A01", "A01/1/count", "A02", "K03", "K03/1/count"]
    assert asyncio.run(names(fresh, NAMED, service.name)) == sorted([*before, *found])


IN_USE = """
INSERT INTO observatory.fact (source, kind, entity_key, version, number, state, contributions)
VALUES ('/a', 'action', '1', 1, 1, '{}', '[]');
INSERT INTO observatory.series (indicator, definition, measure, dimensions) VALUES ('K03', 2, 'count', '{}'), ('K03', 1, 'count', '{}'),
    ('K05', 1, 'member', '{}'), ('R07', 1, 'numerator', '{}');
DELETE FROM observatory.definition WHERE indicator IN ('K03', 'K05')
"""
SAID = """
SELECT indicator || ' ' || "number" || CASE WHEN earlier_let_go THEN ' alone' ELSE '' END FROM observatory.definition
WHERE $1 <> '' AND indicator IN ('K03', 'K05', 'R07') ORDER BY 1
"""


@pytest.mark.parametrize(("used", "said"), [("SELECT 1", []), (IN_USE, ["K03 1", "K05 1", "R07 2", "R07 3"])])
def test_a_ledger_in_use_says_which_definitions_it_has_and_an_empty_one_nothing(fresh: str, used: str, said: list[str]) -> None:
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0011")
    asyncio.run(execute(fresh, used))
    command.upgrade(config, "0012")
    assert asyncio.run(names(fresh, SAID, service.name)) == said


def test_e3_a_unit_that_is_suspended_conceals_since_it_was(fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == "internships")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0008")
    for status, code in (("suspended", "U1"), ("active", "U2")):
        asyncio.run(execute(fresh, A_UNIT.format(status=status, code=code)))
    command.upgrade(config, "0009")
    found = asyncio.run(names(fresh, "SELECT concealed::text FROM internships.placement_unit WHERE $1 <> '' ORDER BY code", service.name))
    assert [json.loads(each) for each in found] == [[{"from": "2026-03-06", "until": None, "why": "unit_suspended"}], []]


A_UNIT = """
INSERT INTO internships.placement_unit SELECT (jsonb_populate_record(NULL::internships.placement_unit, '{{
    "id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "organisation_id": "0199a1b2-c3d4-7e5f-8a9b-000000000002", "name": "Médecine",
    "site_id": "0199a1b2-c3d4-7e5f-8a9b-000000000003", "department": "44", "code": "{code}", "professions": ["ide"],
    "first_placement_suitable": false, "status": "{status}", "version": 2, "owners": [], "concealed": [],
    "history": [{{"status": "active", "at": "2026-01-05T12:00:00+00:00"}}, {{"status": "{status}", "at": "2026-03-05T23:30:00+00:00"}}],
    "document_schema": 2, "document": "{{}}", "created_at": "2026-01-05T12:00:00Z", "created_by": "x", "updated_at": "2026-01-05T12:00:00Z",
    "updated_by": "x"
}}' || jsonb_build_object('id', gen_random_uuid()))).*
"""


TOLD_BEFORE = """
SET session_replication_role = replica;
INSERT INTO actions.action SELECT (jsonb_populate_record(NULL::actions.action, '{
    "id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "ref": "A", "title": "x", "axis": "A1", "objectives": ["O1"], "departments": [],
    "sectors": [], "sides": [], "horizon": "short", "flagship": false, "weight": 1, "status": "in_progress", "version": 7, "history": [],
    "created_at": "2026-01-05T12:00:00Z", "created_by": "x", "updated_at": "2026-01-05T12:00:00Z", "updated_by": "x",
    "document_schema": 1, "document": "{}"}'::jsonb)).*;
INSERT INTO actions.action_version (id, version, recorded_at, "by", document)
SELECT '0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b', version, recorded_at, 'x', jsonb_build_object('status', status, 'ends_on', ends_on)::text
FROM (VALUES
    (1, timestamptz '2026-01-05 12:00+00', 'draft', NULL), (2, '2026-01-06 12:00+00', 'draft', '2026-06-01'),
    (3, '2026-01-07 12:00+00', 'submitted', '2026-06-01'), (4, '2026-01-08 12:00+00', 'approved', '2026-06-01'),
    (5, '2026-02-01 23:30+00', 'approved', '2026-09-01'), (6, '2026-02-03 12:00+00', 'in_progress', '2026-09-01'),
    (7, '2026-05-04 12:00+00', 'in_progress', NULL)
) AS told(version, recorded_at, status, ends_on);
"""


def test_g1_ends_that_moved_before_are_read_in_the_history(fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == "actions")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0005")
    asyncio.run(execute(fresh, TOLD_BEFORE))
    command.upgrade(config, "0006")
    [changes] = asyncio.run(names(fresh, "SELECT ends_changes::text FROM actions.action WHERE $1 <> ''", "actions"))
    assert json.loads(changes) == [
        {"on": "2026-02-02", "old": "2026-06-01", "new": "2026-09-01"},
        {"on": "2026-05-04", "old": "2026-09-01", "new": None},
    ]


KNOWN_BEFORE = """
SET session_replication_role = replica;
INSERT INTO access.commune
(code, version, vintage, name, folded, department, arrondissement_code, arrondissement_name, postal_codes, document)
VALUES ('49278', 1, 2026, 'Ste Gemmes-sur-Lœire', 'ste gemmes sur loeire', '49', '491', 'Angers', '{49130,49136}', '{"code":"49278"}');
INSERT INTO access.commune_old (code_old, name_old, code_now) VALUES ('49006', 'Andrezé', '49278');
INSERT INTO access.site SELECT (jsonb_populate_record(NULL::access.site, '{
    "id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "organisation_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "name": "CHS Ste-Gemmes",
    "folded": "chs ste gemmes", "commune_code": "49278", "department": "49", "status": "active", "version": 1, "history": [],
    "created_at": "2026-01-05T12:00:00Z", "created_by": "x", "updated_at": "2026-01-05T12:00:00Z", "updated_by": "x",
    "document_schema": 1, "document": "{}"}'::jsonb)).*;
"""


def test_e11_what_was_known_before_is_folded_anew(fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == "access")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0004")
    asyncio.run(execute(fresh, KNOWN_BEFORE))
    folded = "SELECT folded FROM access.commune WHERE $1 <> '' UNION ALL SELECT folded FROM access.site"
    words = "SELECT words FROM access.commune WHERE $1 <> '' UNION ALL SELECT words FROM access.commune_old"
    command.upgrade(config, "0005")
    assert asyncio.run(names(fresh, folded, "access")) == [fold("Ste Gemmes-sur-Lœire"), fold("CHS Ste-Gemmes")]
    assert asyncio.run(names(fresh, words, "access")) == [
        ["sainte", "gemmes", "sur", "loeire", "49278", "49130", "49136"],
        ["andreze", "49006", "49130", "49136"],
    ]
    document = "SELECT document FROM access.commune WHERE $1 <> ''"
    command.upgrade(config, "0006")
    assert asyncio.run(names(fresh, document, "access")) == ['{"code":"49278","latitude":null,"longitude":null}']
    command.downgrade(config, "0004")
    assert asyncio.run(names(fresh, document, "access")) == ['{"code":"49278"}']
    assert asyncio.run(names(fresh, folded, "access")) == ["ste gemmes sur loeire", "chs ste gemmes"]


SITE = "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
MOVED = """
SET session_replication_role = replica;
INSERT INTO access.site SELECT (jsonb_populate_record(NULL::access.site, '{{
    "id": "{site}", "organisation_id": "0199a1b2-c3d4-7e5f-8a9b-000000000002", "name": "CH", "folded": "ch", "commune_code": "44184",
    "department": "44", "status": "active", "version": 4, "history": [], "document_schema": 2, "document": "{{}}",
    "created_at": "2026-01-05T12:00:00Z", "created_by": "x", "updated_at": "2026-01-05T12:00:00Z", "updated_by": "x"
}}')).*;
INSERT INTO access.site_version (id, version, recorded_at, by, document)
SELECT '{site}', version, day::timestamptz, 'x', format('{{"organisation_id": "0199a1b2-c3d4-7e5f-8a9b-00000000000%s"}}', organisation)
FROM (VALUES {versions}) AS told (version, day, organisation)
"""


@pytest.mark.parametrize(
    ("versions", "owners"),
    [
        ("(1, '2026-01-05 12:00+00', 2), (2, '2026-02-05 12:00+00', 2)", []),
        (
            "(1, '2026-01-05 12:00+00', 1), (2, '2026-02-05 12:00+00', 1), (3, '2026-03-05 23:30+00', 2), (4, '2026-04-05 12:00+00', 2)",
            [("1", "2026-01-05"), ("2", "2026-03-06")],
        ),
        (
            "(1, '2026-01-05 12:00+00', 1), (2, '2026-01-05 13:00+00', 3), (3, '2026-03-05 12:00+00', 1), (4, '2026-03-05 13:00+00', 2)",
            [("3", "2026-01-05"), ("2", "2026-03-05")],
        ),
    ],
    ids=["never", "once", "twice in a day"],
)
def test_e2_a_site_that_had_moved_in_silence_says_who_had_it(fresh: str, versions: str, owners: list[tuple[str, str]]) -> None:
    service = next(service for service in SERVICES if service.name == "access")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0009")
    asyncio.run(execute(fresh, MOVED.format(site=SITE, versions=versions)))
    command.upgrade(config, "0010")
    [said] = asyncio.run(names(fresh, "SELECT owners::text FROM access.site WHERE $1 <> ''", service.name))
    assert [(owner["organisation_id"][-1], owner["since"]) for owner in json.loads(said)] == owners


def test_migrating_twice_changes_nothing(fresh: str) -> None:
    settings = Settings(database_url=fresh, secret=SECRET)
    asyncio.run(migrate(SERVICES, settings))
    before = {name: asyncio.run(shape(fresh, name)) for name in NAMES}
    asyncio.run(migrate(SERVICES, settings))
    assert {name: asyncio.run(shape(fresh, name)) for name in NAMES} == before


# ── What a service may do ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def installed(server: str) -> Iterator[str]:
    """The URL of a database as `plam migrate` leaves it: a copy of one would not have the rights on the database itself."""
    name = f"plam_rights_{os.getpid()}"
    asyncio.run(execute(server, f'CREATE DATABASE "{name}"'))
    asyncio.run(migrate(SERVICES, Settings(database_url=database_url(server, name), secret=SECRET)))
    yield database_url(server, name)
    asyncio.run(execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def runtime(service: Service, installed: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection under the role that the service works with."""
    async with connected(installed) as connection:
        await connection.execute(f'SET ROLE "{runtime_role(service.name)}"')
        yield connection


@each_service
async def test_the_application_works_under_its_runtime_role(service: Service, databases: Databases) -> None:
    for use in ("api", "worker", "relay", "health"):
        pool = await databases.pool(service.name, use)
        assert await pool.fetchval("SELECT current_user") == runtime_role(service.name)
        assert await pool.fetchval("SHOW search_path") == service.name


@each_service
async def test_no_role_is_more_than_it_has_to_be(service: Service, runtime: asyncpg.Connection) -> None:
    for role in (runtime_role(service.name), owner_role(service.name)):
        row = await runtime.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", role)
        assert row is not None
        assert not any(
            row[right] for right in ("rolsuper", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication", "rolbypassrls")
        )


@each_service
async def test_a_service_changes_no_definition(service: Service, runtime: asyncpg.Connection) -> None:
    name = service.name
    for statement in (
        f"CREATE TABLE {name}.mine (id int)",
        f"CREATE VIEW {name}.mine AS SELECT 1",
        f"CREATE FUNCTION {name}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f"CREATE SEQUENCE {name}.mine",
        f"ALTER TABLE {name}.outbox ADD COLUMN mine int",
        f"ALTER TABLE {name}.outbox DISABLE TRIGGER ALL",
        f"CREATE INDEX ON {name}.outbox (type)",
        f"DROP TABLE {name}.outbox",
        f"TRUNCATE {name}.outbox",
        f"DROP SCHEMA {name} CASCADE",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE ROLE mine",
        "CREATE EXTENSION pg_trgm",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        f"UPDATE {name}.alembic_version SET version_num = 'x'",
        f"DELETE FROM {name}.alembic_version",
    ):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError)):
            await runtime.execute(statement)


@each_service
async def test_a_service_sees_nothing_of_another(service: Service, runtime: asyncpg.Connection) -> None:
    others = [name for name in NAMES if name != service.name]
    assert others
    for other in others:
        assert not await runtime.fetchval("SELECT has_schema_privilege(current_user, $1, 'USAGE, CREATE')", other)
        for statement in (f"SELECT 1 FROM {other}.outbox", f"DELETE FROM {other}.outbox", f"INSERT INTO {other}.job (name) VALUES ('x')"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await runtime.execute(statement)
    granted = await runtime.fetch(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) "
        "AND c.relkind = 'r' AND has_table_privilege(current_user, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')",
        others,
    )
    assert granted == []


@each_service
async def test_what_was_is_never_changed(service: Service, runtime: asyncpg.Connection) -> None:
    kept = [versions_of(record).name for record in NOUNS if table_of(record).schema == service.name]
    appended = ("entry", "envelope_entry", "context_series", "context_value")
    kept += [table for table in appended if f"{service.name}.{table}" in service.metadata.tables]
    for table in kept:
        assert await runtime.fetchval("SELECT has_table_privilege(current_user, $1, 'INSERT')", f"{service.name}.{table}")
        *_, column = service.metadata.tables[f"{service.name}.{table}"].columns.keys()
        deleted = [] if service.metadata.tables[f"{service.name}.{table}"].info.get(PURGED) else [f"DELETE FROM {service.name}.{table}"]
        for statement in (f"UPDATE {service.name}.{table} SET {column} = {column}", *deleted):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await runtime.execute(statement)


@each_service
async def test_b1_a_service_reads_the_fingerprint_of_the_secret_and_never_writes_it(service: Service, runtime: asyncpg.Connection) -> None:
    table = f"{service.name}.pseudonym_key"
    assert await runtime.fetchval(f"SELECT fingerprint FROM {table}") == fingerprint(SECRET.encode())
    for statement in (f"UPDATE {table} SET fingerprint = 'x'", f"DELETE FROM {table}", f"INSERT INTO {table} (fingerprint) VALUES ('x')"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await runtime.execute(statement)


async def test_a_new_noun_s_history_is_append_only_without_a_word_in_its_migration(fresh: str) -> None:
    settings = Settings(database_url=fresh, secret=SECRET)
    await migrate(SERVICES, settings)
    async with connected(fresh) as connection:
        await connection.execute('SET ROLE "plam_actions_owner"; CREATE TABLE actions.unheard_of_version (id int)')
        await connection.execute("RESET ROLE")
        await migrate(SERVICES, settings)
        rights = {
            right: await connection.fetchval("SELECT has_table_privilege('plam_actions_runtime', 'actions.unheard_of_version', $1)", right)
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        }
    assert rights == {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False}


async def test_everybody_else_may_nothing(installed: str) -> None:
    async with connected(installed) as connection:
        for name in NAMES:
            assert not await connection.fetchval("SELECT has_schema_privilege('public', $1, 'USAGE, CREATE')", name)
        assert not await connection.fetchval("SELECT has_database_privilege('public', current_database(), 'TEMPORARY')")
