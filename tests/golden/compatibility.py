"""What a client of the last release would notice: each breaking change between two OpenAPI documents, by operation and JSON pointer.

A request may widen and an answer may narrow. A new code in an answer passes: clients are told to expect it. Names of shapes, words,
examples, tags and servers are not compared.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.golden.compatible_schemas import Difference, Schemas

METHODS = ("get", "put", "post", "delete", "patch")
BULLET = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Break:
    """One breaking change. `pointer` is in the operation, its references followed; of the old document where it is gone."""

    operation: str
    pointer: str
    said: str

    def __str__(self) -> str:
        return f"{self.operation} {self.pointer} : {self.said}"

    @property
    def names(self) -> set[str]:
        """What a line of the changelog may call it by: its operation, or the field or parameter that changed."""
        parts = self.pointer.split("/")
        fields = [name for before, name in pairwise(parts) if before in ("properties", "parameters", "headers")]
        return {self.operation, *fields[-1:]}


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Break]:
    """Every breaking change between two documents."""
    now = dict(_operations(new))
    found: list[Break] = []
    for address, operation in _operations(old):
        name = operation["operationId"]
        if address not in now:
            found.append(Break(name, "", f"l'opération {' '.join(address)} n'existe plus"))
        else:
            found += [Break(name, *each) for each in _Comparison(old, new).operation(operation, now[address])]
    return sorted(set(found))


def unsaid(found: Sequence[Break], changelog: str, released_changelog: str) -> list[Break]:
    """The breaking changes that no line of the changelog since the release says, marked **Breaking**, by a name in backticks."""
    known = set(BULLET.findall(released_changelog))
    lines = [line for line in BULLET.findall(changelog) if line not in known and "**Breaking**" in line]
    said = {name for line in lines for name in re.findall(r"`([^`]+)`", line)}
    return [each for each in found if not each.names & said]


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield (method.upper(), re.sub(r"\{[^}]*\}", "{}", path)), methods[method]


class _Comparison:
    """An operation of the old document beside the same of the new one."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        components = [document.get("components", {}).get("schemas", {}) for document in (old, new)]
        self.sent = Schemas(*components, sent=True)
        self.answered = Schemas(*components, sent=False)

    def operation(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
        if old["operationId"] != new["operationId"]:
            yield "/operationId", f"s'appelle {new['operationId']}"
        if new.get("security") and not old.get("security"):
            yield "/security", "demande un jeton"
        yield from self._parameters(old.get("parameters", ()), new.get("parameters", ()))
        yield from self._body(old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(old["responses"], new["responses"])

    def _parameters(self, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
        before = {_parameter_key(each, old): each for each in old}
        now = {_parameter_key(each, new): each for each in new}
        for key, parameter in before.items():
            if key not in now:
                yield f"/parameters/{parameter['name']}", "ce paramètre n'est plus pris"
        for key, parameter in now.items():
            pointer = f"/parameters/{parameter['name']}"
            required = parameter.get("required", False)
            if key not in before:
                if required:
                    yield pointer, "ce paramètre nouveau est requis"
                continue
            if required and not before[key].get("required", False):
                yield pointer, "ce paramètre est devenu requis"
            yield from self.sent.differences(before[key]["schema"], parameter["schema"], f"{pointer}/schema")

    def _body(self, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Iterator[Difference]:
        if new is None:
            if old is not None:
                yield "/requestBody", "le corps n'est plus pris"
            return
        if new.get("required") and not (old or {}).get("required"):
            yield "/requestBody", "un corps est devenu requis"
        if old is not None:
            yield from self._contents(old["content"], new["content"], "/requestBody", self.sent)

    def _responses(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
        for status, response in old.items():
            pointer = f"/responses/{status}"
            if status not in new:
                if status.startswith("2"):
                    yield pointer, "cette réponse n'est plus donnée"
                continue
            for name in response.get("headers", {}).keys() - new[status].get("headers", {}).keys():
                yield f"{pointer}/headers/{name}", "cet en-tête n'est plus donné"
            yield from self._contents(response.get("content", {}), new[status].get("content", {}), pointer, self.answered)

    def _contents(self, old: Mapping[str, Any], new: Mapping[str, Any], pointer: str, schemas: Schemas) -> Iterator[Difference]:
        for media, content in old.items():
            at = f"{pointer}/content/{media.replace('/', '~1')}"
            if media not in new:
                yield at, "ce format n'est plus là"
            else:
                yield from schemas.differences(content.get("schema", {}), new[media].get("schema", {}), f"{at}/schema")


def _parameter_key(parameter: Mapping[str, Any], all_of_them: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """What makes a parameter the same: its place and its name, or its rank in the path, where its name is ours alone."""
    if parameter["in"] != "path":
        return parameter["in"], parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
    in_path = [each for each in all_of_them if each["in"] == "path"]
    return "path", str(in_path.index(parameter))
