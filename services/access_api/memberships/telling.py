"""Who is told of a membership: who is invited or answered, the managers who are asked. By references: no notice names anybody."""

from services.access_api.memberships.tables import Membership
from services.access_api.notices.operations import tell
from services.access_api.organisations.tables import Organisation
from services.contracts.access import MembershipStatus, NoticeTopic, Recipient
from services.kernel.data.database import Database


async def tell_invited(db: Database, membership: Membership, organisation: Organisation) -> None:
    """Tells a person that they are invited: at once, since they wait for nothing else."""
    await tell(
        db,
        NoticeTopic.membership_invited,
        to=[Recipient(person_id=membership.person_id)],
        title="Vous êtes invité à agir pour une organisation",
        lines=[_reference(organisation), _roles(membership), "Acceptez l'invitation, ou mettez-y fin si vous n'en voulez pas."],
        path=_path(membership),
        key=f"membership:{membership.id}:invited",
        urgent=True,
    )


async def tell_managers(db: Database, membership: Membership, organisation: Organisation) -> None:
    """Tells those who run an organisation's memberships that somebody asks for one."""
    await tell(
        db,
        NoticeTopic.membership_requested,
        to=[Recipient(organisation_id=organisation.id, managers=True)],
        title="Une personne demande à agir pour votre organisation",
        lines=[_reference(organisation), _roles(membership), "Approuvez la demande, ou refusez-la avec un motif."],
        path=_path(membership),
        key=f"membership:{membership.id}:requested",
    )


async def tell_answered(db: Database, membership: Membership) -> None:
    """Tells a person what became of their request; the reason, which may name somebody, is read where they sign in."""
    accepted = membership.status is MembershipStatus.active
    await tell(
        db,
        NoticeTopic.membership_answered,
        to=[Recipient(person_id=membership.person_id)],
        title=f"Votre demande d'appartenance est {'acceptée' if accepted else 'refusée'}",
        lines=[_roles(membership)] if accepted else ["Le motif se lit dans PlaM."],
        path=_path(membership),
        key=f"membership:{membership.id}:answered",
    )


def _reference(organisation: Organisation) -> str:
    """What an organisation is known by, without its name."""
    numbers = {"FINESS": organisation.finess_ej, "UAI": organisation.uai, "SIREN": organisation.siren}
    return "Organisation : " + next((f"{name} {number}" for name, number in numbers.items() if number), str(organisation.id))


def _roles(membership: Membership) -> str:
    return "Rôles : " + ", ".join(role.label for role in membership.roles)


def _path(membership: Membership) -> str:
    return f"/memberships/{membership.id}"
