"""How much of the ceilings is committed."""

from services.observatory_api.indicators.declare import derived
from services.observatory_api.indicators.dimensions import DEPARTMENT, FISCAL_YEAR, SCHEME_CODE
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Figure, quotient
from services.observatory_api.indicators.nouns import Euros
from services.observatory_api.indicators.telling import Spent
from services.observatory_api.indicators.themes import RECRUITMENT


@derived(
    "R05",
    label="Taux d'engagement",
    theme=RECRUITMENT,
    definition=1,
    counted=Euros("engagé", "engagés"),
    among=Euros("de plafond", "de plafonds"),
    of=("R04", "R08"),
    by=(SCHEME_CODE, FISCAL_YEAR, DEPARTMENT),
    spent=Spent((SCHEME_CODE, FISCAL_YEAR), "le dispositif {scheme_code} a presque épuisé ses plafonds de {fiscal_year}"),
    listing=rows_of("/recruitment/v1/envelopes", note="une ligne par enveloppe : ce qui est engagé, et son plafond"),
)
def commit_rate(committed: Figure, ceilings: Figure) -> Figure:
    """Taux d'engagement : montant engagé (R04), rapporté aux plafonds des enveloppes (R08)."""
    return quotient(committed.numerator, ceilings.numerator)
