"""How many applications were answered in time."""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState, ApplicationStatus
from services.contracts.standing import blocks
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, denominator, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, URGENCY
from services.observatory_api.indicators.kinds import Better, Period
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT


@ratio(
    "R07",
    label="Candidatures répondues à temps",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("candidature répondue à temps", "candidatures répondues à temps"),
    among=Noun("candidature au délai échu", "candidatures au délai échu"),
    period=Period.twelve_months,
    better=Better.up,
    by=(DEPARTMENT, PROFESSION, URGENCY),
    late=Noun(
        "candidature sur {of} n’a pas eu de réponse dans son délai ces douze mois",
        "candidatures sur {of} n’ont pas eu de réponse dans leur délai ces douze mois",
    ),
    listing=rows_of(
        "/recruitment/v1/applications?overdue=true", note="les candidatures qui attendent encore alors que leur délai est passé"
    ),
)
def answer_rate(application: ApplicationState) -> Iterable[Contribution]:
    """Candidatures répondues à temps.

    Part des candidatures auxquelles l'employeur a répondu dans le délai, parmi celles dont le délai est échu dans la période. Une
    candidature retirée sans réponse ne compte pas.
    """
    if application.status is ApplicationStatus.withdrawn and application.answered_at is None:
        return
    yield denominator(application.respond_by)
    if application.answered_at and day_of(application.answered_at) <= application.respond_by:
        yield numerator(application.respond_by)


@answer_rate.revised(2)
def answer_rate_of_standing_needs(application: ApplicationState) -> Iterable[Contribution]:
    """Candidatures répondues à temps.

    Part des candidatures auxquelles l'employeur a répondu dans le délai, parmi celles dont le délai est échu dans la période. Une
    candidature retirée sans réponse ne compte pas, ni celle dont le besoin a cessé de chercher avant la fin du délai.
    """
    if application.status is ApplicationStatus.withdrawn and application.answered_at is None:
        return
    if application.ended_on and application.ended_on <= application.respond_by:
        return
    yield denominator(application.respond_by)
    if application.answered_at and day_of(application.answered_at) <= application.respond_by:
        yield numerator(application.respond_by)


@answer_rate.revised(3)
def answer_rate_while_shown(application: ApplicationState) -> Iterable[Contribution]:
    """Candidatures répondues à temps.

    Part des candidatures auxquelles l'employeur a répondu dans le délai, parmi celles dont le délai est échu dans la période. Une
    candidature retirée sans réponse ne compte pas, ni celle dont le besoin a cessé de chercher avant la fin du délai. Le délai ne
    court pas tant que le besoin est dissimulé (site fermé).
    """
    if application.status is ApplicationStatus.withdrawn and application.answered_at is None:
        return
    if application.ended_on and application.ended_on <= application.respond_by:
        return
    last = application.respond_by
    if any(start <= last and (end is None or last < end) for start, end in blocks(application.concealed)):
        return
    yield denominator(last)
    if application.answered_at and day_of(application.answered_at) <= last:
        yield numerator(last)
