"""A new row: what is not given has its default, and a column that does not exist, or is missing, is a mistake of ours."""

from typing import Any

import pytest

from services.actions_api.actions.tables import Action, Horizon
from services.contracts.codes import Axis, Objective


def test_what_is_not_given_has_its_default() -> None:
    one = Action(ref="A", title="Un", axis=Axis("A4"), objectives=[Objective("O2")])
    two = Action(ref="B", title="Deux", axis=Axis("A4"), objectives=[Objective("O2")])
    assert (one.version, one.horizon, one.departments, one.lead_organisation_id) == (0, Horizon.medium, [], None)
    assert one.id != two.id
    one.history.append({})
    one.departments.append("44")  # type: ignore[arg-type]  # whose list it is matters here, not what is in it
    assert (two.history, two.departments) == ([], [])


@pytest.mark.parametrize("wrong", [{"colour": "red"}, {"title": ...}])
def test_a_column_unknown_or_missing_is_refused(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"ref": "A", "title": "Un", "axis": Axis("A4"), "objectives": [Objective("O2")]} | wrong
    with pytest.raises(TypeError, match=next(iter(wrong))):
        Action(**{name: value for name, value in given.items() if value is not ...})
