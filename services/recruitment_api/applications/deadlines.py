"""By when an application is to be answered: deadlines are given once, when it is submitted, and stay but for days of concealment."""

from datetime import date, timedelta

from services.contracts.recruitment import NeedUrgency
from services.kernel.base.worked_days import add_worked_days, worked_from

PRESSING = (NeedUrgency.urgent, NeedUrgency.critical)
PRESSING_DELAY = timedelta(days=2)
WORKED_DAYS = 10


def respond_by(submitted_on: date, urgency: NeedUrgency) -> date:
    """The last day for an answer, which is a worked day: the tenth one on; when it presses, the one on which 48 hours end, or the next."""
    if urgency in PRESSING:
        return worked_from(submitted_on + PRESSING_DELAY)
    return add_worked_days(submitted_on, WORKED_DAYS)
