"""internships_api on one page: its routes, who hears its events, what it hears, what it does at regular times."""

from datetime import timedelta

from services.internships_api.base import METADATA
from services.internships_api.capacity.routes import routes as capacity
from services.internships_api.copies import holdings
from services.internships_api.meaning import MEANING
from services.internships_api.names import FOLLOW_NAMES
from services.internships_api.offers.endings import end_requests_left_pending
from services.internships_api.offers.operations import close_all_past
from services.internships_api.offers.routes import routes as offers
from services.internships_api.placements.routes import routes as placements
from services.internships_api.requests.routes import routes as requests
from services.internships_api.standing import FOLLOW, apply
from services.internships_api.units.routes import routes as units
from services.kernel.data.service import Job, Service

SERVICE = Service(
    name="internships",
    title="PlaM · stages",
    description="Les stages de la région : terrains et capacité d'accueil, offres, demandes des instituts, stages confirmés.",
    metadata=METADATA,
    routers=(units, capacity, offers, requests, placements),
    consumers={"observatory": frozenset({"unit", "offer", "request", "placement"}), "access": frozenset({"notice"})},
    apply=apply,
    holdings=holdings,
    jobs=(
        Job("close_offers", timedelta(hours=1), close_all_past),
        Job("end_requests", timedelta(hours=1), end_requests_left_pending),
        FOLLOW,
        FOLLOW_NAMES,
    ),
    meaning=MEANING,
)
