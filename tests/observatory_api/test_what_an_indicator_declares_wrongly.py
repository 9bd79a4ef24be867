"""An indicator that readers could not be told of is refused where it is declared, in a sentence that names its file."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import pytest

from services.contracts.actions import ActionState
from services.contracts.registry import STATES
from services.observatory_api.indicators import labels
from services.observatory_api.indicators.catalogue import Catalogue
from services.observatory_api.indicators.contributions import Contribution
from services.observatory_api.indicators.declare import derived, distribution, total
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.pages.operations import check_breakdowns
from services.observatory_api.values.schemas import check_filters

NONE = no_list("aucune liste n'a ce qu'un essai compte")
HERE = r"tests/observatory_api/test_what_an_indicator_declares_wrongly\.py"


def nothing(_action: ActionState) -> Iterable[Contribution]:
    """What feeds it."""
    return ()


def unsaid(_action: ActionState) -> Iterable[Contribution]:
    return ()


def made_of(_one: Figure) -> Figure:
    """A formula."""
    return Figure(None)


def a_total(**changed: Any) -> Indicator:
    """A sound indicator, but for what is changed."""
    sound: dict[str, Any] = {"label": "Essai", "definition": 1, "listing": NONE, "by": ("axis", "status"), "labels": ("status",)}
    made: Indicator = total("K99", **sound | changed)(nothing)
    return made


def test_a_sound_indicator_is_accepted() -> None:
    assert a_total().fields == ("axis",)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: a_total(label=" "), "K99 n'a pas de libellé"),
        (lambda: derived("K98", label="", definition=1, listing=NONE, of=("K03",), by=())(made_of), "K98 n'a pas de libellé"),
        (lambda: a_total(by=("axis", "status", "colour"), labels=("status", "colour")), "K99 se répartit par colour, que .* ne nomme pas"),
        (
            lambda: derived("K98", label="Essai", definition=1, listing=NONE, of=("K03",), by=("colour",))(made_of),
            "K98 se répartit par colour",
        ),
        (lambda: total("K99", label="Essai", definition=1, listing=NONE)(unsaid), "K99 n'a pas de définition en mots"),
        (lambda: a_total(many=("objective",)), "K99 : objective n'est pas parmi ses dimensions"),
        (lambda: a_total(by=("urgency",), labels=()), "K99 : action n'a pas de urgency ; déclarez labels="),
        (lambda: a_total(by=("department",), labels=()), "K99 : action a plusieurs departments ; déclarez many="),
        (
            lambda: distribution("K97", label="Essai", definition=1, listing=NONE)(cast("Any", made_of)),
            "made_of : son argument s'annote de l'état",
        ),
    ],
)
def test_what_a_reader_could_not_be_told_is_refused(declare: Callable[[], Indicator], said: str) -> None:
    with pytest.raises(TypeError, match=f"{HERE} : {said}"):
        declare()


def test_a_dimension_whose_values_nobody_could_ask_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(labels.DIMENSIONS, "colour", "Couleur")
    one = a_total(by=("axis", "colour"), labels=("colour",))
    with pytest.raises(TypeError, match=f"{HERE} : K99 se répartit par colour, que ValuesQuery ne demande pas"):
        check_filters([one])


def test_the_page_shows_an_indicator_by_its_own_dimensions_and_by_values_with_names() -> None:
    one = a_total(by=("axis", "status", "cohort"))
    catalogue = Catalogue([one], [state for state in STATES.values() if state not in {feed.state for feed in one.feeds}])
    check_breakdowns({"status": ("K99",)}, catalogue)
    with pytest.raises(TypeError, match=f"{HERE} : K99 ne se répartit pas par role"):
        check_breakdowns({"role": ("K99",)}, catalogue)
    check_breakdowns({"axis": ("K99",)}, catalogue)
    with pytest.raises(TypeError, match=f"{HERE} : K99 : les valeurs de cohort n'ont pas de nom"):
        check_breakdowns({"cohort": ("K99",)}, catalogue)
