"""The names that sites, memberships and credentials bear beside ids and codes: of their organisation and of their commune."""

from datetime import timedelta

from services.access_api.communes.tables import Commune
from services.access_api.credentials.tables import Credential
from services.access_api.memberships.tables import Membership
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import Site
from services.kernel.data.names import Names, Naming, Source
from services.kernel.data.records import table_of
from services.kernel.data.service import Job

ORGANISATION = table_of(Organisation)

SITE_NAMES = Names(
    Site,
    "access.site.renamed",
    organisation_name=Source("organisation_id", ORGANISATION),
    commune=Source("commune_code", table_of(Commune), key="code"),
)

MEMBERSHIP_NAMES = Names(Membership, "access.membership.renamed", organisation_name=Source("organisation_id", ORGANISATION))

CREDENTIAL_NAMES = Names(Credential, None, organisation_name=Source("organisation_id", ORGANISATION))

NAMING = Naming("follow_names", SITE_NAMES, MEMBERSHIP_NAMES, CREDENTIAL_NAMES)

FOLLOW_NAMES = Job(NAMING.job, timedelta(hours=1), NAMING.follow_all)
