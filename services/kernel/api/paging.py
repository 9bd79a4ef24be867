"""Lists: what every one of them takes, and the cursor that leads from a page to the next."""

import base64
import binascii
import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from services.kernel.base.problems import FieldError, Invalid

MOST_IDS = 100
"""Rows that one list is asked for by their ids: an address of 4,000 characters, which every proxy lets pass."""
_UUID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_uuid = re.compile(_UUID)
_IDS_PATTERN = f"^{_UUID}(,{_UUID}){{0,{MOST_IDS - 1}}}$"


def _ids(typed: str) -> list[UUID]:
    """The ids of a text, separated by commas, each once. Raises `ValueError` that says which is none, or how many are too many."""
    each = typed.split(",")
    if len(each) > MOST_IDS:
        raise ValueError(f"au plus {MOST_IDS} identifiants ({len(each)} ici) : demandez-les en plusieurs fois")
    for number, text in enumerate(each, 1):
        if not _uuid.fullmatch(text):
            raise ValueError(f"le n° {number} n'est pas un identifiant (UUID) de l'API ; des virgules les séparent, sans espace")
    return list(dict.fromkeys(map(UUID, each)))


Ids = Annotated[str, AfterValidator(_ids), WithJsonSchema({"type": "string", "pattern": _IDS_PATTERN})]
"""Some ids, separated by commas; once validated, the list of them."""


class PageQuery(BaseModel):
    """What everything that comes in pages takes."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Nombre de lignes (1 à 200).")
    after: str | None = Field(
        None, min_length=22, max_length=22, pattern=r"^[A-Za-z0-9_-]{22}$", description="Curseur opaque : `next` de la page précédente."
    )


class ListQuery(PageQuery):
    """What the list of a noun takes. Its own filters extend it."""

    id: Ids | None = Field(
        None,
        description=f"Identifiants séparés par des virgules ({MOST_IDS} au plus) : ces lignes-là, si vous les voyez, par pages.",
        examples=["0199c1a2-7c1e-7d63-9b0a-5d3f7f1b2a10,0199c1a2-7c1f-7a04-8c55-1e2d3c4b5a69"],
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
