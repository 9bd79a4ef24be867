"""An event off the wire: what it says of itself is checked against the message that carried it, and its state is read."""

from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import ValidationError

from services.contracts.envelope import Event, State
from services.contracts.registry import UnknownState, read_state
from services.kernel.data.service import Received

MOST_FAULTS = 5


class UnreadableError(Exception):
    """An event that this release cannot read, or that contradicts itself or its message; says why, for a person."""


def read(raw: Any, *, producer: str, kinds: AbstractSet[str]) -> Received:
    """An event with its state in the newest shape. `kinds` are those that the producer sends here. Raises `UnreadableError`."""
    try:
        event = Event.model_validate(raw)
        state = read_state(event)
    except UnknownState as error:
        raise UnreadableError(str(error)) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))} : {fault['msg']}" for fault in error.errors(include_input=False, include_url=False)]
        raise UnreadableError("données refusées : " + " ; ".join(faults[:MOST_FAULTS])) from error
    except Exception as error:  # an upcaster meets data of any shape
        raise UnreadableError(f"données illisibles : {type(error).__name__} : {error}") from error
    if contradiction := _contradiction(event, state, producer, kinds):
        raise UnreadableError(contradiction)
    return Received(event, state)


def _contradiction(event: Event, state: State, producer: str, kinds: AbstractSet[str]) -> str:
    kind = state.kind
    if event.source != f"/{producer}":
        return f"l'événement indique « {event.source} », son message vient de « /{producer} »"
    if kind not in kinds:
        return f"« {producer} » n'envoie pas d'état « {kind} » à ce service"
    if not event.type.startswith(f"{producer}.{kind}."):
        return f"le type « {event.type} » n'est pas celui d'un état « {kind} » de « {producer} »"
    if event.subject != str(state.id):
        return f"le sujet « {event.subject} » n'est pas l'entité {state.id} de l'état"
    if event.entityversion != state.version:
        return f"l'événement annonce la version {event.entityversion}, son état la version {state.version}"
    return ""
