"""The list of indicators: what is not here does not exist."""

from collections.abc import Collection, Mapping, Sequence

from services.contracts.envelope import State
from services.contracts.registry import STATES
from services.kernel.base.declarations import file_of
from services.observatory_api.indicators.a01_active_sites import active_sites
from services.observatory_api.indicators.a02_active_organisations import active_organisations
from services.observatory_api.indicators.i01_offered_seat_weeks import offered_seat_weeks
from services.observatory_api.indicators.i01_offered_seat_weeks_2 import offered_seat_weeks_by_week
from services.observatory_api.indicators.i04_fill_rate import fill_rate as placement_fill_rate
from services.observatory_api.indicators.i04_fill_rate_2 import fill_rate_by_week
from services.observatory_api.indicators.i08_response_time import response_time
from services.observatory_api.indicators.i09_decline_rate import decline_rate
from services.observatory_api.indicators.i27_active_units import active_units
from services.observatory_api.indicators.i27_active_units_2 import shown_units
from services.observatory_api.indicators.i28_open_offers import open_offers
from services.observatory_api.indicators.i28_open_offers_2 import shown_offers
from services.observatory_api.indicators.i29_pending_requests import pending_requests
from services.observatory_api.indicators.i29_pending_requests_2 import shown_requests
from services.observatory_api.indicators.k03_actions_by_status import actions_by_status
from services.observatory_api.indicators.k03_actions_by_status_2 import actions_by_status_everywhere
from services.observatory_api.indicators.k04_flagship_launched import flagship_launched
from services.observatory_api.indicators.k04_flagship_launched_2 import flagship_launched_everywhere
from services.observatory_api.indicators.k05_actions_late import actions_late
from services.observatory_api.indicators.k05_actions_late_2 import actions_late_or_past_their_end
from services.observatory_api.indicators.k06_milestones_on_time import milestones_on_time
from services.observatory_api.indicators.k06_milestones_on_time_3 import milestones_on_time_everywhere
from services.observatory_api.indicators.k07_milestone_slip import milestone_slip
from services.observatory_api.indicators.k07_milestone_slip_3 import milestone_slip_everywhere
from services.observatory_api.indicators.k08_milestones_overdue import milestones_overdue
from services.observatory_api.indicators.k08_milestones_overdue_3 import milestones_overdue_everywhere
from services.observatory_api.indicators.k14_transversality import transversality
from services.observatory_api.indicators.k14_transversality_2 import transversality_everywhere
from services.observatory_api.indicators.k15_axis_objective_coverage import axis_objective_coverage
from services.observatory_api.indicators.k15_axis_objective_coverage_2 import axis_objective_coverage_everywhere
from services.observatory_api.indicators.k32_actions_in_preparation import actions_in_preparation
from services.observatory_api.indicators.k32_actions_in_preparation_2 import actions_in_preparation_everywhere
from services.observatory_api.indicators.model import Feed, Indicator
from services.observatory_api.indicators.r01_open_posts import open_posts
from services.observatory_api.indicators.r01_open_posts_2 import shown_posts
from services.observatory_api.indicators.r02_fill_rate import fill_rate as post_fill_rate
from services.observatory_api.indicators.r03_time_to_fill import time_to_fill
from services.observatory_api.indicators.r04_committed_cents import committed_cents
from services.observatory_api.indicators.r05_commit_rate import commit_rate
from services.observatory_api.indicators.r06_employers_recruiting import employers_recruiting
from services.observatory_api.indicators.r06_employers_recruiting_2 import employers_seeking
from services.observatory_api.indicators.r07_answer_rate import answer_rate
from services.observatory_api.indicators.r07_answer_rate_2 import answer_rate_of_standing_needs
from services.observatory_api.indicators.r07_answer_rate_3 import answer_rate_while_shown
from services.observatory_api.indicators.r08_envelope_ceilings import envelope_ceilings
from services.observatory_api.indicators.r09_active_schemes import active_schemes
from services.observatory_api.indicators.r10_applications_received import applications_received
from services.observatory_api.indicators.r11_pending_applications import pending_applications
from services.observatory_api.indicators.r11_pending_applications_2 import shown_applications
from services.observatory_api.indicators.r12_open_envelopes import open_envelopes

NOT_COUNTED: Mapping[type[State], str] = {}
"""The states that no indicator reads, each with the reason. Their facts are kept, so that an indicator may count them one day."""


class Catalogue:
    """Indicators by code and definition number, and those that a kind of state feeds.

    A code may be there twice while a new definition is filled beside the old. A retired one is read, no longer fed.
    Raises `TypeError` unless every state either feeds an indicator or is among those that are not counted.
    """

    def __init__(self, indicators: Sequence[Indicator], not_counted: Collection[type[State]] = NOT_COUNTED.keys()) -> None:
        self.indicators = tuple(sorted(indicators, key=lambda indicator: (indicator.code, indicator.definition)))
        self.feeds: dict[type[State], tuple[tuple[Indicator, Feed], ...]] = {}
        for indicator in self.indicators:
            for feed in () if indicator.retired else indicator.feeds:
                self.feeds[feed.state] = (*self.feeds.get(feed.state, ()), (indicator, feed))
        self._check_counted(not_counted)

    def definitions(self, code: str) -> Mapping[int, Indicator]:
        """An indicator's definitions by number, the oldest first; empty when the code is unknown."""
        return {indicator.definition: indicator for indicator in self.indicators if indicator.code == code}

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, sorted."""
        return tuple(dict.fromkeys(indicator.code for indicator in self.indicators))

    def _check_counted(self, not_counted: Collection[type[State]]) -> None:
        where = file_of(type(self))
        if forgotten := [state.__name__ for state in STATES.values() if state not in self.feeds and state not in not_counted]:
            names = ", ".join(forgotten)
            raise TypeError(f"{where} : aucun indicateur ne lit {names} : ajoutez-en un, ou dites pourquoi dans NOT_COUNTED.")
        for state in not_counted:
            if codes := ", ".join(dict.fromkeys(indicator.code for indicator, _ in self.feeds.get(state, ()))):
                raise TypeError(f"{where} : {state.__name__} est dans NOT_COUNTED, et {codes} le lit.")


CATALOGUE = Catalogue(
    (
        active_sites,
        active_organisations,
        actions_by_status,
        actions_by_status_everywhere,
        flagship_launched,
        flagship_launched_everywhere,
        actions_late,
        actions_late_or_past_their_end,
        milestones_on_time,
        milestones_on_time_everywhere,
        milestone_slip,
        milestone_slip_everywhere,
        milestones_overdue,
        milestones_overdue_everywhere,
        transversality,
        transversality_everywhere,
        axis_objective_coverage,
        axis_objective_coverage_everywhere,
        actions_in_preparation,
        actions_in_preparation_everywhere,
        offered_seat_weeks,
        offered_seat_weeks_by_week,
        placement_fill_rate,
        fill_rate_by_week,
        response_time,
        decline_rate,
        active_units,
        shown_units,
        open_offers,
        shown_offers,
        pending_requests,
        shown_requests,
        open_posts,
        shown_posts,
        post_fill_rate,
        time_to_fill,
        committed_cents,
        commit_rate,
        employers_recruiting,
        employers_seeking,
        answer_rate,
        answer_rate_of_standing_needs,
        answer_rate_while_shown,
        envelope_ceilings,
        active_schemes,
        applications_received,
        pending_applications,
        shown_applications,
        open_envelopes,
    )
)
