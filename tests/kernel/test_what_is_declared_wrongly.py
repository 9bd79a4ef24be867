"""A noun, copy, list or route that would lose something in silence is refused where it is declared, in a sentence that names its file."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from fastapi import Body, Cookie, Depends, Header, Query, Request, Response
from pydantic import BaseModel, create_model
from sqlalchemy import MetaData, Text as SaText, select
from sqlmodel import Field, col

from services.actions_api.actions.tables import Action
from services.actions_api.milestones.tables import Milestone
from services.contracts.actions import ActionState, ActionStatus
from services.contracts.codes import Department, Role
from services.contracts.envelope import Contract, Count, Day, Instant, Several, State, Text
from services.kernel.api.auth import allow
from services.kernel.api.paging import ListQuery
from services.kernel.api.reading import Reading
from services.kernel.api.rights import Rights, own
from services.kernel.api.routing import router
from services.kernel.data import statements
from services.kernel.data.columns import personal, sensitive
from services.kernel.data.nouns import NOUNS, Noun, Resource
from services.kernel.data.records import Record, with_history
from services.kernel.data.walls import WALLED, Wall
from services.kernel.events.copies import copy_of


class ColourQuery(ListQuery):
    """A list's query."""

    colour: str | None = None
    live: bool = False


def by_colour(value: Any) -> Any:
    """A filter."""
    return col(Action.title) == value


def test_a_list_whose_every_field_is_answered_is_accepted() -> None:
    Reading(Action, ColourQuery, {"colour": by_colour}, answered=("live",))


@pytest.mark.parametrize(
    ("filters", "answered", "said"),
    [
        ({}, ("live",), "aucun filtre ne répond à colour"),
        ({"colour": by_colour}, (), "aucun filtre ne répond à live"),
        ({"colour": by_colour, "shape": by_colour}, ("live",), "rien n'y demande shape"),
        ({"colour": by_colour}, ("live", "size"), "rien n'y demande size"),
        ({"colour": by_colour}, ("live", "colour"), "colour a deux réponses"),
    ],
)
def test_a_field_of_a_query_that_nobody_answers_is_refused_and_the_reverse(
    filters: dict[str, Any], answered: tuple[str, ...], said: str
) -> None:
    with pytest.raises(TypeError, match=f"test_what_is_declared_wrongly.py : ColourQuery : {said}"):
        Reading(Action, ColourQuery, filters, answered=answered)


def test_a_field_of_a_document_or_of_a_state_that_no_column_bears_is_refused() -> None:
    noun = NOUNS[Action]
    wider = create_model("Wider", __base__=noun.document, __module__=__name__, colour=(str | None, None))
    with pytest.raises(TypeError, match=r"test_what_is_declared_wrongly.py : Wider montre colour, que Action n'a pas"):
        Noun(Action, wider, ActionState)
    state = create_model("WiderState", __base__=ActionState, __module__=__name__, colour=(str | None, None))
    with pytest.raises(TypeError, match="WiderState montre colour"):
        Noun(Action, noun.document, state)
    assert NOUNS[Action] is noun


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Field(sa_type=SaText, default=""), r"Tried\d+ : colour n'est ni public, ni internal, ni personal, ni sensitive"),
        (personal(SaText, default=""), r"Tried\d+ : l'état publié montre colour, qui est personal"),
        (sensitive(SaText, default=""), r"Tried\d+ : l'état publié montre colour, qui est sensitive"),
    ],
    ids=["untagged", "personal", "sensitive"],
)
def test_a_column_without_a_tag_is_refused_and_one_of_a_person_that_an_event_would_tell(column: Any, said: str) -> None:
    named = {"__tablename__": "tried", "metadata": MetaData(schema="tried"), "__module__": __name__, "__annotations__": {"colour": str}}
    metaclass: Any = type(Record)
    tried = metaclass(f"Tried{id(column)}", (Record,), {**named, "colour": column}, table=True)
    with_history(tried)
    state = create_model("TriedState", __base__=State, colour=(str, ""))
    with pytest.raises(TypeError, match=f"tests/kernel/test_what_is_declared_wrongly.py : {said}"):
        Noun(tried, Resource, state)
    assert tried not in NOUNS


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ({"personal": True}, r"a un mur \(wall\) s'il est personal ou confidential, et sinon aucun"),
        ({"confidential": True}, r"a un mur \(wall\) s'il est personal ou confidential, et sinon aucun"),
        ({"wall": Wall()}, r"a un mur \(wall\) s'il est personal ou confidential, et sinon aucun"),
        ({"confidential": True, "wall": Wall(("owner_id",))}, "le mur nomme owner_id, que la table n'a pas"),
        ({"confidential": True, "wall": Wall(department="status")}, r"les rôles qui passent par lui \(within\), ou ni l'un ni les autres"),
    ],
    ids=["personal", "confidential", "unmarked", "unknown column", "nobody within"],
)
def test_a_noun_that_is_guarded_says_by_which_wall_and_no_other_has_one(marks: dict[str, Any], said: str) -> None:
    noun = NOUNS[Milestone]
    with pytest.raises(TypeError, match=said):
        Noun(Milestone, noun.document, **marks)
    assert NOUNS[Milestone] is noun
    assert "actions.milestone" not in WALLED


class Shown(Contract):
    """A shape within a state."""

    title: str


class ThingState(State):
    """A state with a field of each kind that a copy holds, and of some that none does."""

    kind: ClassVar[str] = "thing"
    number: ClassVar[int] = 1

    owner_id: UUID
    name: str
    axis: Text | None = None
    status: ActionStatus
    departments: Several[Department]
    words: list[str]
    counted: bool
    weight: Count
    due: Day | None
    seen_at: Instant
    shown: Shown
    several: Several[Shown]
    counts: tuple[int, ...]
    either: str | int
    local: datetime
    share: float
    anything: Any = None


def test_a_copy_has_a_column_a_field_of_the_type_that_the_state_says() -> None:
    names = ("status", "owner_id", "name", "axis", "departments", "words", "counted", "weight", "due", "seen_at", "several", "history")
    copy = copy_of(ThingState, MetaData(schema="toys"), *names)
    assert (copy.table.fullname, copy.fields) == ("toys.thing_copy", ("id", "version", *names))
    columns = {column.name: (column.type.compile(statements.DIALECT), column.nullable) for column in copy.table.columns}
    assert list(columns) == ["id", "version", "state_number", *names], "in the order of their naming"
    assert columns == {
        "id": ("UUID", False),
        "version": ("BIGINT", False),
        "state_number": ("SMALLINT", False),
        "status": ("TEXT", False),
        "owner_id": ("UUID", False),
        "name": ("TEXT", False),
        "axis": ("TEXT", True),
        "departments": ("TEXT[]", False),
        "words": ("TEXT[]", False),
        "counted": ("BOOLEAN", False),
        "weight": ("BIGINT", False),
        "due": ("DATE", True),
        "seen_at": ("TIMESTAMP WITH TIME ZONE", False),
        "several": ("JSONB", False),
        "history": ("JSONB", False),
    }


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("name", "colour"), "n'a pas colour, que toys veut copier"),
        (("kind",), "n'a pas kind"),
        (("name", "axis", "name"), "toys copie deux fois name"),
        (("version",), "toys copie deux fois version"),
        (("shown",), "shown est de type"),
        (("counts",), "counts est de type"),
        (("either",), "either est de type"),
        (("local",), "local est de type"),
        (("share",), "share est de type"),
        (("anything",), "anything est de type"),
    ],
    ids=lambda given: given[-1] if isinstance(given, tuple) else "",
)
def test_a_copy_of_what_the_state_has_not_or_no_column_holds_is_refused(names: tuple[str, ...], said: str) -> None:
    metadata = MetaData(schema="toys")
    with pytest.raises(TypeError, match=f"test_what_is_declared_wrongly.py : ThingState.* {said}"):
        copy_of(ThingState, metadata, *names)
    assert not metadata.tables


class Item(BaseModel):
    """A body."""

    name: str


async def listed(words: Annotated[list[str], Query()]) -> Response:
    """Several words."""
    return Response(",".join(words))


async def optional_list(words: Annotated[list[str] | None, Query()] = None) -> Response:
    """Perhaps several words."""
    return Response(str(words))


async def listed_header(words: Annotated[list[str], Header()]) -> Response:
    """Several headers."""
    return Response(",".join(words))


async def embedded(item: Annotated[Item, Body(embed=True)]) -> Response:
    """A body under a name."""
    return Response(item.name)


async def plain_body(name: Annotated[str, Body()]) -> Response:
    """A body that is no model."""
    return Response(name)


async def cookie(name: Annotated[str, Cookie()]) -> Response:
    """A cookie."""
    return Response(name)


async def two_models(query: Annotated[ListQuery, Query()], word: str) -> Response:
    """A model of the whole query beside a word of it."""
    return Response(f"{query.limit} {word}")


def blocking(word: str) -> Response:
    """A function that would block the event loop."""
    return Response(word)


@pytest.mark.parametrize(
    "endpoint",
    [listed, optional_list, listed_header, embedded, plain_body, cookie, two_models, blocking],
    ids=lambda function: function.__name__,
)
def test_a_kind_of_parameter_that_is_not_served_is_refused(endpoint: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=f"test_what_is_declared_wrongly.py : {endpoint.__name__} : "):
        router("/v1/things", "things", "Choses", "Des choses.").add_api_route("/{thing_id}", endpoint, methods=["POST"], operation_id="x")


async def ring(_request: Request) -> None:
    """A dependency for its effect alone."""


async def served(
    request: Request, *, thing_id: UUID, item: Item, kind: Literal["a", "b"], word: str | None = None, tag: Annotated[str, Header()] = ""
) -> Response:
    """Every kind that is served."""
    return Response(f"{request.method} {thing_id} {item} {kind} {word} {tag}")


def test_a_dependency_without_a_name_is_refused() -> None:
    routes = router("/v1/things", "things", "Choses", "Des choses.")
    routes.add_api_route("/{thing_id}", served, methods=["POST"], operation_id="x")
    with pytest.raises(TypeError, match=r"served : une dépendance sans nom"):
        routes.add_api_route("/{thing_id}/again", served, methods=["POST"], operation_id="y", dependencies=[Depends(ring)])


@pytest.mark.parametrize(
    "granted",
    [(), (Role.reader, Role.reader), (Role.steering, own(Role.steering)), (own(Role.employer), own(Role.employer))],
)
def test_a_right_that_gives_nothing_is_refused(granted: tuple[Role | Rights, ...]) -> None:
    with pytest.raises(TypeError, match="Un droit ne dit rien"):
        allow(*granted)


def test_statements_of_ever_new_shapes_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_SHAPES", 5)
    monkeypatch.setattr(statements, "_by_shape", {})
    for number in range(20):
        compiled, arguments = statements.prepare(select(col(Action.title).label(f"title_{number}")).where(col(Action.ref) == "A"), {})
        assert (f"title_{number}" in compiled.sql, arguments) == (True, ["A"])
    assert len(statements._by_shape) == 5
