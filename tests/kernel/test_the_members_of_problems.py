"""A problem has no member that the OpenAPI document does not know."""

import pytest

from services.kernel.base.problems import (
    AlreadyExists,
    Conflict,
    FieldError,
    Forbidden,
    MoveRefused,
    PreconditionFailed,
)


@pytest.mark.parametrize("problem", [Conflict, Forbidden, PreconditionFailed])
def test_a_member_that_no_class_declares_is_refused(problem: type[Conflict]) -> None:
    with pytest.raises(TypeError, match="colour"):
        problem("Non.", colour="red")


def test_fields_at_fault_are_members_like_others() -> None:
    fault = FieldError(pointer="#/x", location="body", code="x", detail="Non.")
    assert Conflict("Non.", errors=[fault]).errors == [fault]
    with pytest.raises(TypeError, match="errors"):
        Forbidden("Non.", errors=[fault])


def test_a_class_has_the_members_of_its_parents_too() -> None:
    assert MoveRefused.all_members().keys() == {"errors", "allowed_operations", "status_now"}
    assert AlreadyExists.all_members().keys() == {"errors", "allowed_operations", "existing_id"}
