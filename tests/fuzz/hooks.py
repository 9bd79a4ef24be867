"""What a generated call takes from the seed: ids, versions, keys, cursors; and what an answer teaches of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.parameters import ParameterLocation

from tests.fuzz.truths import OF_THEMSELF, STARTS_FROM, made_sound, sound_query
from tests.fuzz.world import COMMUNES, IDENTITIES, INDICATORS, ME, Json, World, collections

NAMESPACE = UUID("0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
MOSTLY = 0.93
"""How often a sound request is about something there is, at its version; the rest of the time, whatever was generated."""


@dataclass
class Hooks:
    """The hooks of one run, and what they have counted."""

    world: World
    caller: Mapping[str, Any]
    calls: Counter[int] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    sound: Counter[str] = field(default_factory=Counter)
    """operation → calls that nothing was wrong with."""

    def register(self) -> None:
        """Puts the hooks in schemathesis' global registry; a process has one run."""
        schemathesis.hook("before_call")(partial(self.before_call))  # a bound method would not take the attribute that it sets
        schemathesis.hook("after_call")(partial(self.after_call))

    def before_call(self, context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
        """Makes a sound request one that can succeed; what is deliberately unsound is left as it is."""
        meta = case.meta
        if meta is None or context.operation is None:
            return
        operation = str(context.operation.definition.raw.get("operationId"))
        declared = case.method.upper() == context.operation.method.upper()
        sound = {place for place in ParameterLocation if not meta.is_negative_at(place)}
        path, now, tag = case.path, None, ""
        if case.path_parameters and ParameterLocation.PATH in sound:
            path, now, tag = self._aim(case, operation, moves=declared and case.method.upper() != "GET")
        if operation in ("changeMe", "changeMyPreferences") and (found := self.world.read(ME)):
            now, tag = found
        if ParameterLocation.HEADER in sound:
            self._head(case, context, tag)
        if ParameterLocation.BODY in sound and isinstance(case.body, dict) and declared:
            case.body = made_sound(self.world, operation, case.body, now, self.caller)
        if ParameterLocation.QUERY in sound and case.query:
            query = sound_query(self.world, operation, dict(case.query), case.path_parameters.get("code"))
            if "after" in query:
                searches = path == COMMUNES and "q" in query  # whose cursors are others than the list's
                cursor = self.world.cursors.get(path)
                if cursor and not searches:
                    query["after"] = cursor
                else:
                    del query["after"]
            case.query = query

    def _aim(self, case: Case[Any], operation: str, *, moves: bool) -> tuple[str, Json | None, str]:
        """Chooses the resource that a call is about; gives its path, what it is now, its ETag."""
        collection = next(collections(case.path))
        name = case.path[len(collection) + 2 :].partition("}")[0]
        world = self.world
        given = case.path_parameters.get(name)
        if collection == COMMUNES:
            if world.random.random() < MOSTLY:
                case.path_parameters[name] = world.random.choice(world.communes)
            return case.path, None, ""
        anchored = moves and given in world.anchors.get(collection, ())
        known = world.pools.get(collection, {}).get(str(given))
        chained = case.meta is not None and case.meta.phase.name == "stateful"  # then it is about what an earlier call gave
        fit = known is not None and (chained or not moves or self._suits(operation, known))
        if anchored or (not fit and world.random.random() < MOSTLY):
            keen = world.random.random() < MOSTLY
            drawn = world.draw(collection, movable=moves, wanted=lambda resource: keen and self._suits(operation, resource))
            if drawn is None:
                return case.path, None, ""
            case.path_parameters[name] = drawn
        path = f"{collection}/{case.path_parameters[name]}"
        if collection == IDENTITIES:  # which are listed alone
            return path, None, f'"{world.pools[collection].get(case.path_parameters[name], {}).get("version", 1)}"'
        found = None if collection == INDICATORS else world.read(path)
        if found is None:
            return path, None, ""
        world.learn(collection, found[0])
        return path, *found

    def _suits(self, operation: str, resource: Json) -> bool:
        """Whether an operation may succeed on a resource: it is in the right state, and the caller's own."""
        own = self.caller.get("organisation")
        if operation in OF_THEMSELF and resource.get("person_id") != self.world.person:
            return False
        if own and operation not in OF_THEMSELF and own not in (resource.get("organisation_id", own), resource.get("institute_id")):
            return False
        return STARTS_FROM.get(operation) in (None, resource.get("status"))

    def _head(self, case: Case[Any], context: HookContext, tag: str) -> None:
        declared = {str(parameter.name) for parameter in context.operation.headers} if context.operation else set()
        if "If-Match" in declared and "If-Match" in case.headers and tag and self.world.random.random() < MOSTLY:
            case.headers["If-Match"] = tag
        if "Idempotency-Key" in declared and "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid5(NAMESPACE, case.id))

    def after_call(self, context: HookContext, case: Case[Any], response: Response) -> None:
        """Counts, and learns of the resource that a success shows."""
        self.calls[response.status_code] += 1
        if context.operation and case.meta and case.meta.generation.mode.is_positive:
            self.sound[context.operation.label] += 1
        if context.operation is None or not 200 <= response.status_code < 300:
            return
        if case.method.upper() != context.operation.method.upper():
            return
        self.successes[context.operation.label] += 1
        if "json" in response.headers.get("content-type", [""])[0]:
            collection = next(collections(case.path), case.path)
            if case.path.count("/") <= collection.count("/") + 1 or case.method.upper() == "POST":
                self.world.learn(collection, response.json())
