"""A partner in Python, with a client made of the documents alone: from a commune to a published need, and a refusal that it understands."""

import json
import sys
import time
from datetime import date

from access import AuthenticatedClient as AccessClient, Client as PublicClient
from access.api.communes import list_communes
from access.api.organisations import create_organisation
from access.api.sites import create_site
from access.models import CommunePage, Department, OrganisationCreate, OrganisationRead, OrganisationRole, Sector, SiteCreate, SiteRead
from recruitment import AuthenticatedClient
from recruitment.api.needs import create_need, publish_need
from recruitment.models import InvalidProblem, LegalForm, NeedCreate, NeedRead, Profession, RecruitmentConflictProblem
from recruitment.types import UNSET


def main(address: str, token: str) -> None:
    """Plays it, and says what came of it as JSON."""
    access = AccessClient(base_url=f"{address}/access", token=token)
    recruitment = AuthenticatedClient(base_url=f"{address}/recruitment", token=token)

    communes = list_communes.sync(client=PublicClient(base_url=f"{address}/access"), department=Department.LOIRE_ATLANTIQUE, limit=1)
    assert isinstance(communes, CommunePage), communes
    employer = create_organisation.sync(
        client=access, body=OrganisationCreate(name="Clinique du partenaire", roles=[OrganisationRole.EMPLOYER])
    )
    assert isinstance(employer, OrganisationRead), employer
    site = create_site.sync(
        client=access,
        body=SiteCreate(
            organisation_id=employer.id, name="Site du partenaire", commune_code=communes.items[0].code, sector=Sector.SANITARY
        ),
    )
    assert isinstance(site, SiteRead), site

    wanted = NeedCreate(
        site_id=site.id,
        organisation_id=employer.id,
        profession=Profession.AIDE_SOIGNANT,
        headcount=2,
        legal_forms=[LegalForm.CDI],
        starts_on=date(2150, 2, 1),
        expires_on=date(2150, 1, 1),
    )
    need = create_need.sync(client=recruitment, body=wanted)
    for _ in range(100):
        if not isinstance(need, InvalidProblem):
            break
        time.sleep(0.1)  # until the service has heard of the site
        need = create_need.sync(client=recruitment, body=wanted)
    assert isinstance(need, NeedRead), need

    published = publish_need.sync(need.id, client=recruitment, if_match=f'"{need.version}"')
    assert isinstance(published, NeedRead), published
    again = publish_need.sync(need.id, client=recruitment, if_match=f'"{published.version}"')
    assert isinstance(again, RecruitmentConflictProblem), again
    assert again.existing_id is UNSET
    said = {
        "status": published.status,
        "urgency": published.urgency,
        "refused": again.type_,
        "now": again.status_now,
        "allowed": again.allowed_operations,
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:3])
