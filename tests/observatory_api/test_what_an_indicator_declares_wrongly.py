"""An indicator that readers could not be told of is refused where it is declared, in a sentence that names its file."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, cast

import pytest

from services.contracts.actions import ActionState
from services.contracts.codes import Axis, Side
from services.contracts.registry import STATES
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.contributions import Contribution
from services.observatory_api.indicators.declare import derived, distribution, ratio, total
from services.observatory_api.indicators.dimensions import AXIS, ROLE, STATUS, URGENCY, Dimension
from services.observatory_api.indicators.kinds import Better, Period
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.telling import Column, Says
from services.observatory_api.indicators.themes import PLAN, Theme

NONE = no_list("aucune liste n'a ce qu'un essai compte")
ONES = Noun("essai", "essais")
SOUND: dict[str, Any] = {"label": "Essai", "theme": PLAN, "counted": ONES, "definition": 1, "listing": NONE}
SIDE = Dimension("side", "Versant", Side)
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
    sound: dict[str, Any] = {**SOUND, "by": (AXIS, STATUS), "labels": (STATUS,)}
    made: Indicator = total("K99", **sound | changed)(nothing)
    return made


def test_a_sound_indicator_is_accepted() -> None:
    assert a_total().fields == (AXIS,)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: a_total(label=" "), "K99 n'a pas de libellé"),
        (lambda: derived("K98", **SOUND | {"label": ""}, of=("K03",), among=ONES)(made_of), "K98 n'a pas de libellé"),
        (lambda: total("K99", **SOUND)(unsaid), "K99 n'a pas de définition en mots"),
        (lambda: ratio("K96", **SOUND)(nothing), "K96 : une part, et elle seule, dit ce par quoi elle divise"),
        (lambda: a_total(among=ONES), "K99 : une part, et elle seule, dit ce par quoi elle divise"),
        (lambda: a_total(late=ONES, better=Better.down), "K99 : un retard .* est d'une part"),
        (lambda: ratio("K96", **SOUND, among=ONES, late=ONES)(nothing), "K96 : un retard .* dit ce qui vaut mieux"),
        (lambda: a_total(period=Period.twelve_months), "K99 : un stock n'a pas de période"),
        (lambda: a_total(shown_by=(ROLE,)), "K99 : role n'est pas parmi ses dimensions"),
        (lambda: a_total(labels=(STATUS, ROLE)), "K99 : role n'est pas parmi ses dimensions"),
        (lambda: a_total(shown_by=(AXIS,)), "K99 : ce qui se montre par axe a ses colonnes"),
        (lambda: a_total(columns=(Column("Essais", Says.value),)), "K99 : ce qui se montre par axe a ses colonnes"),
        (lambda: a_total(by=(URGENCY,), labels=()), "K99 : action n'a pas de urgency ; déclarez-la dans labels"),
        (lambda: a_total(by=(SIDE,), labels=()), "K99 : action a plusieurs sides ; déclarez la dimension several=True"),
        (
            lambda: distribution("K97", **SOUND)(cast("Any", made_of)),
            "made_of : son argument s'annote de l'état",
        ),
    ],
)
def test_what_a_reader_could_not_be_told_is_refused(declare: Callable[[], Indicator], said: str) -> None:
    with pytest.raises(TypeError, match=f"{HERE} : {said}"):
        declare()


def test_two_dimensions_of_one_name_are_refused() -> None:
    other = replace(AXIS, label="Un autre axe")
    with pytest.raises(TypeError, match=rf"{HERE} : K99 a une autre dimension axis que K\d\d, dans services/"):
        Catalogue([*CATALOGUE.indicators, a_total(by=(other, STATUS))], [])


@pytest.mark.parametrize(("name", "label"), [("Axis", "Axe"), ("axis-of-work", "Axe"), ("", "Axe"), ("axis", " "), ("a" * 31, "Axe")])
def test_a_dimension_is_a_query_parameter_with_a_label(name: str, label: str) -> None:
    with pytest.raises(TypeError, match="a un nom en minuscules"):
        Dimension(name, label, Axis)


@pytest.mark.parametrize("theme", [PLAN._replace(title="Un autre"), PLAN._replace(anchor="autre"), PLAN._replace(order=2)])
def test_two_themes_in_one_place_are_refused(theme: Theme) -> None:
    others = [one for one in CATALOGUE.indicators if one.theme == PLAN or one.theme.order == 2]
    with pytest.raises(TypeError, match=r"le thème \w+ a l'ancre ou le rang de \w+, dans services/"):
        Catalogue([*others, a_total(theme=theme)], STATES.values())
