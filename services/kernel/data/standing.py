"""What stands on something else: it takes over who has it and when it was concealed, dated. What several services share of that.

A site's units and needs stand on the site, an offer on its unit, a request on its offer, an application on its need; a site, on the
organisations that have had it. Each row holds what it stands on says, from the row's own first day on: whatever was missed, told twice or
told late, comes to the same.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import zip_longest
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, and_, false, func, literal_column, or_
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel, col

from services.contracts.access import OrganisationState, SiteState, SiteStatus
from services.contracts.standing import ConcealedWhy, Concealment, Owner, blocks, concealments_from, owners_from
from services.kernel.base import clock
from services.kernel.base.clock import day_of
from services.kernel.base.problems import Conflict, member
from services.kernel.data.columns import internal

NONE = {"server_default": "[]"}
OWNERS_SAID_FROM = 2
"""The number of a site's state from which on it says who has had it: a copy heard before waits for `plam resync`."""


class Owned(SQLModel):
    """The organisations that have had a row, `[{organisation_id, since}]`: empty until it changes hands."""

    owners: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs=NONE)


class Concealable(SQLModel):
    """When a row was concealed, `[{from, until, why}]`: half-open, without an end while it lasts."""

    concealed: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs=NONE)

    @property
    def concealments(self) -> tuple[Concealment, ...]:
        """The same, read."""
        return tuple(map(Concealment.model_validate, self.concealed))

    @property
    def concealment(self) -> Concealment | None:
        """Since when and why it is concealed now, if it is."""
        return next((one for one in self.concealments if one.until is None), None)


def conceal(row: Concealable, why: ConcealedWhy) -> None:
    """Conceals a row from today on."""
    begun = Concealment(since=clock.today(), until=None, why=why)
    row.concealed = [*row.concealed, begun.model_dump(mode="json")]


def reveal(row: Concealable, why: ConcealedWhy) -> None:
    """Ends today what a row is concealed for."""
    ended = [one if one.until or one.why is not why else one.model_copy(update={"until": clock.today()}) for one in row.concealments]
    row.concealed = [one.model_dump(mode="json") for one in ended if one.since != one.until]


class Concealed(Conflict):
    """Nothing is answered about what is concealed; `concealed` says since when and why."""

    type = "concealed"
    title = "Rien ne peut recevoir de réponse pour l'instant"
    told = "Le site est fermé : le pilotage peut le rouvrir. D'ici là, on peut annuler ou retirer, non répondre."
    members = member("concealed", Concealment, "Depuis quand, jusqu'à quand et pourquoi rien n'y est répondu.")


WHAT_TO_DO: Mapping[ConcealedWhy, str] = {
    ConcealedWhy.organisation_suspended: (
        "L'organisation est suspendue : le pilotage peut la rétablir. D'ici là, on peut annuler ou retirer, non répondre."
    ),
    ConcealedWhy.site_closed: "Le site est fermé : le pilotage peut le rouvrir. D'ici là, on peut annuler ou retirer, non répondre.",
    ConcealedWhy.unit_suspended: "Le terrain de stage est suspendu : l'organisation d'accueil peut le reprendre, puis répondre.",
}


def refuse_concealed(concealed: Concealment | None) -> None:
    """Raises `Concealed`, with what to do, for what is concealed."""
    if concealed is not None:
        raise Concealed(WHAT_TO_DO[concealed.why], concealed=concealed.model_dump(mode="json"))


class Ground(NamedTuple):
    """What a row stands on says: who has it, who has had it, when it was concealed."""

    organisation_id: UUID
    owners: tuple[Owner, ...]
    concealed: tuple[Concealment, ...]


def ground_of(row: Any) -> Ground:
    """What a row says to those that stand on it."""
    return Ground(row.organisation_id, tuple(map(Owner.model_validate, row.owners)), row.concealments)


def concealment_of_site(site: SiteState | None) -> Concealment | None:
    """Since when a site conceals what stands there, if it does; one that was never heard of does, since ever."""
    if site is None:
        return Concealment(since=clock.today(), until=None, why=ConcealedWhy.site_closed)
    if site.status is not SiteStatus.closed:
        return None
    since = day_of(site.history[-1].at) if site.history else clock.today()
    return Concealment(since=since, until=None, why=ConcealedWhy.site_closed)


def suspension_of(organisation: OrganisationState | None) -> Concealment | None:
    """Since when an organisation conceals what it shows, if it does; one that was never heard of does not."""
    return next((one for one in suspensions_of(organisation) if one.until is None), None)


def suspensions_of(organisation: OrganisationState | None) -> tuple[Concealment, ...]:
    """When an organisation conceals what it shows: while it is suspended, itself or by the one on which it depends."""
    spells = organisation.suspended_spells if organisation else ()
    return tuple(Concealment(since=one.since, until=one.until, why=ConcealedWhy.organisation_suspended) for one in spells)


def owners_of(sites: Iterable[SiteState]) -> Collection[UUID]:
    """The organisations that have some sites, or have had them."""
    return {
        organisation_id for site in sites for organisation_id in (site.organisation_id, *(each.organisation_id for each in site.owners))
    }


def ground_of_site(site: SiteState, organisations: Mapping[UUID, OrganisationState]) -> Ground:
    """What a site says: it conceals what stands there while it is closed, or an organisation suspended that has it (of `owners_of`)."""
    ends = [day_of(step.at) for step in site.history[1:]]
    closed = tuple(
        Concealment(since=day_of(step.at), until=end, why=ConcealedWhy.site_closed)
        for step, end in zip_longest(site.history, ends)
        if step.status == SiteStatus.closed
    )
    return Ground(site.organisation_id, site.owners, in_order(closed, _suspended(site, organisations)))


def _suspended(site: SiteState, organisations: Mapping[UUID, OrganisationState]) -> Sequence[Concealment]:
    """Each owner's suspensions, as long as it had the site; the first had it before what is dated."""
    owners = [owner.organisation_id for owner in site.owners] or [site.organisation_id]
    bounds = [date.min, *(owner.since for owner in site.owners[1:])]
    return [
        one.model_copy(update={"since": max(one.since, start), "until": min(filter(None, (one.until, end)), default=None)})
        for owner, start, end in zip_longest(owners, bounds, bounds[1:])
        for one in suspensions_of(organisations.get(owner))
        if (end is None or one.since < end) and (one.until is None or one.until > start)
    ]


def in_order(*concealed: Iterable[Concealment]) -> tuple[Concealment, ...]:
    """Several lists in one, by day; the suspensions of organisations as periods that neither overlap nor touch."""
    every = [one for each in concealed for one in each]
    suspended = [one for one in every if one.why is ConcealedWhy.organisation_suspended]
    others = [one for one in every if one.why is not ConcealedWhy.organisation_suspended]
    merged = [Concealment(since=since, until=until, why=ConcealedWhy.organisation_suspended) for since, until in blocks(suspended)]
    order = list(ConcealedWhy)
    return tuple(sorted((*merged, *others), key=lambda one: (one.since, order.index(one.why))))


R = TypeVar("R", bound=Concealable)


def follow(rows: Iterable[R], ground: Callable[[R], Ground], stood_still: Callable[[R, int], None] | None = None) -> Mapping[str, list[R]]:
    """Makes rows say what they stand on says; those that change, to be saved, by what happened: transferred, concealed, revealed.

    `stood_still` is told for how many days nothing could be done with a row that is revealed.
    """
    changed: dict[str, list[R]] = {}
    for row in rows:
        happened, days = _follow(row, ground(row))
        if happened:
            changed.setdefault(happened, []).append(row)
        if days and stood_still:
            stood_still(row, days)
    return changed


def _follow(row: Any, ground: Ground) -> tuple[str, int]:
    start = day_of(datetime.fromisoformat(row.history[0]["at"]))
    before, concealed = row.concealments, concealments_from(ground.concealed, start)
    happened, is_owned = "", isinstance(row, Owned)
    if concealed != before:
        row.concealed = [one.model_dump(mode="json") for one in concealed]
        happened = "concealed" if any(one.until is None for one in concealed) else "revealed"
    if is_owned and row.organisation_id != ground.organisation_id:
        row.owners = [owner.model_dump(mode="json") for owner in _owners(row, ground, start)]
        row.organisation_id = ground.organisation_id
        happened = "transferred"
    return happened, _days(concealed) - _days(before)


def _owners(row: Any, ground: Ground, start: date) -> Sequence[Owner]:
    told = owners_from(ground.owners, start)
    if told and told[-1].organisation_id == ground.organisation_id:
        return told
    known = tuple(map(Owner.model_validate, row.owners)) or (Owner(organisation_id=row.organisation_id, since=start),)
    return *known, Owner(organisation_id=ground.organisation_id, since=clock.today())


def _days(concealed: Sequence[Concealment]) -> int:
    return sum((end - start).days for start, end in blocks(concealed) if end is not None)


# ── Conditions ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def concealed_now(row: Any) -> ColumnElement[bool]:
    """The condition that a row is concealed."""
    return col(row.concealed).op("@>", is_comparison=True)(literal_column("""'[{"until": null}]'::jsonb"""))


def suspended_now(organisation: Any) -> ColumnElement[bool]:
    """The condition that a copy of an organisation, if there is one, says that it is suspended."""
    open_ = organisation.c.suspended_spells.op("@>", is_comparison=True)(literal_column("""'[{"until": null}]'::jsonb"""))
    return func.coalesce(open_, false(), type_=Boolean())


def behind_site(row: Any, site: Any, organisation: Any, *, conceals: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a row says otherwise than the copies of its site, and of the organisation that has it (if there is one).

    `conceals`: that the row is one that they conceal.
    """
    told = {ConcealedWhy.site_closed: site.c.status == SiteStatus.closed, ConcealedWhy.organisation_suspended: suspended_now(organisation)}
    hidden = [(_hidden(row, why), tells) for why, tells in told.items()]
    otherwise = or_(*(or_(and_(now, ~tells), and_(tells, ~now, conceals)) for now, tells in hidden))
    return and_(site.c.state_number >= OWNERS_SAID_FROM, or_(col(row.organisation_id) != site.c.organisation_id, otherwise))


def behind(row: Any, other: Any, *, conceals: ColumnElement[bool], suspended: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """The condition that a row is not concealed as what it stands on is; `conceals`: that it is one that is concealed with it.

    `suspended`: that an organisation conceals it, too, which `other` is not concerned with.
    """
    told = {why: _hidden(other, why) for why in ConcealedWhy}
    if suspended is not None:
        told[ConcealedWhy.organisation_suspended] = or_(told[ConcealedWhy.organisation_suspended], suspended)
    differs = or_(*(_hidden(row, why) != tells for why, tells in told.items()))
    return and_(differs, or_(conceals, concealed_now(row)))


def _hidden(row: Any, why: ConcealedWhy) -> ColumnElement[bool]:
    because: ColumnElement[Any] = literal_column(f"""'[{{"until": null, "why": "{why.value}"}}]'::jsonb""")
    return col(row.concealed).op("@>", is_comparison=True)(because)
