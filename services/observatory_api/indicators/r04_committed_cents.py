"""Money committed."""

from collections.abc import Iterable

from services.contracts.recruitment import CommitmentState
from services.observatory_api.indicators.contributions import Contribution, count, lasting
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, FISCAL_YEAR, SCHEME_CODE
from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Euros
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R04",
    label="Montant engagé",
    theme=RECRUITMENT,
    definition=1,
    counted=Euros("engagé", "engagés"),
    unit=Unit.cents,
    by=(SCHEME_CODE, FISCAL_YEAR, DEPARTMENT),
    listing=rows_of("/recruitment/v1/commitments?status=committed", note="une ligne par engagement : son montant", by_department=False),
)
def committed_cents(commitment: CommitmentState) -> Iterable[Contribution]:
    """Montant engagé : somme des engagements pris sur les enveloppes, moins ceux qui ont été libérés, en centimes."""
    yield from lasting(count(commitment.committed_on, commitment.amount_cents), commitment.released_on)
