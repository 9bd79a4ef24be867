"""The settings: read once from the environment at the edge, then passed on."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "PLAM_"
DATABASE_URL = "database_url"

A_BATCH = 3
"""Connections of a batch under way: for its work, its receipt, its series."""


class LogLevel(StrEnum):
    """How much is logged."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"
    critical = "critical"


def _url(*schemes: str) -> AfterValidator:
    """A URL of one of these schemes, whose parts can be read. What is wrong is said without showing it: it has a password."""

    def check(value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        scheme = url.partition("://")[0]
        if scheme not in schemes:
            raise ValueError(f"commence par {' ou '.join(f'{scheme}://' for scheme in schemes)}")
        try:
            servers = [urlsplit(f"//{server}") for server in urlsplit(url).netloc.rpartition("@")[2].split(",")]
            readable = all(server.port != 0 for server in servers)
        except ValueError:
            servers, readable = [], False
        if not readable or re.search(r"[\s\0]", url):
            raise ValueError("n'est pas une URL lisible (un « @ », un « / » ou un « : » d'un mot de passe s'écrit %40, %2F ou %3A)")
        if scheme in (*REMOTE_SCHEMES, *SMTP_SCHEMES) and not servers[0].hostname:
            raise ValueError("ne nomme pas de serveur")
        if scheme == "smtp" and "@" in url and servers[0].hostname not in LOOPBACK:
            raise ValueError("enverrait un mot de passe en clair : écrivez smtps:// ou smtp+starttls://")
        if scheme in DATABASE_SCHEMES and not _names_a_database(url):
            raise ValueError("ne nomme pas de serveur, ou pas de base")
        return value

    return AfterValidator(check)


def _names_a_database(url: str) -> bool:
    """Whether a URL leaves neither the server nor the database to libpq's defaults, which are those of the system's user."""
    parts = urlsplit(url)
    given = {name for name, value in parse_qsl(parts.query) if value}
    return bool((parts.netloc.rpartition("@")[2] or "host" in given) and (parts.path.strip("/") or given & {"database", "dbname"}))


def _with_password(name: str, url: SecretStr, password: SecretStr) -> SecretStr:
    """The URL with a password for its login, unless it has one."""
    parts = urlsplit(url.get_secret_value())
    login, _, server = parts.netloc.rpartition("@")
    if ":" in login or parts.scheme not in (*REMOTE_SCHEMES, *DATABASE_SCHEMES):
        return url
    if not login and parts.scheme not in MAY_BE_NAMELESS:
        variable = f"{PREFIX}{name.upper()}"
        raise ValueError(f"{variable} ne nomme pas de compte, et un mot de passe est donné à part : écrivez postgresql://compte@…")
    return SecretStr(urlunsplit(parts._replace(netloc=f"{login}:{quote(password.get_secret_value(), safe='')}@{server}")))


def _public_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"[?#@]", value):
        raise ValueError("est une adresse qui commence par https:// ou http://, sans compte, sans « ? » ni « # »")
    return value.rstrip("/")


def _contact(value: str) -> str:
    if "://" in value:
        return _public_url(value)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise ValueError("est une adresse électronique, ou l'adresse d'une page")
    return value


def _sender(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}", value):
        raise ValueError("est une adresse électronique, sans nom devant")
    return value


def _folder(value: Path) -> Path:
    if "\0" in str(value) or (value.exists() and not value.is_dir()):
        raise ValueError("doit nommer un dossier")
    return value


def _level(value: Any) -> Any:
    if not isinstance(value, str) or value.lower() not in list(LogLevel):
        raise ValueError(f"vaut {', '.join(LogLevel)}")
    return value.lower()


REMOTE_SCHEMES = ("redis", "rediss", "amqp", "amqps")
MAY_BE_NAMELESS = ("redis", "rediss")
DATABASE_SCHEMES = ("postgresql", "postgres")
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DatabaseUrl = Annotated[SecretStr, _url(*DATABASE_SCHEMES)]
BrokerUrl = Annotated[SecretStr, _url("memory", "redis", "rediss", "unix", "amqp", "amqps")]
SmtpUrl = Annotated[SecretStr, _url(*SMTP_SCHEMES)]
Sender = Annotated[str, Field(max_length=254), AfterValidator(_sender)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_*\[\]-]+$", max_length=253)]
Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.\[\]:-]+$", max_length=253)]
"""As browsers send it: a scheme, a host in lower case, a port where it is not the scheme's; no path."""
PublicUrl = Annotated[str, Field(max_length=500, pattern=r"^[!-~]+$"), AfterValidator(_public_url)]
Contact = Annotated[str, Field(max_length=500, pattern=r"^[!-~]+$"), AfterValidator(_contact)]
MOST_CONNECTIONS = 1_000
Seconds = Annotated[float, Field(ge=0.001, le=86_400, allow_inf_nan=False)]


class PoolSizes(BaseModel):
    """Connections a process may hold, a service: to answer requests, to work, to relay, to tell its health."""

    model_config = ConfigDict(extra="forbid")

    api: int = Field(10, ge=1, le=MOST_CONNECTIONS, description="Pour répondre aux requêtes.")
    worker: int = Field(16, ge=A_BATCH + 1, le=MOST_CONNECTIONS, description="Pour appliquer les événements, et pour les commandes.")
    relay: int = Field(3, ge=2, le=MOST_CONNECTIONS, description="Pour le relais : une connexion écoute, les autres prennent des lots.")
    health: int = Field(2, ge=2, le=MOST_CONNECTIONS, description="Pour la santé et les jauges, sans que l'une attende l'autre.")


class Settings(BaseSettings):
    """What an operator may set, each by the variable `PLAM_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True)

    home: Annotated[Path, AfterValidator(_folder)] = Field(Path(".plam"), description="Dossier des données : base embarquée, clés.")
    host: Host = Field("127.0.0.1", description="Adresse d'écoute.")
    port: int = Field(8000, ge=1, le=65535, description="Port d'écoute.")

    database_url: DatabaseUrl | None = Field(
        None, description="Base PostgreSQL (15 au moins) ; aucune : la base embarquée.", examples=["postgresql://plam:…@postgres:5432/plam"]
    )
    access_database_url: DatabaseUrl | None = Field(
        None, description="Base du service access, si ce n'est pas la base commune.", examples=["postgresql://plam:…@postgres:5432/access"]
    )
    actions_database_url: DatabaseUrl | None = Field(
        None,
        description="Base du service actions, si ce n'est pas la base commune.",
        examples=["postgresql://plam:…@postgres:5432/actions"],
    )
    internships_database_url: DatabaseUrl | None = Field(
        None,
        description="Base du service internships, si ce n'est pas la base commune.",
        examples=["postgresql://plam:…@postgres:5432/internships"],
    )
    recruitment_database_url: DatabaseUrl | None = Field(
        None,
        description="Base du service recruitment, si ce n'est pas la base commune.",
        examples=["postgresql://plam:…@postgres:5432/recruitment"],
    )
    observatory_database_url: DatabaseUrl | None = Field(
        None,
        description="Base du service observatory, si ce n'est pas la base commune.",
        examples=["postgresql://plam:…@postgres:5432/observatory"],
    )
    database_password: SecretStr | None = Field(
        None,
        min_length=1,
        description="Mot de passe du compte de chaque URL de base qui n'en a pas : tel quel, sans rien y échapper.",
    )
    max_connections: int = Field(300, ge=20, le=10_000, description="Connexions que la base embarquée accepte.")
    pools: PoolSizes = Field(PoolSizes(), description="Connexions qu'un processus tient, par service.", examples=['{"api": 10}'])
    acquire_timeout: Seconds = Field(1.0, description="Secondes d'attente d'une connexion avant 503.")
    request_timeout: Seconds = Field(2.0, description="Secondes que peut durer une requête avant 503.")
    statement_timeout: Seconds = Field(2.0, description="Secondes que peut durer une instruction SQL d'une requête.")
    lock_timeout: Seconds = Field(1.0, description="Secondes qu'une instruction SQL d'une requête peut attendre un verrou.")
    relay_timeout: Seconds = Field(30.0, description="Secondes que peut durer une instruction SQL d'un relais.")
    work_timeout: Seconds = Field(600.0, description="Secondes que peut durer une instruction SQL d'un ouvrier ou d'une commande.")

    drain_seconds: float = Field(
        5.0, ge=0, le=300, description="Secondes, après un signal, où les requêtes sont encore servies, tandis que readyz répond 503."
    )

    broker_url: BrokerUrl = Field(
        SecretStr("memory://"), description="Courtier : memory://, redis://… ou amqp://…", examples=["amqp://plam:…@rabbitmq:5672/"]
    )
    broker_password: SecretStr | None = Field(
        None, min_length=1, description="Mot de passe du compte du courtier, si son URL n'en a pas : tel quel, sans rien y échapper."
    )
    worker_threads: int = Field(4, ge=1, le=64, description="Lots qu'un ouvrier applique à la fois.")

    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port des mesures d'un relais, d'un ouvrier ou d'un planificateur ; aucun : elles ne sont pas servies.",
        examples=[9100],
    )

    secret: SecretStr | None = Field(
        None, min_length=16, description="Clé des pseudonymes ; aucune : dans le dossier des données, avec la base embarquée seulement."
    )
    secret_previous: SecretStr | None = Field(None, min_length=16, description="Clé que `plam rotate` remplace.")
    token_keys: Path | None = Field(
        None,
        description="Jeu de clés (JWK) qui signe ou vérifie les jetons ; aucun : dans le dossier des données.",
        examples=["/run/secrets/token-keys.json"],
    )
    sandbox: bool = Field(
        False, description="Bac à sable : les clés d'accès y sont d'essai (plam_test_…), et celles de production refusées."
    )
    max_body: int = Field(1_048_576, ge=1_024, le=104_857_600, description="Octets que peut avoir le corps d'une requête.")
    log_level: Annotated[LogLevel, BeforeValidator(_level)] = Field(
        LogLevel.info, description="Ce qui est journalisé : de cette gravité, et au-delà."
    )
    allowed_hosts: tuple[Host, ...] = Field(("*",), min_length=1, description="En-têtes Host acceptés.", examples=['["plam.example.org"]'])
    cors_origins: tuple[Origin, ...] = Field(
        (),
        description="Origines dont les pages peuvent appeler l'API (CORS) ; aucune par défaut.",
        examples=['["https://plam.example.org"]'],
    )
    public_url: PublicUrl | None = Field(
        None,
        examples=["https://plam.example.org"],
        description="Adresse où les appelants joignent les services ; aucune : les documents OpenAPI ne les nomment que par leurs chemins.",
    )
    contact: Contact | None = Field(
        None,
        examples=["plam@example.org"],
        description="À qui les appelants s'adressent, dans les documents OpenAPI : une adresse électronique, ou celle d'une page.",
    )
    front_url: PublicUrl | None = Field(
        None,
        examples=["https://plam.example.org/app"],
        description="Adresse des écrans, qu'ouvrent les liens des courriels ; aucune : les courriels n'ont pas de lien vers eux.",
    )
    smtp_url: SmtpUrl | None = Field(
        None,
        examples=["smtp+starttls://plam:…@smtp.example.org:587"],
        description="Serveur d'envoi des courriels : smtp://, smtps:// ou smtp+starttls:// ; aucun : rien ne part, les avis attendent.",
    )
    smtp_from: Sender | None = Field(None, examples=["plam@example.org"], description="Adresse d'où partent les courriels.")
    local_pages: bool | None = Field(
        None, examples=["false"], description="Pages ouvertes sans jeton à cette machine ; rien : avec la base embarquée seulement."
    )

    public_pages: bool = Field(False, description="Ouvre à tous les chiffres de la région, sauf ceux qui comptent moins de cinq.")

    @model_validator(mode="after")
    def _batches_find_connections(self) -> Self:
        if self.pools.worker < self.worker_threads * A_BATCH:
            least = self.worker_threads * A_BATCH
            raise ValueError(f"PLAM_POOLS__WORKER doit valoir au moins {least} pour PLAM_WORKER_THREADS={self.worker_threads}")
        return self

    @model_validator(mode="after")
    def _passwords_in_their_urls(self) -> Self:
        for name in type(self).model_fields:
            password = self.broker_password if name == "broker_url" else self.database_password if name.endswith(DATABASE_URL) else None
            url: SecretStr | None = getattr(self, name) if password else None
            if url is not None and password is not None:
                setattr(self, name, _with_password(name, url, password))
        return self

    @model_validator(mode="after")
    def _messages_are_from_somewhere(self) -> Self:
        if self.smtp_url is not None and (self.smtp_from is None or self.public_url is None):
            raise ValueError("PLAM_SMTP_URL demande PLAM_SMTP_FROM, d'où l'on écrit, et PLAM_PUBLIC_URL, où mène le lien de désinscription")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one: no other is named, for all services or for one."""
        return not any(value for name, value in self if name.endswith(DATABASE_URL))

    def database_url_of(self, service: str) -> str:
        """The PostgreSQL URL of a service: its own, or else the common one."""
        own: SecretStr | None = getattr(self, f"{service}_database_url")
        url = own or self.database_url
        if url is None:
            raise ValueError("PLAM_DATABASE_URL n'est pas définie et la base embarquée n'est pas démarrée.")
        return url.get_secret_value()
