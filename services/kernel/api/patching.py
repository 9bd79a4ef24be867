"""`PATCH`: a body of the fields to change; what is not sent stays, and the whole is checked again."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo

from services.kernel.api.validation import problem_of
from services.kernel.data.records import Record

R = TypeVar("R", bound=Record)


def patch_of(whole: type[BaseModel]) -> type[BaseModel]:
    """The base of a noun's PATCH schema: every field of `whole`, none of them required, null only where it was allowed."""
    fields: dict[str, Any] = {name: (info.annotation, _unsent(info)) for name, info in whole.model_fields.items()}
    return create_model(f"{whole.__name__}Fields", __config__=ConfigDict(extra="forbid"), __doc__=whole.__doc__, **fields)


def _unsent(info: FieldInfo) -> FieldInfo:
    unsent = copy(info)
    given = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}

    def without_default(schema: dict[str, Any]) -> None:
        schema.pop("default", None)
        schema.update(given)

    unsent.default, unsent.default_factory, unsent.json_schema_extra = None, None, without_default
    unsent._attributes_set = {**info._attributes_set, "default": None, "json_schema_extra": without_default}  # noqa: SLF001  pydantic merges from it
    return unsent


def patched(row: R, patch: BaseModel, whole: type[BaseModel]) -> bool:
    """Sets on a row the fields that were sent; whether anything changed. Raises `Invalid` when the whole no longer holds.

    A field that was not sent may be older than a rule that would refuse it today: that is no fault of this change.
    """
    sent = {name: getattr(patch, name) for name in patch.model_fields_set}
    changes = {name: value for name, value in sent.items() if getattr(row, name) != value}
    for name, value in changes.items():
        setattr(row, name, value)
    values = {name: getattr(row, name) for name in whole.model_fields}
    faults = _faults(whole, values)
    if (
        old := {each["loc"][0] for each in faults if each["loc"]} - sent.keys()
    ):  # rules between fields are not asked while a field is at fault
        faults = _faults(whole, {name: PASSES if name in old and isinstance(value, str) else value for name, value in values.items()})
    if faults := [each for each in faults if not each["loc"] or each["loc"][0] in sent]:
        raise problem_of([{**each, "loc": ("body", *each["loc"])} for each in faults], {"body": whole})
    return bool(changes)


PASSES = "texte"
"""Stands for a stored text that a newer rule would refuse, while the rest of its row is checked."""


def _faults(whole: type[BaseModel], values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    try:
        whole.model_validate(values)
    except ValidationError as error:
        return error.errors()
    return ()
