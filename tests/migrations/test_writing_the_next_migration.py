"""`make revision`: what the tables declare and the migrations do not make becomes the next migration, and nothing else is written."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.actions_api.service import SERVICE as ACTIONS
from services.kernel.data.privacy import INTERNAL, PUBLIC
from services.kernel.data.schema_revisions import revisions_of
from services.kernel.data.service import Service
from tests.migrations.__main__ import main
from tests.migrations.writing import write_migration

HEAD = revisions_of(ACTIONS.name).head or ""
NEXT = f"{int(HEAD) + 1:04}"
WRITTEN = f'''"""Copies have a colour."""

import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("organisation_copy", sa.Column("colour", sa.Text(), nullable=True), schema="actions")
    op.create_index("organisation_copy_colour", "organisation_copy", ["colour"], schema="actions")
    op.create_check_constraint(op.f("organisation_copy_colour_check"), "organisation_copy", "colour <> ''", schema="actions")
    op.drop_constraint(op.f("action_weight_check"), "action", schema="actions", type_="check")
    op.create_check_constraint(op.f("action_weight_check"), "action", "weight BETWEEN 1 AND 50", schema="actions")


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("action_weight_check"), "action", schema="actions", type_="check")
    op.create_check_constraint(op.f("action_weight_check"), "action", "weight >= 1 AND weight <= 100", schema="actions")
    op.drop_constraint(op.f("organisation_copy_colour_check"), "organisation_copy", schema="actions", type_="check")
    op.drop_index("organisation_copy_colour", table_name="organisation_copy", schema="actions")
    op.drop_column("organisation_copy", "colour", schema="actions")
'''


@pytest.fixture
def changed() -> Service:
    """The plan's service, whose copies of organisations have one more column, and whose actions weigh less."""
    metadata = sa.MetaData(schema=ACTIONS.name, naming_convention=ACTIONS.metadata.naming_convention)
    for table in ACTIONS.metadata.sorted_tables:
        table.to_metadata(metadata)
    copy, action = metadata.tables["actions.organisation_copy"], metadata.tables["actions.action"]
    copy.append_column(sa.Column("colour", sa.Text))
    copy.append_constraint(sa.CheckConstraint("colour <> ''", "colour"))
    sa.Index("organisation_copy_colour", copy.c.colour)
    weight = next(each for each in action.constraints if str(each.name).endswith("weight_check"))
    action.constraints.remove(weight)
    action.append_constraint(sa.CheckConstraint("weight BETWEEN 1 AND 50", "weight"))
    return replace(ACTIONS, metadata=metadata)


def test_what_the_tables_have_more_is_written_as_the_house_writes_it(changed: Service, migrated: str, tmp_path: Path) -> None:
    path = write_migration(changed, migrated, "copies have a colour.", tmp_path)
    assert path == tmp_path / f"{NEXT}_copies_have_a_colour.py"
    assert path.read_text("utf-8") == WRITTEN


def test_a_new_table_is_written_without_its_privacy_tags(changed: Service, migrated: str, tmp_path: Path) -> None:
    sa.Table("colour", changed.metadata, sa.Column("code", sa.Text, primary_key=True, info=PUBLIC), info=INTERNAL)
    path = write_migration(changed, migrated, "Colours", tmp_path)
    assert path is not None
    source = path.read_text("utf-8")
    assert 'op.drop_table("colour", schema="actions")' in source
    assert "info" not in source


def test_with_nothing_to_migrate_nothing_is_written(tmp_path: Path, postgres: None) -> None:
    assert main("access", "Nothing", tmp_path) == "Nothing to migrate: the migrations of access make what its tables declare"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message", "said"),
    [
        ("", "A column", "no service «  »; there are access, actions, internships, recruitment, observatory"),
        ("kernel", "A column", "no service « kernel »; there are access,"),
        ("access", "", "the message names the file"),
        ("access", " . ", "the message names the file"),
        ("access", 'A """', "without quotation marks"),
        ("access", "A\nB", "words on one line"),
    ],
)
def test_what_is_asked_wrongly_is_said(name: str, message: str, said: str) -> None:
    with pytest.raises(SystemExit, match=f"make revision SERVICE=.*{said}"):
        main(name, message)
