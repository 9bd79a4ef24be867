"""Bodies that moves of every service take."""

from pydantic import BaseModel, ConfigDict, Field

from services.kernel.base.fields import Line


class Reason(BaseModel):
    """Pourquoi."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(description="Motif.", examples=["Décision du comité technique du 20 novembre 2026"])
