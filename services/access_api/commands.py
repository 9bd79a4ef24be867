"""The command line's part of access_api: the first administrator of an organisation, and tokens of an embedded database."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

import typer

from services.access_api.addresses import folded, is_address
from services.access_api.operators import appoint, token_of
from services.access_api.persons.schemas import PersonCreate
from services.contracts.codes import Department, Role
from services.kernel.api.auth import Tokens
from services.kernel.base.fields import hides_something
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database

T = TypeVar("T")

DEVELOPMENT_TOKEN = timedelta(hours=12)
LONGEST_NAME = 200
EMBEDDED_ONLY = "plam token ne sert qu'avec la base embarquée : en production, les jetons sont signés avec une clé de PLAM_TOKEN_KEYS."

Departments = Annotated[
    list[Department] | None, typer.Option("--department", help="Département ; peut être répété (toute la région par défaut).")
]


class Run(Protocol):
    """Runs something in a transaction of access_api."""

    def __call__(self, act: Callable[[Database], Awaitable[T]], /) -> T: ...


def invite_of(run: Run, read_settings: Callable[[], Settings], say: Callable[[str], None]) -> Callable[..., None]:
    """The command `plam invite` of a system."""

    def invite(
        address: Annotated[str, typer.Argument(help="Adresse électronique de la personne.", metavar="ADRESSE")],
        *,
        role: Annotated[list[Role], typer.Option(help="Rôle ; peut être répété.")],
        organisation: Annotated[str, typer.Option(help="Organisation, par son nom ou son identifiant ; créée si elle manque.")],
        department: Departments = None,
        given_name: Annotated[str | None, typer.Option(help="Prénom, si la personne n'est pas connue.")] = None,
        family_name: Annotated[str | None, typer.Option(help="Nom, si la personne n'est pas connue.")] = None,
    ) -> None:
        """Donne à une organisation son premier gestionnaire, qui agit aussitôt ; si elle en a un, invite celui-ci."""
        _check_address(address)
        if not organisation.strip() or len(organisation) > LONGEST_NAME or hides_something(organisation):
            raise typer.BadParameter(f"--organisation : un nom de 1 à {LONGEST_NAME} caractères, ou un identifiant.")
        person = PersonCreate(email=address, given_name=given_name, family_name=family_name)
        said = run(lambda db: appoint(db, person, organisation.strip(), _once(role), _once(department or ())))
        for sentence in said:
            say(sentence)
        if read_settings().embedded:
            say(f"Pour agir : plam token --person {folded(address)}")
        say("Pour inviter d'autres personnes, ou nommer d'autres gestionnaires : POST /access/v1/memberships (inviteMember).")

    return invite


def token_of_command(run: Run, read_settings: Callable[[], Settings]) -> Callable[..., None]:
    """The command `plam token` of a system."""

    def token(
        role: Annotated[list[Role] | None, typer.Option(help="Rôle ; peut être répété.")] = None,
        person: Annotated[str | None, typer.Option(help="Adresse d'une personne : le jeton est celui d'une de ses appartenances.")] = None,
        organisation: Annotated[
            str | None, typer.Option(help="Organisation pour laquelle agir : son identifiant ; avec --person, ou son nom.")
        ] = None,
        department: Departments = None,
        subject: Annotated[
            str, typer.Option(help="Qui, sans --person : un nom donne toujours la même personne, de nulle part ailleurs.")
        ] = "development",
    ) -> None:
        """Signe un jeton de 12 heures (base embarquée seulement) : d'une personne, ou de développement."""
        settings = read_settings()
        if not settings.embedded:
            raise typer.BadParameter(EMBEDDED_ONLY)
        if person is not None:
            if role or department or subject != "development":
                raise typer.BadParameter("--person : l'appartenance dit les rôles et les départements ; ne les donnez pas.")
            _check_address(person)
            principal = run(lambda db: token_of(db, folded(person), organisation))
        elif role:
            principal = _developer(role, organisation, department or (), subject)
        else:
            raise typer.BadParameter("Donnez --person ADRESSE, ou --role RÔLE.")
        typer.echo(Tokens(settings).issue(principal, DEVELOPMENT_TOKEN))

    return token


def _developer(roles: Sequence[Role], organisation: str | None, departments: Sequence[Department], subject: str) -> Principal:
    try:
        acts_for = None if organisation is None else UUID(organisation)
    except ValueError as error:
        raise typer.BadParameter("--organisation : l'identifiant (UUID) d'une organisation ; son nom ne vaut qu'avec --person.") from error
    return Principal(somebody(subject), frozenset(roles), acts_for, frozenset(departments))


def _check_address(address: str) -> None:
    if not is_address(folded(address)):
        raise typer.BadParameter(f"« {address[:100]} » n'est pas une adresse électronique.")


def _once(values: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(values))
