"""The life cycle of an organisation, and of a site, in one look."""

from services.contracts.access import OrganisationStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.active: (S.closed,), S.closed: (S.active,)}, {S.active: "actif", S.closed: "fermé"})

move = LIFECYCLE.move

OPERATIONS = {
    "changeOrganisation": (S.active, S.closed),
    "closeOrganisation": (S.active,),
    "reopenOrganisation": (S.closed,),
}
"""The operations on an organisation, and the statuses from which each may be asked for."""

SITE_OPERATIONS = {
    "changeSite": (S.active, S.closed),
    "transferSite": (S.active, S.closed),
    "closeSite": (S.active,),
    "reopenSite": (S.closed,),
}
"""The same of a site."""
