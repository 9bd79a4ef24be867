"""A statement becomes SQL text once for each shape, and its arguments come in the driver's order, whatever the kind of statement."""

from datetime import UTC, date, datetime
from enum import StrEnum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, BigInteger, DateTime, Select, Text, and_, bindparam, delete, func, insert, literal, not_, or_, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col, select

from services.kernel.data import statements
from services.kernel.data.columns import internal
from services.kernel.data.conditions import among, holds
from services.kernel.data.statements import instance_maker, prepare

ONE, TWO = UUID(int=1), UUID(int=2)


class Colour(StrEnum):
    """An enum that a text column holds."""

    red = "R"
    blue = "B"


class Painting(SQLModel, table=True):
    """A row of every type that ours have."""

    __tablename__ = "painting"

    id: UUID = Field(primary_key=True)
    title: str = internal(Text)
    colour: Colour = internal(Text)
    palette: list[Colour] = internal(ARRAY(Text))
    made_on: date | None
    sold_at: datetime | None = internal(DateTime(timezone=True))
    price: int = internal(BigInteger)
    notes: dict[str, Any] = internal(JSONB)


class Visit(SQLModel, table=True):
    """A row with a default that Python computes."""

    id: int = Field(primary_key=True)
    count: int = 0


@pytest.fixture(autouse=True)
def by_shape(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """The cache, empty."""
    kept: dict[Any, Any] = {}
    monkeypatch.setattr(statements, "_by_shape", kept)
    return kept


def compiled(statement: Any, **parameters: Any) -> tuple[str, list[Any]]:
    """The text, on one line and without the table's name before its columns, and the arguments."""
    found, arguments = prepare(statement, parameters)
    return " ".join(found.sql.split()).replace("painting.", ""), arguments


by_id = col(Painting.id)
COLUMNS = "id, title, colour, palette, made_on, sold_at, price, notes"


@pytest.mark.parametrize(
    ("condition", "sql", "arguments"),
    [
        (by_id == ONE, "id = $1::UUID", [ONE]),
        (col(Painting.title) == "x", "title = $1::VARCHAR", ["x"]),
        (col(Painting.colour) == Colour.red, "colour = $1::VARCHAR", [Colour.red]),
        (col(Painting.made_on) >= date(2026, 11, 22), "made_on >= $1::DATE", [date(2026, 11, 22)]),
        (
            col(Painting.sold_at) < datetime(2026, 11, 22, tzinfo=UTC),
            "sold_at < $1::TIMESTAMP WITH TIME ZONE",
            [datetime(2026, 11, 22, tzinfo=UTC)],
        ),
        (col(Painting.made_on).is_(None), "made_on IS NULL", []),
        (col(Painting.price).between(1, 2), "price BETWEEN $1::BIGINT AND $2::BIGINT", [1, 2]),
        (among(Painting.id, [ONE, TWO]), "id = ANY ($1::UUID[])", [[ONE, TWO]]),
        (among(Painting.id, []), "id = ANY ($1::UUID[])", [[]]),
        (among(Painting.colour, [Colour.red, Colour.blue]), "colour = ANY ($1::TEXT[])", [[Colour.red, Colour.blue]]),
        (among(Painting.colour, (Colour.red,)), "colour = ANY ($1::TEXT[])", [[Colour.red]]),
        (col(Painting.palette) == [Colour.red], "palette = $1::TEXT[]", [[Colour.red]]),
        (col(Painting.palette).bool_op("@>")(literal(["R"], ARRAY(Text))), "palette @> $1::TEXT[]", [["R"]]),
        (
            or_(col(Painting.title) == "b", and_(col(Painting.price) > 3, not_(col(Painting.title) == "a"))),
            "title = $1::VARCHAR OR price > $2::BIGINT AND title != $3::VARCHAR",
            ["b", 3, "a"],
        ),
        (func.lower(col(Painting.title)).startswith("x"), "(lower(title) LIKE $1::VARCHAR || '%')", ["x"]),
    ],
)
def test_a_value_is_an_argument_in_its_place(condition: Any, sql: str, arguments: list[Any]) -> None:
    assert compiled(select(Painting.id).where(condition)) == (f"SELECT id FROM painting WHERE {sql}", arguments)


def test_arguments_come_in_the_order_of_the_text() -> None:
    last_first = select(Painting.id).where(col(Painting.title) == "t").where(by_id != ONE).order_by(by_id.desc()).offset(7).limit(5)
    sql, arguments = compiled(last_first)
    assert sql.endswith("WHERE title = $1::VARCHAR AND id != $2::UUID ORDER BY id DESC LIMIT $3::INTEGER OFFSET $4::INTEGER")
    assert arguments == ["t", ONE, 5, 7]


def test_a_value_given_twice_is_two_arguments_and_a_bind_used_twice_is_given_twice() -> None:
    twice = select(Painting.id).where((col(Painting.title) == "x") | (col(Painting.colour) == "x"))
    assert compiled(twice)[1] == ["x", "x"]
    named = bindparam("word", type_=Text())
    both = select(Painting.id).where((col(Painting.title) == named) | (col(Painting.colour) == named), col(Painting.price) == 3)
    sql, arguments = compiled(both, word="y")
    assert [f"${number}" in sql for number in (1, 2, 3)] == [True, True, len(arguments) == 3]
    assert arguments == ["y"] * (len(arguments) - 1) + [3]


def test_named_binds_take_what_the_caller_gives_and_constants_stay() -> None:
    statement = select(Painting.id).where(
        col(Painting.colour) == Colour.blue, by_id == bindparam("id"), holds(Painting.palette, bindparam("of"))
    )
    for of in (Colour.red, Colour.blue):
        sql, arguments = compiled(statement, id=ONE, of=of)
        assert sql.endswith("WHERE colour = $1::VARCHAR AND id = $2::UUID AND $3::VARCHAR = ANY (palette)")
        assert arguments == [Colour.blue, ONE, of]


def test_a_bind_whose_value_is_computed_is_computed_each_time_and_once_beside_named_binds() -> None:
    days = [1]
    statement = select(Painting.id).where(col(Painting.price) == bindparam("day", callable_=lambda: days[-1]))
    named = statement.where(by_id == bindparam("id"))
    assert (compiled(statement)[1], compiled(named, id=ONE)[1]) == ([1], [1, ONE])
    days.append(2)
    assert (compiled(statement)[1], compiled(named, id=ONE)[1]) == ([2], [1, ONE])


# ── Statements that write ─────────────────────────────────────────────────────────────────────────────────────────────────────────

VALUES = {"id": ONE, "title": "t", "colour": Colour.red, "palette": ["R"], "made_on": None, "sold_at": None, "price": 3, "notes": {"a": 1}}
PLACES = "$1::UUID, $2::VARCHAR, $3::VARCHAR, $4::TEXT[], $5::DATE, $6::TIMESTAMP WITH TIME ZONE, $7::BIGINT, $8::JSONB"


def test_an_insertion_gives_its_values_in_the_order_of_the_columns() -> None:
    backwards = dict(reversed(VALUES.items()))
    for values in (VALUES, backwards):
        sql, arguments = compiled(insert(Painting).values(**values))
        assert sql == f"INSERT INTO painting ({COLUMNS}) VALUES ({PLACES})"
        assert arguments == list(VALUES.values())


def test_an_insertion_of_the_same_shape_gives_its_own_values(by_shape: dict[Any, Any]) -> None:
    for price in (1, 2, 3):
        assert compiled(insert(Painting).values(**{**VALUES, "price": price}))[1][6] == price
    assert len(by_shape) == 1


def test_what_exists_already_is_changed_in_its_place() -> None:
    statement = postgresql.insert(Painting).values(**VALUES)
    new = {"title": statement.excluded.title}
    upsert = statement.on_conflict_do_update(index_elements=["id"], set_=new, where=col(Painting.price) < 9).returning(by_id)
    sql, arguments = compiled(upsert)
    tail = "ON CONFLICT (id) DO UPDATE SET title = excluded.title WHERE price < $9::BIGINT RETURNING id"
    assert sql == f"INSERT INTO painting ({COLUMNS}) VALUES ({PLACES}) {tail}"
    assert arguments == [*VALUES.values(), 9]


def test_a_change_gives_its_values_then_its_conditions_and_returns_rows() -> None:
    statement = update(Painting).where(by_id == ONE).values(price=col(Painting.price) + 5, palette=["B"]).returning(Painting)
    sql, arguments = compiled(statement)
    assert sql == f"UPDATE painting SET palette=$1::TEXT[], price=(price + $2::BIGINT) WHERE id = $3::UUID RETURNING {COLUMNS}"
    assert arguments == [["B"], 5, ONE]


def test_a_deletion() -> None:
    assert compiled(delete(Painting).where(by_id == ONE)) == ("DELETE FROM painting WHERE id = $1::UUID", [ONE])


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        (select(Painting), False),
        (select(Painting).with_for_update(), True),
        (select(Painting).with_for_update(read=True), True),
        (select(Painting).with_for_update(skip_locked=True, key_share=True), True),
        (insert(Painting).values(**VALUES), True),
        (update(Painting).values(price=1), True),
        (delete(Painting), True),
        (text("SELECT 1"), False),
    ],
    ids=str,
)
def test_what_writes_or_locks_says_so(statement: Any, writes: bool) -> None:
    assert prepare(statement, {})[0].writes is writes


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

RECORD = {**VALUES, "colour": "B", "palette": ["R", "B"]}


@pytest.mark.parametrize("statement", [select(Painting), update(Painting).values(price=1).returning(Painting)], ids=["select", "update"])
def test_a_row_of_a_table_is_an_instance_with_its_enums(statement: Any) -> None:
    make = prepare(statement, {})[0].row
    assert make is not None
    made = make(RECORD)
    assert isinstance(made, Painting)
    assert (made.colour, made.palette, made.id) == (Colour.blue, [Colour.red, Colour.blue], ONE)
    assert type(made.colour) is type(made.palette[0]) is Colour
    assert made.model_fields_set == RECORD.keys()
    assert instance_maker(Painting)({**RECORD, "colour": None, "palette": None}).colour is None


def test_two_rows_share_nothing() -> None:
    make = instance_maker(Painting)
    one, two = make(RECORD), make(RECORD)
    one.title = "other"
    one.model_fields_set.clear()
    assert (two.title, two.model_fields_set) == ("t", RECORD.keys())


@pytest.mark.parametrize(
    ("statement", "given"),
    [
        (select(Painting.title), "first"),
        (select(func.count()).select_from(Painting), "first"),
        (select(Painting.id, Painting.title), "record"),
        (update(Painting).values(price=1).returning(by_id), "first"),
        (update(Painting).values(price=1).returning(by_id, col(Painting.title)), "record"),
        (update(Painting).values(price=1), None),
        (delete(Painting), None),
        (text("SELECT 1"), None),
    ],
    ids=str,
)
def test_one_column_is_a_scalar_and_several_are_the_driver_s_record(statement: Any, given: str | None) -> None:
    make = prepare(statement, {})[0].row
    record = ("a", "b")
    assert (make and make(record)) == {"first": "a", "record": record, None: None}[given]


# ── What is kept, and what is refused ─────────────────────────────────────────────────────────────────────────────────────────────


def by_title(title: str, *, more: bool = False) -> Select[Any]:
    """A statement made anew, as operations make theirs."""
    statement = select(Painting.id).where(col(Painting.title) == title)
    return statement.where(col(Painting.price) == 1) if more else statement


def test_a_shape_is_compiled_once(by_shape: dict[Any, Any]) -> None:
    found = [prepare(by_title(title), {}) for title in ("a", "b")]
    assert found[0][0] is found[1][0]
    assert [arguments for _, arguments in found] == [["a"], ["b"]]
    assert prepare(by_title("a", more=True), {})[0] is not found[0][0]
    assert len(by_shape) == 2


def test_lists_of_every_length_have_one_shape(by_shape: dict[Any, Any]) -> None:
    for length in range(5):
        assert compiled(select(Painting.id).where(among(Painting.id, [ONE] * length)))[1] == [[ONE] * length]
    assert len(by_shape) == 1


def test_a_statement_with_named_binds_is_compiled_once_and_forgotten_with_it(by_shape: dict[Any, Any]) -> None:
    statement = select(Painting.id).where(by_id == bindparam("id"))
    before = len(statements._by_statement)
    found = [prepare(statement, {"id": value})[0] for value in (ONE, TWO)]
    assert found[0] is found[1]
    assert (len(statements._by_statement), len(by_shape)) == (before + 1, 0)
    del statement
    assert len(statements._by_statement) == before


def test_past_the_bound_the_oldest_shape_goes(monkeypatch: pytest.MonkeyPatch, by_shape: dict[Any, Any]) -> None:
    monkeypatch.setattr(statements, "MOST_SHAPES", 2)
    shapes = [by_title("x"), by_title("x", more=True), by_title("x").limit(1)]
    first, second, _ = [prepare(shape, {})[0] for shape in shapes]
    assert len(by_shape) == 2
    assert prepare(shapes[1], {})[0] is second
    again, arguments = prepare(shapes[0], {})
    assert again is not first
    assert (again.sql, arguments) == (first.sql, ["x"])


@pytest.mark.parametrize("parameters", [{}, {"other": 1}], ids=["by shape", "by identity"])
@pytest.mark.parametrize("value", [[ONE, TWO], [], bindparam("ids", expanding=True)], ids=["values", "no value", "a bind"])
def test_a_list_that_changes_the_text_is_refused(value: Any, parameters: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"écrire among\(colonne, valeurs\)"):
        prepare(select(Painting.id).where(by_id.in_(value)), parameters)


@pytest.mark.parametrize("parameters", [{}, {"id": 1}], ids=["by shape", "by identity"])
def test_a_default_of_python_s_that_nobody_would_compute_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="donner count"):
        prepare(insert(Visit).values(id=bindparam("id", 1)), parameters)
    assert prepare(insert(Visit).values(id=1, count=2), {})[1] == [1, 2]


def test_a_statement_without_a_shape_is_refused() -> None:
    several = insert(Painting).values([VALUES, {**VALUES, "id": TWO}])
    with pytest.raises(TypeError, match="pas de forme stable"):
        prepare(several, {})
    with pytest.raises(TypeError, match="pas de forme stable"):
        prepare(SimpleNamespace(_generate_cache_key=lambda: None), {})  # type: ignore[arg-type]  # a statement that SQLAlchemy does not cache
