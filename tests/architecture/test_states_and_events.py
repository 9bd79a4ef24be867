"""What services say to each other is kept for ever: an example of every state number, and the list of event types."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.contracts.access import RevocationState
from services.contracts.envelope import Contract, State
from services.contracts.registry import STATES as NEWEST, UPCASTERS, newest_state
from services.kernel.data.nouns import NOUNS
from services.kernel.data.privacy import Privacy, tags_of
from services.kernel.data.records import table_of
from services.kernel.events.copy_holdings import HeldCopies
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.plam import SERVICES
from tests.golden.snapshots import STATES, event_types, known_events, matches, state_hash, state_path

IRREGULAR = {
    "sent_back",
    "taken",
    "withdrawn",
    "frozen",
    "unfrozen",
    "begun",
    "built",
    "held",
    "kept",
    "lost",
    "met",
    "paid",
    "put",
    "sent",
    "set",
    "won",
}
FILES = sorted(STATES.glob("*.json"))
KINDS = sorted(NEWEST)


def example(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_of_a_state_has_its_example(kind: str) -> None:
    state = NEWEST[kind]
    assert [state_path(state, number).name for number in range(1, state.number + 1) if not state_path(state, number).exists()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_state_takes_the_next_number(kind: str) -> None:
    state = NEWEST[kind]
    assert example(state_path(state))["schema"] == state_hash(state), (
        f"{kind}-state/{state.number} has changed: number {state.number + 1}, with an upcaster"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_but_the_newest_has_its_upcaster(kind: str) -> None:
    assert {number for known, number in UPCASTERS if known == kind} == set(range(1, NEWEST[kind].number))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_of_any_number_is_read_today(path: Path) -> None:
    kind, _, number = path.stem.rpartition("-")
    data = example(path)["state"]
    for given in (data, json.dumps(data)):
        state = newest_state(kind, int(number), given)
        assert isinstance(state, NEWEST[kind])
        assert str(state.id) == data["id"]
        if int(number) == state.number:
            assert json.loads(state.model_dump_json()) == data, "an example tells every field, as it is written on the wire"


def test_no_example_is_of_a_state_that_never_was() -> None:
    assert {path.stem.rpartition("-")[0] for path in FILES} <= set(KINDS)


class Before(State):
    """A state."""

    name: str


class Described(State):
    """The same state, said in other words."""

    name: str


class After(State):
    """The state with another field."""

    name: str
    age: int | None = None


class Inner(Contract):
    title: str


class Titled(State):
    title: str
    inner: Inner


def test_the_hash_sees_fields_and_not_words() -> None:
    assert state_hash(Before) == state_hash(Described)
    assert state_hash(Before) != state_hash(After)
    assert state_hash(Titled) != state_hash(Before)
    assert state_hash(Titled) != state_hash(type("Titled", (State,), {"__annotations__": {"inner": Inner}, "__module__": __name__}))


# ── Event types ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_event_types_are_those_that_are_known() -> None:
    types, patterns = event_types()
    known = set(known_events())
    assert types - known == set(), "python -m tests.golden, and read the difference"
    unsaid = {event for event in known - types if not any(matches(pattern, event) for pattern in patterns)}
    assert unsaid == set(), "nobody says these any more: python -m tests.golden"
    assert {pattern for pattern in patterns if not any(matches(pattern, event) for event in known)} == set()


def test_event_types_are_sorted_and_unique() -> None:
    assert known_events() == sorted(set(known_events()))


@pytest.mark.parametrize("event", known_events())
def test_an_event_is_named_after_what_happened(event: str) -> None:
    service, noun, happened = event.split(".")
    assert service in {each.name for each in SERVICES}
    assert noun in NEWEST
    assert happened in IRREGULAR or happened.endswith("ed"), "a past participle"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_what_a_service_sends_is_known(service: Any) -> None:
    names = {each.name for each in SERVICES}
    assert set(service.consumers) <= names - {service.name}
    for kinds in service.consumers.values():
        assert kinds <= set(KINDS)
        said = {event.split(".")[1] for event in known_events() if event.startswith(f"{service.name}.")}
        assert kinds <= said, "a consumer waits for what nobody says"


def sent_to(consumer: str) -> set[str]:
    return {kind for service in SERVICES for kind in service.consumers.get(consumer, ())}


def test_what_an_indicator_reads_is_sent_to_the_observatory() -> None:
    assert {state.kind for state in CATALOGUE.feeds} <= sent_to("observatory")


@pytest.mark.parametrize("service", [each for each in SERVICES if isinstance(each.holdings, HeldCopies)], ids=lambda service: service.name)
def test_a_service_keeps_a_copy_of_each_kind_that_it_is_sent(service: Any) -> None:
    assert {*service.holdings.kinds, RevocationState.kind} == sent_to(service.name)


@pytest.mark.parametrize("service", [service for service in SERVICES if service.name != "access"], ids=lambda service: service.name)
def test_every_service_hears_what_is_revoked(service: Any) -> None:
    assert RevocationState.kind in sent_to(service.name)


def about_persons(*, pseudonymous: bool) -> set[tuple[str, str]]:
    """(service, kind) of the states about a person, by how their events name it."""
    nouns = [noun for noun in NOUNS.values() if noun.personal and noun.pseudonymous is pseudonymous and noun.state]
    return {(table_of(noun.table).schema or "", noun.state.kind) for noun in nouns if noun.state}


def test_pseudonyms_are_known_to_the_observatory_alone() -> None:
    """`plam rotate` gives facts their new pseudonyms: a copy of a person would keep the previous one."""
    persons = about_persons(pseudonymous=True)
    assert persons
    for service in SERVICES:
        for consumer, kinds in service.consumers.items():
            assert consumer == "observatory" or not {kind for owner, kind in persons if owner == service.name} & kinds


def test_who_is_named_by_their_own_id_is_never_told_to_the_observatory() -> None:
    persons = about_persons(pseudonymous=False)
    assert {kind for _, kind in persons} == {"person", "membership"}
    assert not sent_to("observatory") & {kind for _, kind in persons}


def test_copies_of_persons_are_as_guarded_as_persons() -> None:
    kinds = {f"{kind}_copy" for _, kind in about_persons(pseudonymous=False)}
    copies = [table for service in SERVICES for table in service.metadata.sorted_tables if table.name in kinds]
    assert copies
    assert {privacy for table in copies for privacy in tags_of(table).values()} == {Privacy.personal}
