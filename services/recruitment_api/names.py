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

EMPLOYER = Source("organisation_id", ORGANISATIONS.table)
OF_NEED: Mapping[str, Source] = {
    "organisation_name": EMPLOYER,
    "site_name": Source("need_id", table_of(StaffingNeed), "site_name"),
    "commune": Source("need_id", table_of(StaffingNeed), "commune"),
}

NEEDS = Names(
    StaffingNeed,
    "recruitment.need.renamed",
    organisation_name=EMPLOYER,
    site_name=Source("site_id", SITES.table),
    commune=Source("site_id", SITES.table, "commune"),
)
APPLICATIONS = Names(Application, "recruitment.application.renamed", **OF_NEED)
ASSIGNMENTS = Names(Assignment, "recruitment.assignment.renamed", **OF_NEED)

NAMING = Naming("follow_names", NEEDS, APPLICATIONS, ASSIGNMENTS)

FOLLOW_NAMES = Job(NAMING.job, timedelta(hours=1), NAMING.follow_all)
