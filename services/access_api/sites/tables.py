"""Where sites live. A SIRET is an attribute, not a key: several sites share one in reality."""

from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Index, Text, UniqueConstraint

from services.access_api.base import AccessRecord
from services.access_api.communes.tables import WORD as COMMUNE
from services.access_api.coordinates import Located, located
from services.contracts.access import SiteStatus
from services.contracts.codes import Department, Sector
from services.kernel.data.columns import internal, one_of, page_index, public
from services.kernel.data.folded import FOLDED, WORDS_OF_FOLDED, words_index
from services.kernel.data.records import with_history
from services.kernel.data.standing import Owned

WORDS = f"{WORDS_OF_FOLDED} || array_remove(ARRAY['{COMMUNE}' || commune_code, postal_code], NULL)"
"""What a site is searched in: the words of its name, its postal code, and its commune, which is looked for by its own names."""


class Site(Located, Owned, AccessRecord, table=True):
    """Un lieu d'exercice d'une organisation. Le département est celui de la commune."""

    __tablename__ = "site"
    __table_args__ = (
        UniqueConstraint("finess_et"),
        CheckConstraint("finess_et ~ '^[0-9][0-9AB][0-9]{7}$'", "finess_et"),
        CheckConstraint("siret ~ '^[0-9]{14}$'", "siret"),
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(one_of("sector", Sector), "sector"),
        CheckConstraint(one_of("status", SiteStatus), "status"),
        *located(),
        Index("site_twin", "commune_code", "folded"),
        page_index("site_organisation_page", "organisation_id"),
        page_index("site_department_page", "department"),
        page_index("site_commune_page", "commune_code"),
        page_index("site_category_page", "category_code"),
        page_index("site_siret_page", "siret"),
        page_index("site_sector_page", "sector"),
        page_index("site_status_page", "status"),
        words_index("site_search", WORDS),
    )

    organisation_id: UUID = public(SaUuid, references="organisation.id")
    organisation_name: str | None = public(Text, default=None)
    name: str = public(Text)
    official_name: str | None = public(Text, default=None)
    folded: str = public(FOLDED)
    finess_et: str | None = public(Text, default=None)
    siret: str | None = public(Text, default=None)
    category_code: str | None = public(Text, default=None)
    category_label: str | None = public(Text, default=None)
    commune_code: str = public(FOLDED, references="commune.code")
    commune: str | None = public(Text, default=None)
    postal_code: str | None = public(Text, default=None)
    address: str | None = public(Text, default=None)
    department: Department = public(Text)
    sector: Sector | None = public(Text, default=None)
    status: SiteStatus = public(Text, default=SiteStatus.active)
    status_reason: str | None = internal(Text, default=None)
    transfer_reason: str | None = internal(Text, default=None)


with_history(Site)
