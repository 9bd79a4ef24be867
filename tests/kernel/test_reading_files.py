"""Whatever a file holds, each line that cannot be read is told, and the others are read."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from services.kernel.base import file_reading as reading
from services.kernel.base.file_reading import read_rows
from services.kernel.base.file_reports import Report

Read = tuple[list[tuple[int, tuple[str, ...]]], Report]


def read(path: Path, content: bytes) -> Read:
    path.write_bytes(content)
    report = Report()
    return list(read_rows(path, ("a", "b"), report)), report


def lines_of(report: Report) -> list[int]:
    return [problem.line for problem in report.problems if problem.blocking]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def test_columns_come_in_the_order_asked_for(path: Path) -> None:
    assert read(path, b"b,c,a\r\n1,2,3\r\n4,5,6")[0] == [(2, ("3", "1")), (3, ("6", "4"))]


def test_semicolons_and_a_byte_order_mark_are_understood(path: Path) -> None:
    assert read(path, b"\xef\xbb\xbfa;b\n1,5;2\n")[0] == [(2, ("1,5", "2"))]


@pytest.mark.parametrize(("cell", "encoding"), [("été", "latin-1"), ("L’ŒUVRE – ÉTÉ", "cp1252"), ("A\u00a0ÉTÉ", "cp1252")])
def test_f2_windows_1252_is_read_and_announced(path: Path, cell: str, encoding: str) -> None:
    rows, report = read(path, f"a;b\r\n{cell};1\r\n".encode(encoding))
    assert (rows, report.encoding, report.refused) == ([(2, (cell.replace("\u00a0", " "), "1"))], "windows-1252", False)
    assert [(problem.line, problem.blocking) for problem in report.problems] == [(2, False)]
    assert "Windows-1252" in str(report.problems[0])
    assert report.separator == "point-virgule"


@pytest.mark.parametrize("line", ["1\t2", '"1"\t"2"', "1\t2\t\t"])
def test_f2_tabs_are_recognised_and_said(path: Path, line: str) -> None:
    rows, report = read(path, f"a\tb\r\n{line}\r\n\t\r\n".encode())
    assert (rows, report.separator, report.lines) == ([(2, ("1", "2"))], "tabulation", 1)
    assert [(problem.line, problem.blocking) for problem in report.problems] == [(1, False)]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-be"), "UTF-16"),
        (b"PK\x03\x04\x14\0", "classeur"),
        ("a,b\né,1\n".encode() + "é,2\n".encode("latin-1"), "d'autres le sont"),
        (b"a,b\n\x81,1\n", "ni en UTF-8 ni en Windows-1252"),
    ],
)
def test_f2_what_is_no_text_or_in_another_encoding_is_called_by_its_name(path: Path, content: bytes, word: str) -> None:
    rows, report = read(path, content)
    assert (rows, report.refused, len(report.problems)) == ([], True, 1)
    assert word in str(report.problems[0])


@pytest.mark.parametrize("content", [b"PK\x03\x04\x80\0\0", b"\x1f\x8b\x08\0\xff"])
def test_other_encodings_and_archives_are_refused(path: Path, content: bytes) -> None:
    rows, report = read(path, content)
    assert (rows, report.refused, len(report.problems)) == ([], True, 1)


@pytest.mark.parametrize("content", [b"a,b\r1,2\r3,4\r", b"a" * 200_000 + b",b\n1,2\n"])
def test_a_first_line_that_cannot_be_read_is_told(path: Path, content: bytes) -> None:
    rows, report = read(path, content)
    assert (rows, lines_of(report), report.refused) == ([], [1], True)


@pytest.mark.parametrize(("content", "columns"), [(b"", [""]), (b"a\n1\n", ["b"]), (b"a,b,b\n1,2,3\n", ["b"])])
def test_a_column_that_is_absent_or_there_twice_is_named(path: Path, content: bytes, columns: list[str]) -> None:
    rows, report = read(path, content)
    assert rows == []
    assert [problem.field for problem in report.problems] == columns


@pytest.mark.parametrize(
    "line", [b"1", b"1,2,3", b'"1,2', b'"1"x,2', b"1,\x00", b"1,\x1b[0m", b"1,\xe2\x80\xae", b"1,\xef\xbb\xbf", b"1," + b"x" * 10_001]
)
def test_a_line_that_cannot_be_read_is_told_and_the_next_ones_are_read(path: Path, line: bytes) -> None:
    rows, report = read(path, b"a,b\n1,2\n" + line + b"\n3,4\n")
    assert rows == [(2, ("1", "2")), (4, ("3", "4"))]
    assert (lines_of(report), report.lines) == ([3], 3)


def test_quoted_cells_hold_separators_and_quotation_marks(path: Path) -> None:
    assert read(path, b'a,b\n"1,5","say ""x"""\n')[0] == [(2, ("1,5", 'say "x"'))]


def test_a_cell_that_runs_over_a_lines_end_is_told(path: Path) -> None:
    rows, report = read(path, b'a,b\n"1\n2",3\n4,5\n')
    assert rows[-1] == (4, ("4", "5"))
    assert lines_of(report) == [2]


def test_empty_lines_say_nothing(path: Path) -> None:
    rows, report = read(path, b"a,b\n\n1,2\n\n,\n\n")
    assert (rows, report.lines, report.problems) == ([(3, ("1", "2"))], 1, [])


def test_f4_a_file_without_the_columns_has_its_lines_counted(path: Path) -> None:
    rows, report = read(path, b"c,d\n1,2\n\n3,4\n")
    assert (rows, report.lines, len(report.problems)) == ([], 2, 1)
    assert "les colonnes a, b" in str(report.problems[0])


def test_f8_a_byte_order_mark_and_decomposed_letters_change_nothing(path: Path) -> None:
    assert read(path, "\ufeffa,b\r\nE\u0301TE\u0301,1\r\n".encode())[0] == [(2, ("ÉTÉ", "1"))]


def test_composed_and_decomposed_letters_are_one(path: Path) -> None:
    assert read(path, "a,b\ne\u0301,é\n".encode())[0] == [(2, ("é", "é"))]


def test_too_many_lines_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert not read(path, b"a,b\n" + b"1,2\n" * 3)[1].refused
    assert read(path, b"a,b\n" + b"1,2\n" * 4)[1].refused


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    report = Report()
    assert list(read_rows(tmp_path / "absent.csv", ("a",), report)) == []
    assert report.refused


@given(st.binary(max_size=400) | st.text('a,b;"\n\r é\x00', max_size=200).map(str.encode))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    rows, report = read(tmp_path_factory.getbasetemp() / "any.csv", b"a,b\n" + content)
    assert len(rows) <= report.lines
    assert all(len(cells) == 2 for _, cells in rows)
    assert report.refused or len(rows) == report.lines
