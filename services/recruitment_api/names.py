"""The names that needs, applications and assignments bear beside ids: of the employer, of the site, of its commune."""

from collections.abc import Mapping
from datetime import timedelta

from services.kernel.data.names import Names, Naming, Source
from services.kernel.data.records import table_of
from services.kernel.data.service import Job
from services.recruitment_api.applications.tables import Application
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.copies import ORGANISATIONS, SITES
from services.recruitment_api.needs.tables import StaffingNeed

NEED = table_of(StaffingNeed)
EMPLOYER = Source("organisation_id", ORGANISATIONS.table)
OF_NEED: Mapping[str, Source] = {
    "organisation_name": EMPLOYER,
    "site_name": Source("need_id", NEED, "site_name"),
    "commune": Source("need_id", NEED, "commune"),
}

NEED_NAMES = Names(
    StaffingNeed,
    "recruitment.need.renamed",
    organisation_name=EMPLOYER,
    site_name=Source("site_id", SITES.table),
    commune=Source("site_id", SITES.table, "commune"),
)
APPLICATION_NAMES = Names(Application, "recruitment.application.renamed", **OF_NEED)
ASSIGNMENT_NAMES = Names(Assignment, "recruitment.assignment.renamed", **OF_NEED)

NAMING = Naming("follow_names", NEED_NAMES, APPLICATION_NAMES, ASSIGNMENT_NAMES)

FOLLOW_NAMES = Job(NAMING.job, timedelta(hours=1), NAMING.follow_all)
