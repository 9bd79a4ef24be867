"""Folded names write « saint » for « st », and communes are searched by any of their names: what is folded already is folded anew."""

import re
import unicodedata
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ABBREVIATIONS = {"st": "saint", "ste": "sainte"}
LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
LETTERS_BEFORE = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
NAMES = (("commune", "code", "name"), ("organisation", "id", "name"), ("site", "id", "name"))


def fold(name: str) -> str:
    """As `kernel.base.folding` did when this was written."""
    words = _words(unicodedata.normalize("NFKD", name).lower().translate(LETTERS)).split()
    return " ".join(ABBREVIATIONS.get(word, word) for word in words)


def fold_before(name: str) -> str:
    """As the release before did."""
    return _words(unicodedata.normalize("NFD", name.lower().translate(LETTERS_BEFORE)))


def _words(decomposed: str) -> str:
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()


def _fold_all(table: str, key: str, name: str, folding: Callable[[str], str]) -> None:
    rows = sa.table(table, sa.column(key), sa.column(name), sa.column("folded"), schema="access")
    connection = op.get_bind()
    found = connection.execute(sa.select(rows.c[key], rows.c[name], rows.c.folded)).all()
    changed = [{"key": identifier, "anew": anew} for identifier, said, folded in found if (anew := folding(said)) != folded]
    if changed:
        connection.execute(sa.update(rows).where(rows.c[key] == sa.bindparam("key")).values(folded=sa.bindparam("anew")), changed)


def upgrade() -> None:
    """Up."""
    op.add_column("commune", sa.Column("words", sa.ARRAY(sa.Text()), nullable=True), schema="access")
    op.add_column("commune_old", sa.Column("folded", sa.Text(collation="C"), nullable=True), schema="access")
    op.add_column("commune_old", sa.Column("words", sa.ARRAY(sa.Text()), nullable=True), schema="access")
    for names in (*NAMES, ("commune_old", "code_old", "name_old")):
        _fold_all(*names, fold)
    op.execute("UPDATE access.commune SET words = string_to_array(folded, ' ') || code || postal_codes")
    op.execute(
        "UPDATE access.commune_old o SET words = string_to_array(o.folded, ' ') || o.code_old || c.postal_codes "
        "FROM access.commune c WHERE c.code = o.code_now"
    )
    for table, column in (("commune", "words"), ("commune_old", "folded"), ("commune_old", "words")):
        op.alter_column(table, column, nullable=False, schema="access")
    op.drop_index(op.f("commune_folded"), table_name="commune", schema="access")
    op.create_index("commune_search", "commune", [sa.literal_column("array_to_tsvector(words)")], schema="access", postgresql_using="gin")
    op.create_index("commune_old_now", "commune_old", ["code_now"], schema="access")
    op.create_index(
        "commune_old_search", "commune_old", [sa.literal_column("array_to_tsvector(words)")], schema="access", postgresql_using="gin"
    )
    op.drop_index(op.f("organisation_search"), table_name="organisation", schema="access", postgresql_using="gin")
    op.create_index(
        "organisation_search",
        "organisation",
        [sa.literal_column("array_to_tsvector(string_to_array(folded, ' '))")],
        schema="access",
        postgresql_using="gin",
    )
    op.drop_index(op.f("site_search"), table_name="site", schema="access", postgresql_using="gin")
    op.create_index(
        "site_search",
        "site",
        [
            sa.literal_column(
                "array_to_tsvector(string_to_array(folded, ' ') || array_remove(ARRAY['INSEE' || commune_code, postal_code], NULL))"
            )
        ],
        schema="access",
        postgresql_using="gin",
    )


def downgrade() -> None:
    """Down."""
    op.drop_index("site_search", table_name="site", schema="access", postgresql_using="gin")
    op.create_index(
        op.f("site_search"),
        "site",
        [sa.literal_column("to_tsvector('simple'::regconfig, folded)")],
        schema="access",
        postgresql_using="gin",
    )
    op.drop_index("organisation_search", table_name="organisation", schema="access", postgresql_using="gin")
    op.create_index(
        op.f("organisation_search"),
        "organisation",
        [sa.literal_column("to_tsvector('simple'::regconfig, folded)")],
        schema="access",
        postgresql_using="gin",
    )
    op.drop_index("commune_old_search", table_name="commune_old", schema="access", postgresql_using="gin")
    op.drop_index("commune_old_now", table_name="commune_old", schema="access")
    op.drop_column("commune_old", "words", schema="access")
    op.drop_column("commune_old", "folded", schema="access")
    op.drop_index("commune_search", table_name="commune", schema="access", postgresql_using="gin")
    op.create_index(op.f("commune_folded"), "commune", ["folded"], schema="access")
    op.drop_column("commune", "words", schema="access")
    op.execute("DELETE FROM access.commune_old WHERE code_old = code_now")
    for names in NAMES:
        _fold_all(*names, fold_before)
