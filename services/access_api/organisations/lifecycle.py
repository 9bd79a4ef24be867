"""The life cycle of an organisation, and of a site, in one look."""

from services.contracts.access import OrganisationStatus as S, SiteStatus
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.active: (S.suspended, S.closed), S.suspended: (S.active, S.closed), S.closed: (S.active,)},
    {S.active: "actif", S.suspended: "suspendu", S.closed: "fermé"},
)
SITE_LIFECYCLE = Lifecycle(
    {SiteStatus.active: (SiteStatus.closed,), SiteStatus.closed: (SiteStatus.active,)},
    {SiteStatus.active: "actif", SiteStatus.closed: "fermé"},
)

move = LIFECYCLE.move
move_site = SITE_LIFECYCLE.move

OPERATIONS = {
    "changeOrganisation": (S.active, S.suspended, S.closed),
    "suspendOrganisation": (S.active,),
    "resumeOrganisation": (S.suspended,),
    "closeOrganisation": (S.active, S.suspended),
    "reopenOrganisation": (S.closed,),
}
"""The operations on an organisation, and the statuses from which each may be asked for."""

SITE_OPERATIONS = {
    "changeSite": (SiteStatus.active, SiteStatus.closed),
    "transferSite": (SiteStatus.active, SiteStatus.closed),
    "closeSite": (SiteStatus.active,),
    "reopenSite": (SiteStatus.closed,),
}
"""The same of a site."""
