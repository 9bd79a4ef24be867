"""Sites that a file gives to another legal entity: they change hands, unless the file is older than what is known."""

from collections.abc import Iterable, Sequence, Set as AbstractSet
from typing import NamedTuple
from uuid import UUID

from services.access_api.organisations import queries
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.owners import former_owners, hand_over
from services.access_api.sites.tables import Site
from services.kernel.base import clock
from services.kernel.base.file_reports import Report
from services.kernel.data.database import Database

REASON = "Un fichier des établissements nomme une autre entité juridique"


class Transfers(NamedTuple):
    """The sites that changed hands, to be saved, and those of which a file says what was before, by id."""

    sites: Sequence[Site]
    older: AbstractSet[UUID]


async def transfer_sites(db: Database, named: Iterable[tuple[int, Site, UUID]], report: Report) -> Transfers:
    """Gives sites to the organisations that their lines name, (line, site, organisation), each with a note on both.

    A file says not when it was made: one that names an organisation which had the site before is taken for older than what is known.
    """
    moved = [(line, site, organisation_id) for line, site, organisation_id in named if site.organisation_id != organisation_id]
    if not moved:
        return Transfers([], frozenset())
    parties = {site.organisation_id for _, site, _ in moved} | {organisation_id for *_, organisation_id in moved}
    called = {row.id: _called(row) for row in await db.fetch(queries.organisations(sorted(parties)))}
    transferred, older = [], set()
    for line, site, organisation_id in moved:
        now, before = called[organisation_id], called[site.organisation_id]
        if organisation_id in former_owners(site):
            said = f"le site {site.finess_et} est passé de {now} à {before} : ce fichier est plus ancien, la ligne ne change rien"
            older.add(site.id)
        else:
            said = f"le site {site.finess_et} passe de {before} à {now}, avec ce qui s'y trouve"
            hand_over(site, organisation_id, on=clock.today(), reason=REASON)
            transferred.append(site)
        report.warn(line, "finess_ej", said)
    return Transfers(transferred, older)


def _called(organisation: Organisation) -> str:
    return f"« {organisation.name} » ({organisation.finess_ej or 'sans FINESS'})"
