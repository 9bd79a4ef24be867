"""Import: 100,000 generated establishments checked line by line, beside a bare COPY of the same file to a staging table.

The COPY's work is PostgreSQL's, so the CPU of the backend counts, for both.
"""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from pydantic import SecretStr

from services.access_api.communes.tables import Commune
from services.access_api.identifiers import luhn
from services.access_api.imports.establishments import COLUMNS, check_file, import_establishments
from services.access_api.imports.places import read_communes
from services.contracts.codes import Department
from services.kernel.base.file_reports import Report
from services.kernel.base.folding import fold
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.records import table_of
from services.plam import ROUTING
from tests.bench.measure import Figure, compared, cpu_seconds
from tests.support.database import SECRET

ROWS, FAULTY = 100_000, 100
APPLIED = ROWS
"""Lines of a sound file, applied once: the rate is what is printed."""
ROUNDS = 5
SITES_AN_ENTITY = 4


async def measured(url: str, home: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """import/copy, and a line on how fast the file is applied."""
    sound, faulty = home / "establishments.csv", home / "faulty.csv"
    communes = _communes()
    _write(sound, communes, rows=APPLIED, faults=0)
    _write(faulty, communes, rows=ROWS, faults=FAULTY)
    databases = Databases(Settings(database_url=SecretStr(url), secret=SecretStr(SECRET), home=home), ROUTING)
    connection = await asyncpg.connect(url)
    backend = connection.get_server_pid()
    await _add_communes(connection, communes)
    checks, copies = [], []
    for round_ in range(rounds + 1):
        begun = _spent(backend)
        report = Report()
        async with databases.open("access", "worker") as db:
            check_file(faulty, await read_communes(db), report)
        checked = _spent(backend) - begun
        assert len({problem.line for problem in report.problems}) == FAULTY, f"{len(report.problems)} problems"
        assert report.lines == ROWS
        copied = await _copy(connection, faulty, backend)
        if round_:
            checks.append(checked / ROWS * 1e6)
            copies.append(copied / ROWS * 1e6)
    begun, spent = time.perf_counter(), time.process_time()
    async with databases.open("access", "worker") as db:
        applied = await import_establishments(db, sound)
    seconds, spent = time.perf_counter() - begun, time.process_time() - spent
    assert not applied.refused
    assert applied.of("site").created == APPLIED
    await connection.close()
    await databases.close()
    print(
        f"import: {APPLIED:,} establishments applied in {seconds:.1f} s, {APPLIED / seconds:,.0f} lines/s "
        f"({spent / APPLIED * 1e6:.0f} µs of CPU a line), with documents, history and events"
    )
    return [compared("import/copy", checks, copies, "CPU µs/line")]


async def _copy(connection: asyncpg.Connection, file: Path, backend: int) -> float:
    columns = ", ".join(f'"{column}" text' for column in COLUMNS)
    await connection.execute(f"DROP TABLE IF EXISTS public.staging; CREATE TABLE public.staging ({columns})")
    begun = _spent(backend)
    await connection.copy_to_table("staging", schema_name="public", source=file, format="csv", header=True)
    return _spent(backend) - begun


def _spent(backend: int) -> float:
    return time.process_time() + cpu_seconds(backend)


def _communes() -> list[tuple[str, Department]]:
    return [(f"{department.value}{number:03d}", department) for department in Department for number in range(1, 201)]


async def _add_communes(connection: asyncpg.Connection, communes: list[tuple[str, Department]]) -> None:
    rows = []
    for code, department in communes:
        name = f"Commune {code}"
        row = Commune(
            code=code,
            vintage=2026,
            name=name,
            folded=fold(name),
            words=[*fold(name).split(), code, f"{department.value}000"],
            department=department,
            arrondissement_code=f"{department.value}1",
            arrondissement_name="Chef-lieu",
            postal_codes=[f"{department.value}000"],
            document="{}",
        )
        rows.append([getattr(row, column.name) for column in table_of(Commune).columns])
    columns = [column.name for column in table_of(Commune).columns]
    await connection.copy_records_to_table("commune", schema_name="access", columns=columns, records=rows)


def _write(file: Path, communes: list[tuple[str, Department]], *, rows: int, faults: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        writer.writerows(_lines(communes, rows, faults))


def _lines(communes: list[tuple[str, Department]], rows: int, faults: int) -> Iterator[list[str]]:
    for number in range(rows):
        code, department = communes[number % len(communes)]
        entity = number // SITES_AN_ENTITY
        siren = keyed(f"{20_000_000 + entity:08d}")
        finess = keyed(f"{department.value}{number:06d}")
        if faults and number % (rows // faults) == 0:
            finess = finess[:8] + str((int(finess[8]) + 1) % 10)
        yield [
            finess,
            keyed(f"44{900_000 + entity:06d}"),
            f"RÉSIDENCE DES TILLEULS {number}",
            "ÉTABLISSEMENT PUBLIC" if number % 3 else "",
            "500",
            "Etablissement d'hébergement pour personnes âgées dépendantes",
            "21",
            "Etablissement Social et Médico-Social Communal",
            siren,
            keyed(f"{siren}{number % 10_000:04d}"),
            department.value,
            code,
            f"{department.value}000",
            f"{number % 300} RUE DES TILLEULS",
        ]


def keyed(digits: str) -> str:
    """The digits and the key that makes them add up by Luhn's rule."""
    return next(f"{digits}{key}" for key in range(10) if luhn(f"{digits}{key}"))
