"""HTTP for how the caller receives notices."""

from typing import Annotated

from fastapi import Request, Response

from services.access_api.parties import person_of
from services.access_api.persons.queries import PERSONS
from services.access_api.preferences import operations
from services.access_api.preferences.operations import preferences_of
from services.access_api.preferences.schemas import PreferencesPatch, PreferencesRead
from services.contracts.codes import STAFF
from services.kernel.api.auth import allow
from services.kernel.api.resources import IfMatch, document_answer
from services.kernel.api.rights import self_
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router(
    "/v1/me/preferences", "preferences", "Préférences", "Comment l'on reçoit les avis : un courriel chacun, un récapitulatif, rien."
)

Themself = Annotated[Principal, allow(self_(*STAFF))]


@routes.get("", operation_id="readMyPreferences", response_model=PreferencesRead, responses=problems(403, 404))
async def read_my_preferences(request: Request, caller: Themself, db: Db) -> Response:
    """Comment l'on reçoit les avis ; l'ETag est celui de la personne (readMe)."""
    person = await PERSONS.one(db, person_of(caller), by=caller)
    return document_answer(request, preferences_of(person).model_dump_json(), person.version, no_store=True)


@routes.patch("", operation_id="changeMyPreferences", response_model=PreferencesRead, responses=MOVE)
async def change_my_preferences(request: Request, body: PreferencesPatch, caller: Themself, version: IfMatch, db: Db) -> Response:
    """Change comment l'on reçoit les avis, en tout ou sujet par sujet."""
    person = await operations.change(db, body, by=caller, version=version)
    return document_answer(request, preferences_of(person).model_dump_json(), person.version, no_store=True)
