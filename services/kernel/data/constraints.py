"""From a constraint that the database enforced to the fields of the client's request."""

import asyncpg
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint

from services.kernel.base.problems import AlreadyExists, Conflict, FieldError
from services.kernel.data.nouns import NOUNS
from services.kernel.data.records import table_of


def conflict_of(error: asyncpg.IntegrityConstraintViolationError) -> Conflict:
    """The 409 of a broken constraint, naming its fields where the metadata knows them."""
    columns = columns_of(error.constraint_name or "")
    if isinstance(error, asyncpg.UniqueViolationError):
        return AlreadyExists("Cette valeur est déjà prise.", errors=_errors(columns, "already_exists", "Déjà pris."))
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return Conflict("La ressource citée n'existe pas.", errors=_errors(columns, "unknown_reference", "Référence inconnue."))
    return Conflict("Une règle de la base refuse ces valeurs.", errors=_errors(columns, "refused", "Valeur refusée."))


def _errors(columns: tuple[str, ...], code: str, detail: str) -> list[FieldError] | None:
    return [FieldError(pointer=f"#/{column}", location="body", code=code, detail=detail) for column in columns] or None


def columns_of(constraint: str) -> tuple[str, ...]:
    """The columns of a constraint or of a unique index of ours; none when it is not known."""
    return _columns_of().get(constraint, ())


def _columns_of() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for record in NOUNS:
        table = table_of(record)
        for constraint in table.constraints:
            if isinstance(constraint.name, str) and isinstance(constraint, (UniqueConstraint, ForeignKeyConstraint, CheckConstraint)):
                found[constraint.name] = tuple(column.name for column in constraint.columns)
        for index in table.indexes:
            if index.unique and index.name:
                found[index.name] = tuple(column.name for column in index.columns)
    return found
