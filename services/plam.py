"""The command line and the one-process app: the only file that may import several services."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer
import yaml
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from starlette.routing import Route

from services.access_api.commands import invite_of, token_of_command
from services.access_api.imports.communes import COMMUNES, FORMER, VINTAGE, import_communes
from services.access_api.imports.establishments import import_establishments
from services.access_api.imports.homes import import_homes, write_rest
from services.access_api.imports.institutes import import_institutes
from services.access_api.imports.members import import_members
from services.access_api.service import SERVICE as ACCESS
from services.actions_api.imports.plan import PLAN, PlanFacts, import_plan, read_plan
from services.actions_api.service import SERVICE as ACTIONS
from services.demo.command import command_of
from services.demo.parties import DemoStoppedError
from services.internships_api.service import SERVICE as INTERNSHIPS
from services.kernel.api.token_keys import KeysRefusedError
from services.kernel.base import logs
from services.kernel.base.file_reports import Report
from services.kernel.base.problems import Problem
from services.kernel.base.secrets import SecretMissingError
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database, Databases, Routing
from services.kernel.data.database_errors import DATABASE_ERRORS
from services.kernel.data.outbox import Lag
from services.kernel.data.service import Service
from services.kernel.events import following, quarantine
from services.kernel.events.resync import published, resync as restate
from services.kernel.events.worker import WorkerDiedError
from services.kernel.process import doctor, rotation, running
from services.kernel.process.app import leads_to
from services.kernel.process.embedded import EmbeddedError
from services.kernel.process.environment import Lasting, check, read_settings
from services.kernel.process.keys_command import keys
from services.kernel.process.migrate import MigrationRefused, make_roles, migrate as bring_to_head
from services.kernel.process.startup_checks import check as check_schemas
from services.observatory_api.context.imports import INHABITANTS, import_context
from services.observatory_api.ledger.definitions import switch as switch_definitions
from services.observatory_api.ledger.rebuild import Rebuilt, rebuild as recompute
from services.observatory_api.ledger.retire import rename
from services.observatory_api.service import SERVICE as OBSERVATORY
from services.observatory_api.verification.lag import settled
from services.observatory_api.verification.operations import Verification, verify as compare
from services.observatory_api.verification.orphans import Retired, retire_orphans
from services.recruitment_api.service import SERVICE as RECRUITMENT
from services.reference.pages import REFERENCE

SERVICES: Sequence[Service] = (ACCESS, ACTIONS, INTERNSHIPS, RECRUITMENT, OBSERVATORY)
ROUTING: Routing = {service.name: service.consumers for service in SERVICES}
LEADS = [Route(path, leads_to("/observatory/")) for path in ("/", "/observatory")]
PAGES = REFERENCE._replace(routes=(*LEADS, *REFERENCE.routes))

IN_WORDS = (
    EmbeddedError,
    MigrationRefused,
    Problem,
    WorkerDiedError,
    SecretMissingError,
    KeysRefusedError,
    DemoStoppedError,
    rotation.NotStillError,
    following.NothingToFollowError,
    *DATABASE_ERRORS,
    ValueError,
)

T = TypeVar("T")

cli = typer.Typer(
    help="PlaM : le socle ouvert d'un plan régional pour les métiers de la santé.", no_args_is_help=True, add_completion=False
)
importing = typer.Typer(help="Importer le plan, des lieux, des organisations, leurs membres, le contexte.", no_args_is_help=True)
events = typer.Typer(help="Les événements en quarantaine : les lister, les rejouer.", invoke_without_command=True)
cli.add_typer(importing, name="import")
cli.add_typer(events, name="events")
cli.add_typer(keys, name="keys")
out = Console()
err = Console(stderr=True)

Names = Annotated[list[str] | None, typer.Argument(help="Services (tous par défaut).", metavar="[SERVICE]...")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tout vérifier, ne rien écrire.")]


def main() -> None:
    """The `plam` command: what goes wrong is said in a sentence, with exit status 1."""
    try:
        cli()
    except IN_WORDS as error:
        err.print(f"[red]plam :[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise SystemExit(1) from error


@cli.command()
def up() -> None:
    """Tout en un processus : migre, charge le plan s'il manque, sert, relaie, travaille."""
    with _settings(Lasting.up) as settings:
        asyncio.run(_prepare(settings))
        running.run_server(running.serve(SERVICES, settings, ROUTING, pages=PAGES, everything=True, started=_tells(SERVICES)))


@cli.command()
def serve(names: Names = None) -> None:
    """Sert des services en HTTP ; le relais et l'ouvrier tournent ailleurs."""
    chosen = _chosen(names)
    with _settings(Lasting.serve, chosen) as settings:
        pages = PAGES if OBSERVATORY in chosen else REFERENCE
        running.run_server(running.serve(chosen, settings, ROUTING, pages=pages, started=_tells(chosen)))


@cli.command()
def relay(names: Names = None) -> None:
    """Relaie les événements des services vers le courtier."""
    chosen = _chosen(names)
    with _settings(Lasting.relay, chosen) as settings:
        asyncio.run(running.relay(chosen, settings, ROUTING))


@cli.command()
def worker(names: Names = None) -> None:
    """Applique les événements reçus et exécute les tâches des services."""
    chosen = _chosen(names)
    with _settings(Lasting.worker, chosen) as settings:
        asyncio.run(running.work(chosen, settings, ROUTING))


@cli.command()
def scheduler(names: Names = None) -> None:
    """Envoie les tâches périodiques des services."""
    chosen = _chosen(names)
    with _settings(Lasting.scheduler, chosen) as settings:
        asyncio.run(running.schedule(chosen, settings, ROUTING))


@cli.command()
def migrate(
    names: Names = None,
    roles: Annotated[bool, typer.Option("--roles", help="Créer seulement les rôles, avant de restaurer une sauvegarde.")] = False,
) -> None:
    """Crée ou met à jour les schémas et les rôles de la base."""
    chosen = _chosen(names)
    with _settings(services=chosen) as settings, _progress("migration"):
        if roles:
            asyncio.run(make_roles(chosen, settings))
            return
        said = asyncio.run(bring_to_head(chosen, settings))
    _warn(said)


def _warn(said: Sequence[str]) -> None:
    for words in said:
        err.print(f"[yellow]attention :[/yellow] {escape(words)}", highlight=False, soft_wrap=True)


@importing.command("plan")
def import_the_plan(
    file: Annotated[Path, typer.Argument(help="Faits du plan (YAML).")] = PLAN,
    dry_run: DryRun = False,
) -> None:
    """Les actions phares du plan dont le titre est public, en brouillon."""
    try:
        plan = read_plan(file)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} n'est pas lisible : {error}") from error
    with _settings(services=[ACTIONS]) as settings:
        lines = asyncio.run(_with_databases(settings, lambda databases: _import_plan(databases, plan, dry_run=dry_run), [ACTIONS]))
    for line in lines:
        out.print(line, highlight=False, markup=False)


async def _import_plan(databases: Databases, plan: PlanFacts, *, dry_run: bool) -> list[str]:
    async with databases.open(ACTIONS.name, "worker", rehearsal=dry_run) as db:
        report = await import_plan(db, plan)
    return [*report.lines, f"{report.changed} changement(s){', rien n’est écrit' if dry_run else ''}"]


@importing.command("communes")
def import_the_communes(
    file: Annotated[Path, typer.Argument(help="Communes (CSV).")] = COMMUNES,
    former: Annotated[Path | None, typer.Option(help="Anciennes communes et ce qu'elles sont devenues (CSV).")] = None,
    vintage: Annotated[int, typer.Option(help="Millésime du code officiel géographique.")] = VINTAGE,
    dry_run: DryRun = False,
) -> None:
    """Les communes de la région ; sans fichier, celles que PlaM livre."""
    older = former or (FORMER if file == COMMUNES else None)

    async def act(db: Database, progress: Callable[[int], None]) -> Report:
        return await import_communes(db, file, older, vintage=vintage, progress=progress)

    _import(act, dry_run=dry_run)


@importing.command("establishments")
def import_the_establishments(
    file: Annotated[Path, typer.Argument(help="Établissements (CSV) : fichier SAE ou extraction FINESS.")], dry_run: DryRun = False
) -> None:
    """Les organisations et leurs sites, d'après le fichier officiel ; une seconde fois, seules les différences sont écrites."""

    async def act(db: Database, progress: Callable[[int], None]) -> Report:
        return await import_establishments(db, file, progress=progress)

    _import(act, dry_run=dry_run)


@importing.command("institutes")
def import_the_institutes(
    file: Annotated[Path, typer.Argument(help="Formations (CSV) : cartographie de Parcoursup.")], dry_run: DryRun = False
) -> None:
    """Les instituts de formation, d'après leur UAI, avec un site dans chaque commune où ils forment."""

    async def act(db: Database, _progress: Callable[[int], None]) -> Report:
        return await import_institutes(db, file)

    _import(act, dry_run=dry_run)


@importing.command("homes")
def import_the_homes(
    file: Annotated[Path, typer.Argument(help="EHPAD (CSV) : fichier de la CNSA.")],
    rest: Annotated[
        Path | None, typer.Option(help="Où écrire les lignes à compléter, à reprendre par « plam import establishments ».")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Le lieu et la catégorie des EHPAD dont le site est connu avec certitude ; le reste est à compléter par une personne."""
    if rest is not None and rest.exists():
        raise typer.BadParameter(f"{rest} existe déjà, et quelqu'un l'a peut-être complété : donnez un autre nom.", param_hint="--rest")

    async def act(db: Database, _progress: Callable[[int], None]) -> Report:
        return await import_homes(db, file)

    def leave(report: Report) -> None:
        if not report.rest or report.refused:
            return
        if rest is None or dry_run:
            out.print(f"  {len(report.rest)} ligne(s) à compléter : « --rest FICHIER » les écrit", highlight=False)
            return
        try:
            write_rest(rest, report.rest)
        except OSError as error:
            raise ValueError(f"{rest} ne peut pas être écrit ({error.strerror}) : relancez avec un autre --rest.") from error
        words = "complétez finess, finess_ej et siret, puis « plam import establishments » le reprend"
        out.print(f"  {len(report.rest)} ligne(s) à compléter, dans {rest} : {words}", highlight=False, soft_wrap=True)

    _import(act, dry_run=dry_run, then=leave)


@importing.command("members")
def import_the_members(
    file: Annotated[Path, typer.Argument(help="Membres (CSV) : address, organisation, roles, departments, manager.")],
    dry_run: DryRun = False,
) -> None:
    """Qui agit pour quelle organisation (son FINESS juridique, son UAI ou son nom), d'après l'adresse de chacun."""

    async def act(db: Database, _progress: Callable[[int], None]) -> Report:
        return await import_members(db, file)

    _import(act, dry_run=dry_run)


@importing.command("context")
def import_the_context(
    file: Annotated[
        Path, typer.Argument(help="Fichier officiel (CSV) : départements, effectifs ou établissements SAE, EHPAD, Parcoursup.")
    ] = INHABITANTS,
    year: Annotated[int | None, typer.Option(help="Année des valeurs, si le fichier ne la dit pas.")] = None,
    vintage: Annotated[int | None, typer.Option(help="Année de publication (par défaut, l'année des valeurs).")] = None,
    dry_run: DryRun = False,
) -> None:
    """Les séries de contexte par département, d'après un fichier officiel ; sans fichier, les habitants, que PlaM livre."""

    async def act(db: Database, _progress: Callable[[int], None]) -> Report:
        return await import_context(db, file, year=year, vintage=vintage)

    _import(act, OBSERVATORY, dry_run=dry_run)


def _import(
    act: Callable[[Database, Callable[[int], None]], Awaitable[Report]],
    service: Service = ACCESS,
    *,
    dry_run: bool,
    then: Callable[[Report], None] = lambda _report: None,
) -> None:
    async def run(databases: Databases, told: Progress) -> Report:
        async with databases.open(service.name, "worker", rehearsal=dry_run) as db:
            return await act(db, lambda count: _advance(told, f"{count} lignes écrites"))

    with _settings(services=[service]) as settings, _progress("lecture") as told:
        report = asyncio.run(_with_databases(settings, lambda databases: run(databases, told), [service]))
    _show_report(report, dry_run=dry_run)
    then(report)
    raise typer.Exit(1 if report.refused else 0)


def _show_report(report: Report, *, dry_run: bool) -> None:
    for problem in report.problems:
        mark = "[red]refus[/red]" if problem.blocking else "[yellow]note[/yellow]"
        out.print(mark, end="  ")
        out.print(str(problem), highlight=False, markup=False, soft_wrap=True)
    for sentence in report.sentences(dry_run=dry_run):
        out.print(sentence, highlight=False)


@cli.command()
def resync(name: Annotated[str, typer.Argument(help="Service qui renvoie l'état de toutes ses lignes.", metavar="SERVICE")]) -> None:
    """Fait renvoyer à un service son état : seuls ceux à qui il manque quelque chose changent."""
    (service,) = _chosen([name])
    with _settings(services=[service]) as settings, _progress("états renvoyés") as told:
        total = asyncio.run(_with_databases(settings, lambda databases: _resync(databases, service, told), [service]))
    out.print(f"{total} état(s) renvoyés par {name}.")


async def _resync(databases: Databases, service: Service, told: Progress) -> int:
    total = 0
    async for count in restate(databases, service, published(service)):
        total += count
        _advance(told, f"{total} états renvoyés")
    return total


Patience = Annotated[float, typer.Option(help="Secondes à attendre que plus rien ne soit en route.")]


@cli.command()
def follow(
    name: Annotated[str | None, typer.Argument(help="Service dont les lignes font foi (tous par défaut).", metavar="[SERVICE]")] = None,
    kind: Annotated[str | None, typer.Argument(help="Sorte d'entité, par exemple need.", metavar="[SORTE]")] = None,
    identifier: Annotated[UUID | None, typer.Argument(help="Identifiant d'une seule entité.", metavar="[ID]")] = None,
    patience: Patience = 30.0,
) -> None:
    """Fait dire aux faits et aux copies ce que disent les lignes d'un service, même s'ils en tiennent une version plus récente."""
    chosen = _chosen([name] if name else None)
    if kind is not None and identifier is None:
        raise typer.BadParameter("Donnez aussi l'identifiant de l'entité.")
    with _settings() as settings, _progress("états comparés") as told:
        done, lag = asyncio.run(_with_databases(settings, lambda databases: _follow(databases, chosen, (kind, identifier), patience, told)))
    out.print(f"{done.compared} états comparés, {done.taken} remis d'après leur ligne, {done.dropped} sans ligne retirés.", highlight=False)
    if done.left:
        out.print(
            f"{done.left} entités sans ligne n'ont pas été retirées : des événements sont en route, ou des lignes les nomment encore.",
            highlight=False,
        )
    _show_lag(lag)


async def _follow(
    databases: Databases, chosen: Sequence[Service], only: tuple[str | None, UUID | None], patience: float, told: Progress
) -> tuple[following.Followed, Mapping[str, Lag]]:
    kind, identifier = only
    consumers = {service.name: service for service in SERVICES}
    found = [link for owner in chosen for link in following.links(databases, owner, consumers, published(owner))]
    if kind is not None and not (found := [link for link in found if link.kind == kind]):
        raise typer.BadParameter(f"{kind} : ce service n'envoie pas cette sorte d'entité.")
    lag = await settled(databases, SERVICES, patience)
    if identifier is not None:
        return await following.follow_one(found, identifier, drops=not lag), lag
    return await following.follow(found, drops=not lag, progress=lambda count: _advance(told, f"{count} états comparés")), lag


@cli.command()
def rotate() -> None:
    """Remplace le secret des pseudonymes, PLAM_SECRET_PREVIOUS, par PLAM_SECRET ; les autres processus sont arrêtés."""
    with _settings() as settings, _progress("faits déplacés"):
        moved = asyncio.run(_rotate(settings))
    out.print(f"{moved} faits ont changé de pseudonyme ; l'ancien secret est refusé désormais.", highlight=False)


async def _rotate(settings: Settings) -> int:
    databases = Databases(settings, ROUTING, any_secret=True)
    try:
        return await rotation.rotate(databases, SERVICES, OBSERVATORY, rename)
    finally:
        await databases.close()


@cli.command()
def rebuild(patience: Patience = 30.0) -> None:
    """Retire les faits sans ligne et recalcule les contributions des autres ; n'écrit que les différences."""
    with _settings() as settings, _progress("faits relus") as told:
        retired, done = asyncio.run(_with_databases(settings, lambda databases: _rebuild(databases, patience, told)))
    if retired.found:
        out.print(f"{retired.retired} faits retirés, sur {retired.found} dont aucune ligne n'a la clé.", highlight=False)
    _show_lag(retired.lag)
    out.print(f"{done.facts} faits relus, {done.changed} changés ; {done.entries} écritures ajoutées, {done.set_right} cumuls corrigés.")


async def _rebuild(databases: Databases, patience: float, told: Progress) -> tuple[Retired, Rebuilt]:
    retired = await retire_orphans(databases, SERVICES, patience=patience)
    return retired, await recompute(databases, progress=lambda count: _advance(told, f"{count} faits relus"))


@cli.command()
def switch(
    code: Annotated[str | None, typer.Argument(help="Indicateur, par exemple K06.", metavar="[CODE]")] = None,
    number: Annotated[int | None, typer.Argument(help="Numéro de la définition.", metavar="[NUMÉRO]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="La dernière définition de chaque indicateur.")] = False,
) -> None:
    """Met en vigueur, dès maintenant, une nouvelle définition d'un indicateur, ou de tous ; « plam rebuild » l'a remplie avant."""
    asked = {code: number} if code is not None and number is not None else {}
    if not (code is None if everything else asked):
        raise typer.BadParameter("Donnez un indicateur et le numéro de sa définition, ou --all.")
    with _settings(services=[OBSERVATORY]) as settings:
        at, changed = asyncio.run(_with_databases(settings, lambda databases: _switch(databases, asked), [OBSERVATORY]))
    for each, current in changed.items():
        out.print(f"La définition {current} de {each} vaut pour ce qui est lu à partir de {at:%Y-%m-%dT%H:%M:%S.%fZ}.", highlight=False)
    if not changed:
        out.print("La dernière définition de chaque indicateur est déjà en vigueur.", highlight=False)


async def _switch(databases: Databases, asked: Mapping[str, int]) -> tuple[datetime, Mapping[str, int]]:
    async with databases.open(OBSERVATORY.name, "worker") as db:
        return await switch_definitions(db, asked)


@cli.command()
def verify(patience: Patience = 30.0) -> None:
    """Compare tout : complétude, arithmétique, sens. Sort avec le statut 1 si quelque chose diffère."""
    with _settings() as settings, _progress("comparaison"):
        found = asyncio.run(_with_databases(settings, lambda databases: compare(databases, SERVICES, patience=patience)))
    _show(found)
    raise typer.Exit(0 if found.sound else 1)


def _show(found: Verification) -> None:
    table = Table("compte", "comparés", "différences", "verdict")
    complete, sums, meaning = found.completeness, found.arithmetic, found.meaning
    table.add_row("complétude", f"{complete.rows} lignes", str(complete.differences), _verdict(complete.sound))
    table.add_row("arithmétique", f"{sums.facts} faits, {sums.entries} écritures", str(sums.differences), _verdict(sums.sound))
    table.add_row("sens", f"{meaning.compared} indicateurs", str(len(meaning.differences)), _verdict(meaning.sound))
    out.print(table)
    for example in [*complete.examples, *sums.examples]:
        out.print(f"  {example}", highlight=False, markup=False)
    if complete.without_row:
        out.print(
            f"  {complete.without_row} fait(s) dont aucune ligne n'a la clé : plam follow (deux secrets) ou plam rebuild", highlight=False
        )
    if complete.of_unknown_source:
        words = "fait(s) d'une source qui n'envoie pas cette sorte d'état : plam rebuild les retire"
        out.print(f"  {complete.of_unknown_source} {words}", highlight=False)
    for difference in meaning.differences:
        out.print(f"  {difference.indicator} : l'observatoire dit {difference.figure}, les tables {difference.expected}", highlight=False)
    _show_lag(found.lag)


def _show_lag(lag: Mapping[str, Lag]) -> None:
    for way, waiting in lag.items():
        out.print(f"  encore en route, {way} : {waiting}", highlight=False)


def _verdict(sound: bool) -> str:
    return "[green]sain[/green]" if sound else "[red]différent[/red]"


@events.callback()
def list_events(context: typer.Context) -> None:
    """Sans sous-commande : ce qui attend en quarantaine, service par service."""
    if context.invoked_subcommand is not None:
        return
    table = Table("service", "événement", "type", "depuis", "motif")
    with _settings() as settings:
        for service, held in asyncio.run(_with_databases(settings, _held)):
            table.add_row(service, str(held.event_id), held.type, f"{held.recorded_at:%Y-%m-%d %H:%M}", held.reason)
    out.print(table if table.row_count else "La quarantaine est vide.")


@events.command("retry")
def retry_events(ids: Annotated[list[UUID] | None, typer.Argument(help="Événements ; tous par défaut.")] = None) -> None:
    """Rejoue des événements en quarantaine ; ceux qui passent en sortent."""
    with _settings() as settings:
        released, tried = asyncio.run(_with_databases(settings, lambda databases: _retry(databases, ids)))
    if absent := set(ids or ()) - {held.event_id for held in tried}:
        out.print(f"{len(absent)} événement(s) ne sont pas en quarantaine.")
    out.print(f"{released} événement(s) sur {len(tried)} sont passés.")
    raise typer.Exit(0 if released == len(tried) and not absent else 1)


async def _held(databases: Databases) -> list[tuple[str, quarantine.Held]]:
    return [(service.name, held) for service in SERVICES for held in await quarantine.held(databases, service)]


async def _retry(databases: Databases, ids: list[UUID] | None) -> tuple[int, list[quarantine.Held]]:
    released, tried = 0, list[quarantine.Held]()
    for service in SERVICES:
        wanted = [held for held in await quarantine.held(databases, service) if ids is None or held.event_id in ids]
        tried += wanted
        released += len(await quarantine.retry(databases, service, wanted))
    return released, tried


@cli.command("doctor")
def examine() -> None:
    """Ce qui ne va pas dans l'installation, en clair."""
    with _settings() as settings:
        findings = asyncio.run(_examine(settings))
    for finding in findings:
        colour = {doctor.Verdict.ok: "green", doctor.Verdict.warning: "yellow", doctor.Verdict.wrong: "red"}[finding.verdict]
        out.print(
            f"[{colour}]{finding.verdict.value:9}[/{colour}] {finding.subject} : {escape(finding.words)}", highlight=False, soft_wrap=True
        )
    raise typer.Exit(1 if any(finding.verdict is doctor.Verdict.wrong for finding in findings) else 0)


async def _examine(settings: Settings) -> list[doctor.Finding]:
    return [finding async for finding in doctor.examine(SERVICES, settings)]


async def _prepare(settings: Settings) -> None:
    _warn(await bring_to_head(SERVICES, settings))
    await _with_databases(settings, _load)


async def _load(databases: Databases) -> None:
    await _import_plan(databases, read_plan(), dry_run=False)
    async with databases.open(ACCESS.name, "worker") as db:
        await import_communes(db)
    async with databases.open(OBSERVATORY.name, "worker") as db:
        await import_context(db)


def _access(act: Callable[[Database], Awaitable[T]]) -> T:
    async def run(databases: Databases) -> T:
        async with databases.open(ACCESS.name, "worker") as db:
            return await act(db)

    with _settings(services=[ACCESS]) as settings:
        done: T = asyncio.run(_with_databases(settings, run, [ACCESS]))
    return done


cli.command("invite")(invite_of(_access, read_settings, lambda words: out.print(words, highlight=False, markup=False, soft_wrap=True)))
cli.command("token")(token_of_command(_access, read_settings))
cli.command("demo")(command_of(SERVICES, ROUTING, _prepare))


async def _with_databases(settings: Settings, act: Any, services: Sequence[Service] = SERVICES) -> Any:
    databases = Databases(settings, ROUTING)
    try:
        await check_schemas(databases, services)
        return await act(databases)
    finally:
        await databases.close()


@contextmanager
def _settings(lasting: Lasting | None = None, services: Sequence[Service] = SERVICES) -> Iterator[Settings]:
    settings = read_settings()
    check(settings, [service.name for service in services], lasting)
    logs.configure(settings.log_level)
    with running.attached(settings) as ready:
        yield ready


@contextmanager
def _progress(words: str) -> Iterator[Progress]:
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err, transient=True) as progress:
        progress.add_task(words, total=None)
        yield progress


def _advance(told: Progress, words: str) -> None:
    told.update(told.task_ids[0], description=words)


def _chosen(names: Sequence[str] | None) -> Sequence[Service]:
    by_name = {service.name: service for service in SERVICES}
    unknown = [name for name in names or () if name not in by_name]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)} : inconnu ; les services sont {', '.join(by_name)}.")
    return [by_name[name] for name in names] if names else SERVICES


def _tells(services: Sequence[Service]) -> Callable[[str], None]:
    def tell(address: str) -> None:
        out.print(f"PlaM est prêt : [bold]{address}/[/bold]")
        if OBSERVATORY in services:
            out.print(f"  tableau de bord   {address}/observatory/")
        for service in services:
            out.print(f"  {service.name:17} {address}/{service.name}/openapi.json")
        out.print("  jeton             plam token --role steering")
        out.print("  Ctrl-C pour arrêter")

    return tell


if __name__ == "__main__":
    main()
