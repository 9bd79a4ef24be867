"""The names that units, offers, requests and placements bear beside ids: of organisations, sites and communes, and of the unit itself."""

from collections.abc import Mapping
from datetime import timedelta

from services.internships_api.copies import ORGANISATIONS, SITES
from services.internships_api.offers.tables import Offer
from services.internships_api.placements.tables import Placement
from services.internships_api.requests.tables import PlacementRequest
from services.internships_api.units.tables import Unit
from services.kernel.data.names import Names, Naming, Source
from services.kernel.data.records import table_of
from services.kernel.data.service import Job

UNIT, OFFER = table_of(Unit), table_of(Offer)
HOST = Source("organisation_id", ORGANISATIONS.table)
OF_OFFER: Mapping[str, Source] = {
    "organisation_name": HOST,
    "institute_name": Source("institute_id", ORGANISATIONS.table),
    "unit_name": Source("offer_id", OFFER, "unit_name"),
    "site_name": Source("offer_id", OFFER, "site_name"),
    "commune": Source("offer_id", OFFER, "commune"),
}

UNIT_NAMES = Names(
    Unit,
    "internships.unit.renamed",
    organisation_name=HOST,
    site_name=Source("site_id", SITES.table),
    commune=Source("site_id", SITES.table, "commune"),
)
OFFER_NAMES = Names(
    Offer,
    "internships.offer.renamed",
    organisation_name=HOST,
    unit_name=Source("unit_id", UNIT),
    site_name=Source("unit_id", UNIT, "site_name"),
    commune=Source("unit_id", UNIT, "commune"),
)
REQUEST_NAMES = Names(PlacementRequest, "internships.request.renamed", **OF_OFFER)
PLACEMENT_NAMES = Names(Placement, "internships.placement.renamed", **OF_OFFER)

NAMING = Naming("follow_names", UNIT_NAMES, OFFER_NAMES, REQUEST_NAMES, PLACEMENT_NAMES)

FOLLOW_NAMES = Job(NAMING.job, timedelta(hours=1), NAMING.follow_all)
