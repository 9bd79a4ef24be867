"""What can be done with a staffing need. Locks are taken in one order: need, applications by their ids, assignments by their ids."""

from collections.abc import AsyncIterator, Collection, Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from services.contracts.access import SiteState, SiteStatus
from services.contracts.codes import OrganisationRole, Role
from services.contracts.recruitment import NeedStatus
from services.contracts.standing import Concealment
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.lookalikes import AGO, refuse_lookalike
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.french import counted, day_in_words
from services.kernel.base.periods import last_day
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid, member
from services.kernel.base.worked_days import DAY
from services.kernel.data.database import Database
from services.kernel.data.service import in_parts
from services.kernel.data.standing import follow, ground_of_site, owners_of, refuse_concealed
from services.recruitment_api.copies import ORGANISATIONS, SITES, active_organisation, concealed_by_site
from services.recruitment_api.needs import queries
from services.recruitment_api.needs.dates import check_assignments_within, check_prolonged
from services.recruitment_api.needs.endings import end_applications
from services.recruitment_api.needs.lifecycle import LIFECYCLE, OPERATIONS, PROLONGABLE, SEEKING, move
from services.recruitment_api.needs.queries import NEEDS
from services.recruitment_api.needs.schemas import NeedCreate, NeedLive, NeedPatch, NeedWrite, Prolongation
from services.recruitment_api.needs.tables import MOST_PROLONGATIONS, StaffingNeed
from services.recruitment_api.schemes import operations as schemes

EXPIRED_AT_ONCE = 100
"""Needs that one transaction expires: few, since it ends the applications to them too."""

CORRECTED = frozenset({"headcount", "urgency", "starts_on", "ends_on", "description", "expires_on"})
"""What a need that was published may say anew by `change`; its last day moves on by `prolong`."""

ALIKE = "L'employeur a déjà un besoin pour ce site, ce métier, ce nombre de postes et cette prise de poste, créé depuis moins de 24 heures."


class NeedNotDraft(Conflict):
    """Applications answer what was published: it is corrected within bounds, and what has ended stays as it is."""

    type = "need-not-draft"
    title = "Le besoin est déjà publié"
    told = "Le besoin a expiré : prolongez-le d'abord."


class HeadcountBelowFilled(Conflict):
    """A need keeps the posts that are filled: `filled_count` says how many."""

    type = "headcount-below-filled"
    title = "Des postes du besoin sont pourvus"
    told = "2 postes sont pourvus : gardez-en au moins 2, ou annulez d'abord des affectations."
    members = member("filled_count", int, "Postes du besoin déjà pourvus.", 2)


class NeedNotReady(Conflict):
    """A need lacks what its publication takes."""

    type = "need-not-ready"
    title = "Le besoin n'est pas prêt"
    told = "Le dernier jour de publication est passé : changez-le d'abord."


class NeedNotOpen(Conflict):
    """Applications go to needs that seek, and only they are answered by an assignment."""

    type = "need-not-open"
    title = "Le besoin ne cherche personne"
    told = "Le besoin est un brouillon : publiez-le d'abord."


class NoPostLeft(Conflict):
    """Every post of the need is filled."""

    type = "no-post-left"
    title = "Tous les postes sont pourvus"
    advice = "Ajoutez un poste au besoin (headcount), ou annulez d'abord une affectation."


class ProlongedTooOften(Conflict):
    """A need may be prolonged three times."""

    type = "need-prolonged-too-often"
    title = "Le besoin a déjà été prolongé trois fois"
    advice = "Créez un nouveau besoin pour les postes qui restent à pourvoir."


async def create(db: Database, body: NeedCreate, *, by: Principal, force: bool = False) -> StaffingNeed:
    """Creates a draft.

    Raises `Invalid` for an unknown organisation or site, `AlreadyExists` when the reference is taken, and `LooksTwice` unless it is
    forced.
    """
    organisation_id = _employer_of(body.organisation_id, by)
    employer = await active_organisation(db, organisation_id)
    if employer is None or OrganisationRole.employer not in employer.roles:
        said = "Cette organisation est inconnue, suspendue, fermée, ou n'est pas un employeur."
        raise invalid("#/organisation_id", "unknown_reference", said)
    site = await _site(db, body.site_id, organisation_id)
    await _check_scheme(db, body.scheme_id)
    if not force:
        same = {name: getattr(body, name) for name in ("site_id", "profession", "starts_on", "headcount")}
        await refuse_lookalike(
            db, StaffingNeed, {"organisation_id": organisation_id} | same, *queries.stands(clock.now() - AGO), said=ALIKE
        )
    given = body.model_dump(exclude={"organisation_id", "sector"})
    names: dict[str, Any] = {"organisation_name": employer.name, "site_name": site.name, "commune": site.commune}
    need = StaffingNeed(**given, **names, organisation_id=organisation_id, department=site.department, sector=body.sector or site.sector)
    return await db.save(need, event="recruitment.need.created", by=by)


async def change(db: Database, need_id: UUID, patch: NeedPatch, *, by: Principal, version: int) -> StaffingNeed:
    """Changes the fields that were sent: all of a draft; of a need that was published, `CORRECTED` (raises as `_correct` does)."""
    need = await NEEDS.load_for_change(db, need_id, by=by, version=version)
    if need.status is not NeedStatus.draft:
        return await _correct(db, need, patch, by=by)
    if not patched(need, patch, NeedWrite):
        return need
    if "site_id" in patch.model_fields_set:
        site = await _site(db, need.site_id, need.organisation_id)
        need.department, need.site_name, need.commune = site.department, site.name, site.commune
        organisations = await ORGANISATIONS.several(db, owners_of([site]))
        follow([need], lambda _: ground_of_site(site, organisations))
    if "scheme_id" in patch.model_fields_set:
        await _check_scheme(db, need.scheme_id)
    return await db.save(need, event="recruitment.need.changed", by=by)


async def publish(db: Database, need_id: UUID, *, by: Principal, version: int) -> StaffingNeed:
    """Publishes a draft. Raises `NeedNotReady` when its last day has passed, `Concealed`, `SchemeNotActive`."""
    need = await NEEDS.load_for_change(db, need_id, by=by, version=version)
    move(need, NeedStatus.open, only_from=NeedStatus.draft)
    if need.expires_on < clock.today():
        raise NeedNotReady("Le dernier jour de publication est passé : changez-le d'abord.")
    await _check_site_and_scheme(db, need)
    need.published_at = clock.now()
    return await db.save(need, event="recruitment.need.published", by=by)


async def cancel(db: Database, need_id: UUID, reason: str, *, by: Principal, version: int) -> StaffingNeed:
    """Cancels a need that seeks, with a reason, and ends the applications that wait for it; its assignments stand."""
    need = await NEEDS.load_for_change(db, need_id, by=by, version=version, lock=Lock.no_key_update)
    move(need, NeedStatus.cancelled)
    need.ended_on, need.status_reason = clock.today(), reason
    await db.save(need, event="recruitment.need.cancelled", by=by)
    await end_applications(db, [need], by=by)
    return need


async def prolong(db: Database, need_id: UUID, body: Prolongation, *, by: Principal, version: int) -> StaffingNeed:
    """Lets a need that seeks, or that has expired, seek until a later day.

    Raises `ProlongedTooOften` the fourth time, `Invalid` for a day gone by or no later than today's last, `Concealed`,
    `SchemeNotActive`.
    """
    need = await NEEDS.load_for_change(db, need_id, by=by, version=version)
    LIFECYCLE.require(need, *PROLONGABLE)
    if need.prolongation_count == MOST_PROLONGATIONS:
        raise ProlongedTooOften
    _check_day_to_come(body.expires_on)
    check_prolonged(need, body.expires_on)
    if need.status is NeedStatus.expired:
        move(need, NeedStatus.partially_filled if need.filled_count else NeedStatus.open)
    elif body.expires_on <= need.expires_on:
        until = day_in_words(need.expires_on)
        said = f"Le besoin est déjà publié jusqu'au {until} : dites un jour plus tardif ; pour l'avancer, changez le besoin."
        raise invalid("#/expires_on", "not_later", said)
    await _check_site_and_scheme(db, need)
    need.expires_on, need.ended_on = body.expires_on, None
    need.prolongation_count += 1
    return await db.save(need, event="recruitment.need.prolonged", by=by)


async def expire(db: Database, today: date) -> int:
    """Expires needs that seek after their last day, with the applications that wait for them; how many, at most `EXPIRED_AT_ONCE`."""
    needs = await db.fetch(queries.past(today, EXPIRED_AT_ONCE))
    for need in needs:
        move(need, NeedStatus.expired)
        need.ended_on = today
        await db.save(need, event="recruitment.need.expired", by=SYSTEM)
    await end_applications(db, needs, by=SYSTEM)
    return len(needs)


async def expire_all(db: Database) -> None:
    """Expires every need that is due."""
    await in_parts(db, lambda part: expire(part, clock.today()), EXPIRED_AT_ONCE)


async def load_seeking(db: Database, need_id: UUID, *, by: Principal) -> StaffingNeed:
    """The need of a new application, held as it is until that is there. Raises `Invalid`, `NeedNotOpen` or `Concealed`."""
    need = await NEEDS.cited(db, need_id, by=by, pointer="#/need_id", unknown="Ce besoin n'existe pas.", lock=Lock.share)
    if need.status in SEEKING:
        refuse_concealed(await concealment(db, need))
    if not seeks(need):
        raise _not_open(need)
    return need


async def load(db: Database, need_id: UUID) -> StaffingNeed:
    """The need of an application."""
    return await NEEDS.one(db, need_id, by=SYSTEM)


async def concealment(db: Database, need: StaffingNeed) -> Concealment | None:
    """Since when and why nothing is answered about a need, if so: it is concealed, or will be when it has followed its site."""
    return need.concealment or await concealed_by_site(db, need.site_id)


def seeks(need: StaffingNeed) -> bool:
    """Whether a need still seeks somebody, today."""
    return need.status in SEEKING and need.expires_on >= clock.today()  # the job that expires it may not have run yet


def _not_open(need: StaffingNeed) -> NeedNotOpen:
    """Why a need seeks nobody, and what to do."""
    match need.status:
        case NeedStatus.draft:
            return NeedNotOpen("Le besoin est un brouillon : publiez-le d'abord.")
        case NeedStatus.filled:
            return NeedNotOpen("Le besoin est pourvu : ajoutez-y un poste (headcount), ou choisissez-en un autre.")
        case NeedStatus.cancelled:
            return NeedNotOpen("Le besoin est annulé : choisissez-en un autre.")
    return NeedNotOpen(f"Le dernier jour du besoin ({day_in_words(need.expires_on)}) est passé : prolongez-le, ou choisissez-en un autre.")


@asynccontextmanager
async def take_post(db: Database, need_id: UUID, *, by: Principal) -> AsyncIterator[StaffingNeed]:
    """Fills one post, never one too many: the block saves who fills it, and its end saves the need.

    The last post ends the applications that still wait. Raises `NoPostLeft`, `NeedNotOpen` or `Concealed`.
    """
    rows = await db.fetch(queries.take_post(need_id, clock.today()))
    if not rows:
        refused = await NEEDS.one(db, need_id, by=SYSTEM)
        if refused.status in SEEKING:
            refuse_concealed(await concealment(db, refused))
        raise NoPostLeft if refused.filled_count == refused.headcount else _not_open(refused)
    need: StaffingNeed = rows[0]
    refuse_concealed(await concealment(db, need))
    yield need
    await db.save(need, event=f"recruitment.need.{need.status}", by=by)
    if need.status is NeedStatus.filled:
        await end_applications(db, [need], by=by)


async def free_post(db: Database, need_id: UUID, *, by: Principal) -> StaffingNeed:
    """Frees one filled post: the need seeks one more person, unless it has expired or was cancelled."""
    need = await db.one(queries.free_post(need_id))
    return await db.save(need, event="recruitment.need.post_freed", by=by)


async def read_live(db: Database, need_id: UUID, *, by: Principal) -> NeedLive:
    """Days of publication left, and what the caller may do today."""
    need = await NEEDS.one(db, need_id, by=by)
    is_shown = await concealment(db, need) is None
    left = max((need.expires_on - clock.today()).days + 1, 0) if is_shown and need.status in SEEKING else None
    return NeedLive(days_left=left, allowed_operations=await ALLOWED.now(db, need, by=by))


async def _correct(db: Database, need: StaffingNeed, patch: NeedPatch, *, by: Principal) -> StaffingNeed:
    """Corrects a need that was published: its posts may make it filled, or seek again; its assignments follow its urgency.

    Raises `NeedNotDraft` for what does not change any more, `HeadcountBelowFilled`, `Invalid`, `Concealed` or `SchemeNotActive`.
    """
    changes = {name for name in patch.model_fields_set if getattr(patch, name) != getattr(need, name)}
    _check_correction(need, patch, changes)
    posts = need.headcount
    if not patched(need, patch, NeedWrite):
        return need
    if bounds := changes & {"starts_on", "ends_on"}:
        with db.as_service():  # some are with who had the need before
            standing = await db.fetch(queries.confirmed_assignments(need.id))
        check_assignments_within(need, bounds, standing)
    if need.headcount > posts:
        await _check_site_and_scheme(db, need)  # more are sought, as at the publication
        if need.status is NeedStatus.filled:
            move(need, NeedStatus.partially_filled)
            need.ended_on = None
    elif need.headcount == need.filled_count and need.status is not NeedStatus.filled:
        move(need, NeedStatus.filled)
        need.ended_on = clock.today()
    await db.save(need, event="recruitment.need.changed", by=by)  # at the version that was read: no post was filled or freed meanwhile
    if need.headcount < posts and need.status is NeedStatus.filled:
        await end_applications(db, [need], by=by)
    if "urgency" in changes:
        await _realign_assignments(db, need, by=by)
    return need


def _check_correction(need: StaffingNeed, patch: NeedPatch, changes: AbstractSet[str]) -> None:
    if need.status is NeedStatus.expired:
        raise NeedNotDraft("Le besoin a expiré : prolongez-le d'abord.")
    if need.status is NeedStatus.cancelled:
        raise NeedNotDraft("Un besoin annulé ne change plus : créez-en un autre.")
    if kept := sorted(changes - CORRECTED):
        raise NeedNotDraft(f"Un besoin publié garde ce que disent {', '.join(kept)} : annulez-le, et créez-en un autre.")
    if "headcount" in changes and patch.headcount < need.filled_count:
        filled = counted(need.filled_count, "poste est pourvu", "postes sont pourvus")
        said = f"{filled} : gardez-en au moins {need.filled_count}, ou annulez d'abord des affectations."
        raise HeadcountBelowFilled(said, filled_count=need.filled_count)
    if "expires_on" in changes:
        _check_day_to_come(patch.expires_on)
        if patch.expires_on > need.expires_on:
            raise invalid("#/expires_on", "prolonged", "Pour chercher plus longtemps, prolongez le besoin (POST /v1/needs/{id}/prolong).")


def _check_day_to_come(day: date) -> None:
    if day < clock.today():
        today = day_in_words(clock.today())
        said = f"Le dernier jour de publication ({day_in_words(day)}) est passé : choisissez aujourd'hui, {today}, ou plus tard."
        raise invalid("#/expires_on", "in_the_past", said)


async def _realign_assignments(db: Database, need: StaffingNeed, *, by: Principal) -> None:
    """Saves the assignments of a need, which copy its urgency. Their need is held."""
    with db.as_service():  # some are with who had the need before
        assignments = await db.fetch(queries.assignments_of(need.id))
        for assignment in assignments:
            assignment.urgency = need.urgency
        await db.save_many(assignments, event="recruitment.assignment.realigned", by=by)


async def _site(db: Database, site_id: UUID, organisation_id: UUID) -> SiteState:
    found = await SITES.find(db, site_id)
    if found is None or found.organisation_id != organisation_id or found.status is not SiteStatus.active:
        raise invalid("#/site_id", "unknown_reference", "Ce site est inconnu, fermé ou d'une autre organisation.")
    return found


async def _check_site_and_scheme(db: Database, need: StaffingNeed) -> None:
    """Raises `Concealed` or `SchemeNotActive` when what a need stands on has ended."""
    refuse_concealed(await concealment(db, need))
    await _check_scheme(db, need.scheme_id)


async def _check_scheme(db: Database, scheme_id: UUID | None) -> None:
    if scheme_id is not None:
        await schemes.load_active(db, scheme_id)


def _employer_of(organisation_id: UUID | None, by: Principal) -> UUID:
    if by.has(Role.steering):
        if organisation_id is None:
            raise invalid("#/organisation_id", "missing", "Dites pour quel employeur.")
        return organisation_id
    own = by.organisation if by.has(Role.employer) else None
    if own is None or organisation_id not in (None, own):
        raise by.not_theirs("Un employeur ne publie que ses propres besoins.")
    return own


async def _refused_now(db: Database, need: StaffingNeed) -> Collection[str]:
    """A need seeks no more while it is concealed, and once its scheme has retired; nor longer a fourth time, or past its posts."""
    if await concealment(db, need) or not (need.scheme_id is None or await schemes.is_active(db, need.scheme_id)):
        return "publishNeed", "prolongNeed"
    longest = last_day(need.ends_on) - DAY if need.ends_on else None  # a need still seeks before the last day of its posts
    soonest = need.expires_on + DAY if need.status in SEEKING else clock.today()
    is_longest = longest is not None and longest < max(soonest, clock.today())
    return ("prolongNeed",) if is_longest or need.prolongation_count == MOST_PROLONGATIONS else ()


ALLOWED = AllowedOperations(NEEDS, OPERATIONS, refused=_refused_now)
