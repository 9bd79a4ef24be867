"""The environment that an operator gives: unknown names, values that cannot be, and what a process lacks, each in a sentence."""

import os
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from services.kernel.base.secrets import lacking_secret
from services.kernel.base.settings import DATABASE_URL, PREFIX, PoolSizes, Settings
from services.kernel.process.demo_folder import LAST_DAY

FOREIGN = re.compile(r"PLAM_(TEST_\w+|REQUIRE_SERVICES|OPEN_DATA)")
"""The tests' own variables, which a developer's shell has beside ours."""

SAID = {
    "greater_than": "doit dépasser {gt}",
    "greater_than_equal": "doit valoir au moins {ge}",
    "less_than_equal": "doit valoir au plus {le}",
    "int_parsing": "doit être un nombre entier",
    "int_from_float": "doit être un nombre entier",
    "float_parsing": "doit être un nombre",
    "finite_number": "doit être un nombre fini",
    "bool_parsing": "vaut true ou false",
    "extra_forbidden": "n'existe pas",
    "model_type": "doit être un objet JSON",
    "tuple_type": "doit être une liste JSON",
    "string_type": "doit être un texte",
    "string_too_long": "demande au plus {max_length} caractères",
    "too_short": "demande au moins {min_length} valeur(s)",
    "string_too_short": "demande au moins {min_length} caractères",
    "string_pattern_mismatch": "n'a pas la forme attendue",
    "value_error": "{error}",
}
"""pydantic's kinds of faults, in French."""


class EnvironmentRefusedError(ValueError):
    """The environment is not one that a process can run with; the message says what to change."""


class Lasting(StrEnum):
    """The processes that last."""

    up = "up"
    serve = "serve"
    relay = "relay"
    worker = "worker"
    scheduler = "scheduler"


def read_settings() -> Settings:
    """The settings that the environment gives. Raises `EnvironmentRefusedError`."""
    given = {name.upper(): value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}
    known = _known()
    faults = [_unknown(name, known) for name in sorted(given) if name not in known and not FOREIGN.fullmatch(name)]
    empty = [name for name in sorted(known) if name in given and not given[name].strip()]
    faults += [f"{name} est vide : donnez-lui une valeur{_example(name)}, ou retirez-la." for name in empty]
    if faults:
        raise EnvironmentRefusedError(" ".join(faults))
    try:
        return Settings()
    except ValidationError as error:
        raise EnvironmentRefusedError(" ".join(_refused(fault["loc"], fault) for fault in error.errors())) from error
    except SettingsError as error:  # a value that is a list or an object, and no JSON
        name = next((name for name in known if f'"{name.removeprefix(PREFIX).lower()}"' in str(error)), PREFIX)
        raise EnvironmentRefusedError(f"{name} n'est pas du JSON{_example(name)}.") from error


def check(settings: Settings, services: Sequence[str], process: Lasting | None = None) -> None:
    """Raises `EnvironmentRefusedError` when the settings lack what these services need, for a command or in a lasting process."""
    if lacking := list(_lacking(settings, services, process)):
        raise EnvironmentRefusedError(" ".join(lacking))


def _is_there(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:  # in a folder that this process may not enter, and does not use
        return False


def _lacking(settings: Settings, services: Sequence[str], process: Lasting | None) -> Sequence[str]:
    found = []
    if settings.embedded and process not in (None, Lasting.up):
        found.append(
            f"PLAM_DATABASE_URL n'est pas définie{_example('PLAM_DATABASE_URL')} : « plam {process} » est fait pour la production ; "
            "« plam up » sert, relaie et travaille en un processus, sur la base embarquée."
        )
    if not settings.embedded and settings.database_url is None:
        missing = [f"PLAM_{name.upper()}_{DATABASE_URL.upper()}" for name in services if not getattr(settings, f"{name}_{DATABASE_URL}")]
        if missing:
            found.append(f"{', '.join(missing)} : non définie(s), alors que d'autres bases le sont ; PLAM_DATABASE_URL vaut pour toutes.")
    if not settings.embedded and _is_there(settings.home / LAST_DAY):
        found.append(
            f"PLAM_HOME={settings.home} est le dossier d'une démonstration, dont le jour est fixé : une base nommée en a un autre."
        )
    if words := lacking_secret(settings):
        found.append(words)
    if process in (Lasting.up, Lasting.serve) and not settings.embedded and settings.token_keys is None:
        found.append(
            f"PLAM_TOKEN_KEYS n'est pas définie{_example('PLAM_TOKEN_KEYS')} : c'est le jeu de clés (JWK) de qui signe les jetons d'accès."
        )
    if process in (Lasting.relay, Lasting.worker, Lasting.scheduler) and settings.broker_url.get_secret_value().startswith("memory"):
        found.append(f"PLAM_BROKER_URL n'est pas définie{_example('PLAM_BROKER_URL')} : des processus séparés ont besoin d'un courtier.")
    return found


def _known() -> Mapping[str, Any]:
    """Every variable that is a setting, and its examples."""
    fields = {f"{PREFIX}{name}": field for name, field in Settings.model_fields.items()}
    fields |= {f"{PREFIX}pools__{name}": field for name, field in PoolSizes.model_fields.items()}
    return {name.upper(): (field.examples or [field.default])[0] for name, field in fields.items()}


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, 1, 0.7)
    return f"{name} est inconnue{f' : est-ce {near[0]} ?' if near else '.'}"


def _refused(place: tuple[int | str, ...], fault: Any) -> str:
    context = fault.get("ctx", {})
    words = SAID[fault["type"]].format(**context) if fault["type"] in SAID else fault["msg"]
    if not place:  # a rule over several settings, which names them
        return f"{words}."
    name = f"{PREFIX}{'__'.join(part for part in place if isinstance(part, str))}".upper()
    return f"{name} {words}{_example(name)}."


def _example(name: str) -> str:
    example = _known().get(name)
    return "" if example is None else f", par exemple {name}={example}"
