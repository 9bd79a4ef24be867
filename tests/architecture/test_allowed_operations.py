"""Every operation that changes one row is declared beside its noun's life cycle, so that `live` and 409s never forget it."""

import pytest

from services.kernel.api.allowed_operations import declared
from services.kernel.api.rights import roles_of
from tests.support.api import Operation, operations

ON_A_ROW = {each.id: each for each in operations() if each.method != "get" and each.path.count("{") == 1}


@pytest.mark.parametrize("operation", ON_A_ROW.values(), ids=ON_A_ROW)
def test_an_operation_on_a_row_is_declared(operation: Operation) -> None:
    assert operation.id in declared(), f"{operation.path} : dites dans OPERATIONS (lifecycle.py) de quels statuts {operation.id} se demande"
    assert roles_of(operation.id)


def test_what_is_declared_is_an_operation_on_a_row() -> None:
    assert declared().keys() <= ON_A_ROW.keys()
