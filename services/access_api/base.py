"""The schema of access_api, and the base of its tables."""

from services.kernel.data.records import Record
from services.kernel.data.schema import service_metadata

METADATA = service_metadata("access")


class AccessRecord(Record):
    """A row of the service."""

    metadata = METADATA
