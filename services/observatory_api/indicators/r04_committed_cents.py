"""Montant engagé : somme des engagements pris sur les enveloppes, moins ceux qui ont été libérés, en centimes."""

from collections.abc import Iterable

from services.contracts.recruitment import CommitmentState
from services.observatory_api.indicators.model import Contribution, Unit, count, lasting, total


@total("R04", label="Montant engagé", definition=1, by=("scheme_code", "fiscal_year", "department"), unit=Unit.cents)
def committed_cents(commitment: CommitmentState) -> Iterable[Contribution]:
    yield from lasting(count(commitment.committed_on, commitment.amount_cents), commitment.released_on)
