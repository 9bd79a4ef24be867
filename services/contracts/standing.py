"""Who has had something, when it was concealed, and other periods: dated lists that the states of several nouns carry."""

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from pydantic import ConfigDict, Field

from services.contracts.envelope import Contract, Day
from services.contracts.labelled import Labelled


class Spell(Contract):
    """Une période, fin exclue ; sans fin tant qu'elle dure."""

    since: Day = Field(description="Depuis ce jour.")
    until: Day | None = Field(description="Jusqu'à ce jour, exclu ; aucun tant qu'elle dure.")


class Owner(Contract):
    """Une organisation, et le jour depuis lequel elle a ce qui la nomme ; jusqu'au jour de la suivante."""

    organisation_id: UUID = Field(description="Organisation.")
    since: Day = Field(description="Depuis ce jour.")


class ConcealedWhy(Labelled):
    """Pourquoi rien n'est montré ni répondu : organisation suspendue, site fermé, terrain de stage suspendu."""

    organisation_suspended = "organisation_suspended", "Organisation suspendue"
    site_closed = "site_closed", "Site fermé"
    unit_suspended = "unit_suspended", "Terrain de stage suspendu"


class Concealment(Contract):
    """Une période où rien n'est montré ni répondu, fin exclue ; sans fin tant qu'elle dure."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    since: Day = Field(alias="from", description="Depuis ce jour.")
    until: Day | None = Field(description="Jusqu'à ce jour, exclu ; aucun tant qu'elle dure.")
    why: ConcealedWhy = Field(description="Motif.")


def owners_from(owners: Sequence[Owner], start: date) -> tuple[Owner, ...]:
    """Who has had something from a day on: whoever had it that day, and those who came after."""
    kept = [owner for owner in owners if owner.since <= start][-1:] + [owner for owner in owners if owner.since > start]
    return tuple(owner.model_copy(update={"since": max(owner.since, start)}) for owner in kept)


def handed_over(owners: Sequence[Owner], to: UUID, on: date) -> tuple[Owner, ...]:
    """Who has had something, once an organisation has it from a day on: what was said from that day on no longer holds."""
    kept = tuple(owner for owner in owners if owner.since < on)
    return kept if kept and kept[-1].organisation_id == to else (*kept, Owner(organisation_id=to, since=on))


def concealments_from(concealed: Sequence[Concealment], start: date) -> tuple[Concealment, ...]:
    """When something was concealed from a day on, in the order given; what lasted no day is left out."""
    clipped = [one.model_copy(update={"since": max(one.since, start)}) for one in concealed]
    return tuple(one for one in clipped if one.until is None or one.since < one.until)


def blocks(concealed: Sequence[Concealment]) -> Iterator[tuple[date, date | None]]:
    """The same as periods that neither overlap nor touch, in order, whatever their reasons."""
    start: date | None = None
    end: date | None = None
    for one in sorted(concealed, key=lambda each: each.since):
        if start is None:
            start, end = one.since, one.until
        elif end is not None and one.since > end:
            yield start, end
            start, end = one.since, one.until
        elif end is not None:
            end = None if one.until is None else max(end, one.until)
    if start is not None:
        yield start, end
