"""Which states exist: the newest class of every kind, and one upcaster a step from each older number."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from services.contracts.access import MembershipState, NoticeState, OrganisationState, PersonState, RevocationState, SiteState
from services.contracts.actions import ActionState, MilestoneState
from services.contracts.envelope import Event, State
from services.contracts.internships import OfferState, PlacementState, RequestState, UnitState
from services.contracts.recruitment import (
    ApplicationState,
    AssignmentState,
    CommitmentState,
    NeedState,
    SchemeEnvelopeState,
    SchemeState,
)

STATES: Mapping[str, type[State]] = {
    state.kind: state
    for state in (
        OrganisationState,
        SiteState,
        RevocationState,
        PersonState,
        MembershipState,
        NoticeState,
        ActionState,
        MilestoneState,
        UnitState,
        OfferState,
        RequestState,
        PlacementState,
        SchemeState,
        SchemeEnvelopeState,
        NeedState,
        ApplicationState,
        AssignmentState,
        CommitmentState,
    )
}


def _never_ended(data: dict[str, Any]) -> dict[str, Any]:
    """Until number 2, nothing ended with what it waited for."""
    return {**data, "ended_on": None, "why": None}


def _as_it_was(data: dict[str, Any]) -> dict[str, Any]:
    """Until then nothing had changed hands or been concealed, and fewer professions were known: what is not said is empty."""
    return data


def _without_parent(data: dict[str, Any]) -> dict[str, Any]:
    """Until number 2, no organisation depended on another."""
    return {**data, "parent_id": None}


def _never_suspended(data: dict[str, Any]) -> dict[str, Any]:
    """Until number 3, no organisation was suspended, none said as what it contributes, and who funds had no code."""
    return {**data, "contributor": None, "funder_code": None, "suspended_spells": [], "member_spells": []}


def _without_commune(data: dict[str, Any]) -> dict[str, Any]:
    """Until number 3, a site said its commune by its code alone."""
    return {**data, "commune": None}


def _end_never_moved(data: dict[str, Any]) -> dict[str, Any]:
    """Until number 2, changes of an action's planned end were not dated: it stands as if it had always been so."""
    return {**data, "ends_changes": []}


UPCASTERS: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {
    ("organisation", 1): _without_parent,
    ("organisation", 2): _never_suspended,
    ("site", 1): _as_it_was,
    ("site", 2): _without_commune,
    ("action", 1): _end_never_moved,
    ("unit", 1): _as_it_was,
    ("offer", 1): _as_it_was,
    ("request", 1): _never_ended,
    ("request", 2): _as_it_was,
    ("placement", 1): _as_it_was,
    ("need", 1): _as_it_was,
    ("application", 1): _never_ended,
    ("application", 2): _as_it_was,
    ("assignment", 1): _as_it_was,
}
"""(kind, number) → a function from the data of that number to the data of the next one."""


class UnknownState(Exception):
    """An event whose kind, or whose number, this release does not know: it waits in quarantine for a newer one."""


def schema_of(event: Event) -> tuple[str, int]:
    """The kind and the number that an event's `dataschema` names. Raises `UnknownState`."""
    kind, _, number = event.dataschema.rpartition("/")
    if not number.isdecimal():
        raise UnknownState(f"état inconnu : {event.dataschema}")
    return kind.removesuffix("-state"), int(number)


def read_state(event: Event) -> State:
    """The event's state in its newest shape. Raises `UnknownState`, or pydantic's `ValidationError`."""
    return newest_state(*schema_of(event), event.data)


def newest_state(kind: str, number: int, data: dict[str, Any] | str) -> State:
    """A state of some number, as data or as JSON text, in its newest shape. Raises as `read_state` does."""
    newest = STATES.get(kind)
    if newest is None:
        raise UnknownState(f"état inconnu : {kind}-state/{number}")
    if isinstance(data, str) and number == newest.number:
        return newest.model_validate_json(data)
    shape: dict[str, Any] = json.loads(data) if isinstance(data, str) else data
    while number < newest.number:
        upcast = UPCASTERS.get((kind, number))
        if upcast is None:
            raise UnknownState(f"aucun passage de {kind}-state/{number} à {kind}-state/{number + 1}")
        shape, number = upcast(shape), number + 1
    if number > newest.number:
        raise UnknownState(f"{kind}-state/{number} est plus récent que {newest.schema_name()}")
    return newest.model_validate(shape)
