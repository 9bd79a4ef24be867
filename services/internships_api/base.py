"""The schema of internships_api, and the base of its tables."""

from services.kernel.data.records import Record
from services.kernel.data.schema import service_metadata

METADATA = service_metadata("internships")


class InternshipsRecord(Record):
    """A row of the service."""

    metadata = METADATA
