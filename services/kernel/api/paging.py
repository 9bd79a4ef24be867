"""Lists: what every one of them takes, and the cursor that leads from a page to the next."""

import base64
import binascii
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.kernel.base.problems import FieldError, Invalid


class PageQuery(BaseModel):
    """What every list takes. A noun's own filters extend it."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Nombre de lignes (1 à 200).")
    after: str | None = Field(
        None, min_length=22, max_length=22, pattern=r"^[A-Za-z0-9_-]{22}$", description="Curseur opaque : `next` de la page précédente."
    )


def cursor(identifier: UUID) -> str:
    """The opaque cursor that stands for a row: its id, in URL-safe base 64."""
    return base64.urlsafe_b64encode(identifier.bytes).rstrip(b"=").decode()


def after_of(text: str) -> UUID:
    """The id that a cursor stands for. Raises `Invalid` when it is none of ours."""
    try:
        return UUID(bytes=base64.b64decode(text + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        detail = "Ce curseur n'est pas de cette liste : reprenez `next` tel quel."
        raise Invalid(detail, errors=[FieldError(pointer="after", location="query", code="cursor", detail=detail)]) from error
