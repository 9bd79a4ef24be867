"""By when an application is to be answered."""

from datetime import date, timedelta

from services.contracts.recruitment import NeedUrgency

PRESSING = (NeedUrgency.urgent, NeedUrgency.critical)
PRESSING_DELAY = timedelta(days=2)
WORKING_DAYS = 10
ONE_DAY = timedelta(days=1)


def respond_by(submitted_on: date, urgency: NeedUrgency) -> date:
    """The last day for an answer: two days on (48 h) when it presses, else ten working days on (Monday to Friday)."""
    if urgency in PRESSING:
        return submitted_on + PRESSING_DELAY
    day, left = submitted_on, WORKING_DAYS
    while left:
        day += ONE_DAY
        left -= day.weekday() < 5
    return day
