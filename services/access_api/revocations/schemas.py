"""What is said of a revocation."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.access_api.revocations.tables import Revocation
from services.contracts.access import Revocable, RevocationState
from services.kernel.api.paging import ListQuery
from services.kernel.data.nouns import CREATED, Noun, Resource, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a0b", what="organisation", target_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a01", since=CREATED
)


class RevocationRead(Resource):
    """Un retrait : il ne change jamais."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    what: Revocable = Field(description="Ce qui est retiré.")
    target_id: UUID = Field(description="Son identifiant.")
    since: datetime = Field(description="Les jetons délivrés jusqu'à cet instant sont refusés.")


class RevocationQuery(ListQuery):
    """Les filtres de la liste des retraits."""

    what: Revocable | None = Field(None, description="Ce qui est retiré.")
    target_id: UUID | None = Field(None, description="Son identifiant.")


REVOCATION = Noun(Revocation, RevocationRead, RevocationState)
