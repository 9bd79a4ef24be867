"""What a demonstration plays, and where: in a new folder of the embedded database, on worked days, on every axis."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.contracts.codes import Axis
from services.demo.actions import SHEETS
from services.demo.people import ADDRESS, FAMILY, GIVEN
from services.demo.places import HOUSES
from services.demo.play import CHAPTERS, ChapterName, check_folder, worked_days
from services.demo.world import FRAME
from services.kernel.base.settings import Settings

IMPORTED = {"F1", "F2", "F3", "F4"}


def test_only_a_new_folder_is_played_in(tmp_path: Path) -> None:
    check_folder(Settings(home=tmp_path / "new"))
    check_folder(Settings(home=tmp_path))
    (tmp_path / "secret").write_text("somebody's")
    with pytest.raises(ValueError, match=r"n'est pas vide : donnez à la démonstration un dossier neuf, par --home ou PLAM_HOME\.$"):
        check_folder(Settings(home=tmp_path))


def test_no_named_database_is_played_in(tmp_path: Path) -> None:
    named = Settings(home=tmp_path, actions_database_url=SecretStr("postgresql://db/actions"))
    with pytest.raises(ValueError, match="ne joue que sur la base embarquée"):
        check_folder(named)


def test_the_month_is_the_worked_days_of_september_after_the_frame() -> None:
    days = list(worked_days())
    assert (days[0], days[1], days[-1], len(days)) == (FRAME, date(2026, 9, 1), date(2026, 9, 30), 23)


def test_whatever_becomes_of_an_action_does_on_a_worked_day() -> None:
    played = {0 if day == FRAME else day.day for day in worked_days()}
    planned = {day for sheet in SHEETS for moves in (sheet.moves, *(step.moves for step in sheet.steps)) for day in moves}
    assert planned <= played


def test_every_axis_has_an_action_and_titles_are_invented_but_those_of_the_plan() -> None:
    assert {sheet.axis for sheet in SHEETS} == set(Axis)
    assert {sheet.ref for sheet in SHEETS if sheet.title is None} == IMPORTED


def test_every_department_has_an_employer_and_an_institute() -> None:
    for role in ("employer", "institute"):
        assert {department for _, roles, department, _ in HOUSES if role in roles} == {"44", "49", "53", "72", "85"}


def test_nobody_of_a_demonstration_can_be_written_to() -> None:
    assert ADDRESS.format(1).endswith("@demonstration.example.org")
    assert not {*GIVEN} & {*FAMILY}


def test_every_chapter_that_can_be_named_is_there() -> None:
    assert list(CHAPTERS) == list(ChapterName)
