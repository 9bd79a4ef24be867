"""The command line's part of a demonstration: its options, and what it says at its end."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.demo.play import ChapterName, Played, check_folder, play
from services.kernel.base import logs
from services.kernel.base.french import day_in_words
from services.kernel.base.settings import Settings
from services.kernel.data.database import Routing
from services.kernel.data.service import Service
from services.kernel.process import running
from services.kernel.process.environment import check, read_settings

Home = Annotated[Path | None, typer.Option(file_okay=False, help="Dossier neuf de la démonstration (PLAM_HOME par défaut).")]
Only = Annotated[list[ChapterName] | None, typer.Option(help="Seulement ce chapitre ; peut être répété (tous par défaut).")]


def command_of(services: Sequence[Service], routing: Routing, prepare: Callable[[Settings], Awaitable[None]]) -> Callable[..., None]:
    """The command `plam demo` of a system: its services, who hears whom, what makes a new database ready."""

    def demo(home: Home = None, only: Only = None) -> None:
        """Joue un mois de démonstration dans un dossier neuf : une région, ses partenaires, des pages pleines."""
        settings = read_settings()
        if home is not None:
            settings = settings.model_copy(update={"home": home})
        check_folder(settings)
        check(settings, [service.name for service in services])
        logs.configure("error")  # what is refused or slow is no news to who evaluates
        columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
        with running.attached(settings) as ready, Progress(*columns, console=Console(stderr=True), transient=True) as told:
            task = told.add_task("base neuve, plan, communes", total=None)
            playing = play(
                services,
                ready,
                routing,
                prepare=prepare,
                only=only or (),
                progress=lambda day: told.update(task, description=f"le {day_in_words(day)}"),
            )
            done = running.run_server(playing)
        show(Console(), done, settings)

    return demo


def show(out: Console, done: Played, settings: Settings) -> None:
    """Rows and versions by table, how long it took, where it is, and how to go on."""
    table = Table("service", "table", "lignes", "versions")
    for name, (rows, versions) in done.counts.items():
        table.add_row(*name.split("."), str(rows), str(versions))
    out.print(table)
    home = escape(str(settings.home))
    out.print(f"Démonstration jouée en {done.seconds:.0f} s, jusqu'au {day_in_words(done.last_day)}, dans {home}.", highlight=False)
    out.print(f"  la servir         [bold]PLAM_HOME={home} plam up[/bold]", highlight=False, soft_wrap=True)
    out.print(
        f"  ouvrir la page    [bold]xdg-open http://{settings.host}:{settings.port}/observatory/[/bold]", highlight=False, soft_wrap=True
    )
