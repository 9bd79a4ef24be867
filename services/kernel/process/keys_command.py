"""`plam keys`: the keys of access tokens in a folder, where one replaces another without a token refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import KeySet

from services.kernel.api.token_keys import KEYS, PUBLIC_KEYS, add_key, retire_key, use_key

Folder = Annotated[Path, typer.Argument(help="Dossier des deux fichiers.", metavar="DOSSIER")]

keys = typer.Typer(
    help=(
        f"Les clés des jetons d'accès : {KEYS}, que le service access seul détient, et {PUBLIC_KEYS}, que les autres lisent. "
        "Pour remplacer une clé : add, use, puis retire, en relançant les processus entre deux."
    ),
    no_args_is_help=True,
)


def _command(name: str, change: Callable[[Path], KeySet], words: str, then: str) -> None:
    def command(folder: Folder) -> None:
        changed = change(folder)
        for key, said in zip(changed.keys, ("signe", "vérifie"), strict=False):
            typer.echo(f"{key.kid} {said}")
        typer.echo(then)

    command.__doc__ = words
    keys.command(name)(command)


_command(
    "add",
    add_key,
    "Ajoute une clé ; la première signe, une autre attend son tour.",
    f"Ensuite : donnez {PUBLIC_KEYS} à tous les processus et relancez-les ; puis, si une autre clé signait, plam keys use.",
)
_command(
    "use",
    use_key,
    "Fait signer la clé qui attendait ; l'ancienne vérifie encore.",
    "Ensuite : relancez le service access ; quand les derniers jetons de l'ancienne clé ont expiré (5 minutes), plam keys retire.",
)
_command(
    "retire",
    retire_key,
    "Retire la clé qui ne signe plus : ses jetons sont refusés.",
    f"Ensuite : donnez {PUBLIC_KEYS} à tous les processus et relancez-les.",
)
