"""Tables: each in its service's schema, each noun with its history, nothing that reaches into another service."""

import sys
from operator import eq
from typing import Any

import pytest
from sqlalchemy import JSON, BinaryExpression, Column, DateTime, Enum, Float, Numeric, String, Table, Text, UniqueConstraint, bindparam
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.api.reading import Reading
from services.kernel.data.nouns import NOUNS, Noun
from services.kernel.data.privacy import Privacy, tags_of
from services.kernel.data.records import Record, table_of, versions_of
from services.kernel.data.service import Service
from services.plam import SERVICES

KERNEL_TABLES = {"outbox", "delivery", "receipt", "quarantine", "job", "idempotency", "pseudonym_key"}
TABLES = [table for service in SERVICES for table in service.metadata.sorted_tables]
NOUN_LIST = sorted(NOUNS.values(), key=lambda noun: str(table_of(noun.table)))

each_table = pytest.mark.parametrize("table", TABLES, ids=str)
each_noun = pytest.mark.parametrize("noun", NOUN_LIST, ids=lambda noun: str(table_of(noun.table)))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_has_its_own_schema_and_the_kernel_s_tables_in_it(service: Service) -> None:
    assert {table.schema for table in service.metadata.tables.values()} == {service.name}
    assert {table.name for table in service.metadata.tables.values()} >= KERNEL_TABLES


@each_table
def test_no_table_reaches_into_another_schema(table: Table) -> None:
    assert {key.column.table.schema for key in table.foreign_keys} <= {table.schema}


@each_table
def test_columns_are_of_types_that_every_release_reads_alike(table: Table) -> None:
    for column in table.columns:
        name = f"{table}.{column.name}"
        assert not isinstance(column.type, (Enum, Float)), f"{name}: text and a CHECK, or whole units"
        assert not isinstance(column.type, Numeric), f"{name}: whole units"
        assert not isinstance(column.type, String) or isinstance(column.type, Text), f"{name}: Text; bounds are CHECKs"
        assert not isinstance(column.type, JSON) or isinstance(column.type, JSONB), f"{name}: JSONB"
        assert not isinstance(column.type, DateTime) or column.type.timezone, f"{name}: instants are aware"


@each_table
def test_every_column_says_whether_it_is_of_a_person(table: Table) -> None:
    assert [
        f"{table}.{name}: public, internal, personal or sensitive?" for name, privacy in tags_of(table).items() if privacy is None
    ] == []


REACHES = ("given_name", "family_name", "first_name", "last_name", "email", "address", "phone", "telephone")
"""What a person is called, and how they are reached."""


@each_table
def test_names_and_addresses_of_persons_are_in_one_table(table: Table) -> None:
    """What is to be erased of a person is there alone."""
    personal = [name for name, privacy in tags_of(table).items() if privacy is not None and privacy >= Privacy.personal]
    found = [name for name in personal if name.endswith(REACHES)]
    assert (found != []) is (str(table) == "access.person"), found


@each_noun
def test_a_document_is_as_guarded_as_what_it_shows(noun: Noun) -> None:
    tags = tags_of(table_of(noun.table))
    assert tags["document"] == tags_of(versions_of(noun.table))["document"]
    assert tags["document"] == (Privacy.personal if noun.personal else Privacy.internal)


@each_noun
def test_a_noun_has_its_history(noun: Noun) -> None:
    table = table_of(noun.table)
    history = table.metadata.tables[f"{table.schema}.{table.name}_version"]
    assert [column.name for column in history.columns] == ["id", "version", "recorded_at", "by", "document"]
    assert [column.name for column in history.primary_key] == ["id", "version"]


@each_noun
def test_a_noun_s_document_and_state_say_who_and_which(noun: Noun) -> None:
    assert {"id", "version", "created_at", "updated_at"} <= noun.document.model_fields.keys()
    if noun.state is not None:
        assert {"id", "version", "history"} <= noun.state.model_fields.keys()


@each_noun
def test_a_document_is_text_and_a_statement_writes_every_column(noun: Noun) -> None:
    table = table_of(noun.table)
    assert isinstance(table.columns["document"].type, Text)
    assert set(noun.columns) == set(noun.table.model_fields)


READINGS = {
    f"{name}.{attribute}": value
    for name, module in sorted(sys.modules.items())
    if name.startswith("services.") and name.endswith(".queries")
    for attribute, value in vars(module).items()
    if isinstance(value, Reading)
}


def test_every_noun_has_its_reading() -> None:
    assert {reading.table for reading in READINGS.values()} == set(NOUNS)


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
def test_every_filter_of_a_list_on_one_value_has_its_index(reading: Reading[Any]) -> None:
    """Filters on a set of values have none: each value is in many rows, and the newest of these are soon found by walking the key."""
    table = table_of(reading.table)
    led = {str(next(iter(index.expressions))) for index in table.indexes} | {column.name for column in table.primary_key}
    led |= {next(iter(each.columns)).name for each in table.constraints if isinstance(each, UniqueConstraint)}
    led |= {column.name for column in table.columns if column.unique}
    for name, condition in reading.filters.items():
        compared = condition(bindparam(name)) if callable(condition) else condition
        if isinstance(compared, BinaryExpression) and compared.operator is eq and isinstance(compared.left, Column):
            assert compared.left.name in led, f"{table}: no index begins with {compared.left.name}"


def test_every_record_is_a_noun() -> None:
    """A row with a version, a document and a history is written by `save`, which goes by the noun's triple."""

    def below(record: type[Record]) -> list[Any]:
        return [each for one in record.__subclasses__() for each in (one, *below(one))]

    ours = [record for record in below(Record) if record.__module__.startswith("services.")]
    assert [record.__name__ for record in ours if hasattr(record, "__table__") and record not in NOUNS] == []


@each_noun
def test_a_status_is_checked_by_the_database(noun: Noun) -> None:
    table = table_of(noun.table)
    if noun.has_status:
        assert any("status IN" in str(getattr(constraint, "sqltext", "")) for constraint in table.constraints)
