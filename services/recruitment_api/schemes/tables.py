"""Where recruitment schemes live."""

from sqlalchemy import CheckConstraint, Text, UniqueConstraint

from services.contracts.recruitment import SchemeKind, SchemeStatus
from services.kernel.data.columns import internal, one_of, page_index
from services.kernel.data.records import with_history
from services.recruitment_api.base import RecruitmentRecord


class Scheme(RecruitmentRecord, table=True):
    """Un dispositif de recrutement."""

    __tablename__ = "scheme"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint(one_of("kind", SchemeKind), "kind"),
        CheckConstraint(one_of("status", SchemeStatus), "status"),
        page_index("scheme_kind_page", "kind"),
        page_index("scheme_status_page", "status"),
    )

    code: str = internal(Text)
    kind: SchemeKind = internal(Text)
    label: str = internal(Text)
    description: str | None = internal(Text, default=None)
    legal_basis: str | None = internal(Text, default=None)
    status: SchemeStatus = internal(Text, default=SchemeStatus.draft)

    @property
    def scheme_kind(self) -> SchemeKind:
        """The kind, as events call it: there, `kind` is the kind of state."""
        return self.kind


with_history(Scheme)
