"""Statements on the context series."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.selectable import Select

from services.observatory_api.context.series import ContextCode
from services.observatory_api.context.tables import context_series, context_value


def known(codes: Collection[ContextCode], known_at: datetime | None = None) -> Select[Any]:
    """The newest rows of some series, one a code, year and department, and their values: a row a value, or one without.

    `known_at`: only what was recorded by then.
    """
    of = context_series.c
    newest = sa.select(context_series).where(of.code == sa.any_(sa.literal([*codes], sa.ARRAY(sa.Text))))
    if known_at is not None:
        newest = newest.where(of.recorded_at <= known_at)
    newest = newest.ext(distinct_on(of.code, of.year, of.department))
    shown = newest.order_by(of.code, of.year, of.department, of.recorded_at.desc()).subquery("shown")
    value = context_value.c
    return (
        sa.select(shown, value.measure, value.category, value.label, value.value, value.reported, value.lines)
        .join_from(shown, context_value, value.series == shown.c.id, isouter=True)
        .order_by(shown.c.code, shown.c.year.desc(), shown.c.department, value.measure, value.category)
    )
