"""What the API takes and gives of how a person receives notices: by default, and by topic."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from services.access_api.persons.tables import Delivery
from services.contracts.access import NoticeTopic
from services.kernel.api.patching import patch_of

EXAMPLE: dict[str, Any] = {"default": "immediate", **{topic.value: None for topic in NoticeTopic}, "request_received": "digest"}


def _of_topic(topic: NoticeTopic) -> Any:
    return Delivery | None, Field(None, description=f"{topic.label} ; null : comme les autres avis.")


class _Default(BaseModel):
    """Comment la personne reçoit les avis : par défaut, et pour chaque sujet."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    default: Delivery = Field(Delivery.immediate, description="Ce qui vaut pour les sujets dont rien n'est dit.")


_TOPICS: dict[str, Any] = {topic.value: _of_topic(topic) for topic in NoticeTopic}


class PreferencesRead(create_model("PreferencesFields", __base__=_Default, **_TOPICS)):  # type: ignore[misc]  # a field for each topic
    """Comment la personne reçoit les avis : par défaut, et pour chaque sujet."""


class PreferencesPatch(patch_of(PreferencesRead)):  # type: ignore[misc]  # the base is made from the other schema
    """Les préférences à changer ; celles qui ne sont pas envoyées restent telles quelles."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"default": "digest", "request_received": "off"}]})
