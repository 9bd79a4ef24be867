"""The settings: read once from the environment at the edge, then passed on."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

A_BATCH = 3
"""Connections of a batch under way: for its work, its receipt, its series."""


class PoolSizes(BaseModel):
    """Connections a process may hold, a service: to answer requests, to work, to relay, to tell its health."""

    api: int = Field(10, ge=1)
    worker: int = Field(16, ge=A_BATCH + 1)
    relay: int = Field(3, ge=2)  # one that listens, and those that claim
    health: int = Field(1, ge=1)


class Settings(BaseSettings):
    """What an operator may set, each by the variable `PLAM_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="PLAM_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True)

    home: Path = Field(Path(".plam"), description="Data folder: embedded database, keys.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")

    database_url: SecretStr | None = Field(None, description="PostgreSQL 15 or later; none: the embedded one.")
    access_database_url: SecretStr | None = None
    actions_database_url: SecretStr | None = None
    internships_database_url: SecretStr | None = None
    recruitment_database_url: SecretStr | None = None
    observatory_database_url: SecretStr | None = None
    max_connections: int = Field(300, description="Connections the embedded PostgreSQL accepts.")
    pools: PoolSizes = PoolSizes()
    acquire_timeout: float = Field(1.0, description="Seconds to wait for a pooled connection before 503.")
    request_timeout: float = Field(2.0, description="Seconds a request may take before 503.")
    statement_timeout: float = Field(2.0, description="Seconds a statement of a request may take.")
    lock_timeout: float = Field(1.0, description="Seconds a statement of a request may wait for a lock.")
    relay_timeout: float = Field(30.0, description="Seconds a statement of a relay may take.")
    work_timeout: float = Field(600.0, description="Seconds a statement of a worker or a command may take.")

    drain_seconds: float = Field(
        5.0, ge=0, le=300, description="Seconds after a signal in which requests are still answered, while readyz says 503."
    )

    broker_url: SecretStr = Field(SecretStr("memory://"), description="memory://, redis://… or amqp://…")
    worker_threads: int = Field(4, ge=1, description="Batches that a worker process applies at once.")

    metrics_port: int | None = Field(None, description="Port of the metrics of a relay, a worker or a scheduler; none: not served.")

    secret: SecretStr | None = Field(None, min_length=16, description="Key of the pseudonyms; none: kept in the data folder.")
    token_keys: Path | None = Field(None, description="JWK set that signs or verifies tokens; none: in the data folder.")
    max_body: int = Field(1_048_576, description="Bytes a request's body may have.")
    log_level: str = "info"
    allowed_hosts: tuple[str, ...] = Field(("*",), description="Host headers accepted.")
    local_pages: bool | None = Field(
        None, description="Pages open without a token to this machine; none: with the embedded database alone."
    )

    @model_validator(mode="after")
    def _batches_find_connections(self) -> Self:
        if self.pools.worker < self.worker_threads * A_BATCH:
            least = self.worker_threads * A_BATCH
            raise ValueError(f"PLAM_POOLS__WORKER doit valoir au moins {least} pour PLAM_WORKER_THREADS={self.worker_threads}")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one: no other is named, for all services or for one."""
        return not any(value for name, value in self if name.endswith("database_url"))

    def database_url_of(self, service: str) -> str:
        """The PostgreSQL URL of a service: its own, or else the common one."""
        own: SecretStr | None = getattr(self, f"{service}_database_url")
        url = own or self.database_url
        if url is None:
            raise ValueError("PLAM_DATABASE_URL n'est pas définie et la base embarquée n'est pas démarrée.")
        return url.get_secret_value()
