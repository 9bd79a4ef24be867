"""A service's schema: its metadata, with the tables that the kernel needs in every one."""

from sqlalchemy import MetaData

from services.kernel.data.kept_answers import idempotency_table
from services.kernel.data.outbox import event_tables
from services.kernel.data.revoked import revoked_table
from services.kernel.data.secret_fingerprints import fingerprint_table

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


def service_metadata(name: str) -> MetaData:
    """The metadata of a service, whose schema bears its name."""
    metadata = MetaData(schema=name, naming_convention=NAMES)
    event_tables(metadata)
    idempotency_table(metadata)
    fingerprint_table(metadata)
    revoked_table(metadata)
    return metadata
