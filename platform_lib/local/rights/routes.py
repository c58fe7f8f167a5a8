"""Which operation a request to a REST service is for, by the service's own model in botocore."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

PAYLOADS = frozenset({"Invoke", "InvokeAsync", "InvokeWithResponseStream", "PutObject"})
"""Operations whose body is the user's own, and holds no parameters."""

_MODELS: Mapping[str, str] = {
    "elasticfilesystem": "efs",
    "iotdata": "iot-data",
    "execute-api": "apigatewaymanagementapi",
}
"""Where botocore's name of a service is not the one that its requests are signed for."""


@dataclass(frozen=True, kw_only=True)
class _Route:
    operation: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    literal: int
    query: Mapping[str, str]
    needs_query: tuple[str, ...]
    needs_headers: tuple[str, ...]
    names: Mapping[str, str]
    headers: Mapping[str, str]

    def match(
        self, path: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[tuple[int, int], Mapping[str, str]] | None:
        """Return how well it fits, and the parameters; None where it does not."""
        found = self.path.fullmatch(path)
        if found is None:
            return None
        if any(query.get(key) != value for key, value in self.query.items()):
            return None
        if any(key not in query for key in self.needs_query):
            return None
        if any(key not in headers for key in self.needs_headers):
            return None
        parameters = {
            **{name: query[key] for key, name in self.names.items() if key in query},
            **{name: headers[key] for key, name in self.headers.items() if key in headers},
            **dict(zip(self.labels, map(unquote, found.groups()), strict=True)),
        }
        told = len(self.query) + len(self.needs_query) + len(self.needs_headers)
        return (told, self.literal), parameters


def model_of(service: str, path: str) -> str:
    """Return botocore's name of a service whose requests are signed for `service`."""
    if service == "ses":
        return "sesv2" if path.startswith("/v2/") else "ses"
    if service == "apigateway":
        return "apigatewayv2" if path.startswith("/v2/") else "apigateway"
    if service == "s3" and path.startswith("/v20180820/"):
        return "s3control"
    return _MODELS.get(service, service)


def match(
    model: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[str, str, Mapping[str, str]]:
    """Find an operation: return its protocol, its name (empty where none fits), its parameters."""
    protocol, routes = _routes(model)
    best: tuple[tuple[int, int], Mapping[str, str]] | None = None
    operation = ""
    for route in routes.get(method, ()):
        found = route.match(path, query, headers)
        if found is not None and (best is None or found[0] > best[0]):
            best, operation = found, route.operation
    return protocol, operation, best[1] if best else {}


@functools.cache
def _routes(model: str) -> tuple[str, Mapping[str, tuple[_Route, ...]]]:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import get_session

    try:
        service: Any = get_session().get_service_model(model)
    except UnknownServiceError:
        return "rest-json", {}
    found: dict[str, list[_Route]] = {}
    for name in service.operation_names:
        operation = service.operation_model(name)
        route = _route(name, operation.http, operation.input_shape)
        found.setdefault(route.method, []).append(route)
    return str(service.protocol), {key: tuple(each) for key, each in found.items()}


def _route(name: str, http: Mapping[str, Any], shape: Any) -> _Route:
    template, _, constants = str(http["requestUri"]).partition("?")
    words, labels, literal = "", [], 0
    for part in re.split(r"(\{[^}]+\})", template.rstrip("/") or "/"):
        if part.startswith("{"):
            labels.append(part.strip("{}+"))
            words += "(.+)" if part.endswith("+}") else "([^/]+)"
        else:
            words += re.escape(part)
            literal += len(part)
    members = shape.members if shape is not None else {}
    required = set(shape.required_members) if shape is not None else set()
    places: dict[str, dict[str, str]] = {"querystring": {}, "header": {}, "uri": {}}
    needs: dict[str, list[str]] = {"querystring": [], "header": [], "uri": []}
    for member, each in members.items():
        place = each.serialization.get("location")
        if place not in places:
            continue
        wire = each.serialization.get("name", member)
        wire = wire.lower() if place == "header" else wire
        places[place][wire] = member
        if member in required:
            needs[place].append(wire)
    query = dict(parse_qsl(constants, keep_blank_values=True))
    # It only says again which operation it is, and an older client does not say it.
    query.pop("x-id", None)
    return _Route(
        operation=name,
        method=str(http["method"]),
        path=re.compile(words + "/?", re.DOTALL),
        labels=tuple(places["uri"].get(label, label) for label in labels),
        literal=literal,
        query=query,
        needs_query=tuple(needs["querystring"]),
        needs_headers=tuple(needs["header"]),
        names=places["querystring"],
        headers=places["header"],
    )
