"""What stands before a function: `http`, `ingress` and `domain`, checked, with their defaults.

The limits are those of
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html and
https://docs.aws.amazon.com/lambda/latest/api/API_Cors.html.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from platform_lib.app_args import IngressKind
from platform_lib.checks import InvalidInput, check_range, one_of
from platform_lib.function_app.args import HttpAuthorization, HttpKind
from platform_lib.ingress import Domain, Ingress, domain_settings, ingress_settings
from platform_lib.records import record

DEFAULT_ROUTE = "$default"
"""The route of every request that no other route takes."""

_METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_LITERAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+")
_PARAMETER = re.compile(r"\{([A-Za-z0-9._:-]+)(\+?)\}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_ISSUER = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s?#]*)?")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_ROUTES_LIMIT = 300
_AUDIENCES_LIMIT = 50
_SCOPES_LIMIT = 10
_THROTTLE_LIMIT = 2**31 - 1
"""Of a 32-bit number; what an account may have is less, and only AWS knows it."""
_URL_METHOD_LIMIT = 6
_URL_ORIGIN_LIMIT = 253
_HEADER_LIMIT = 1024
_URL_LISTS = {
    "allow_origins": 100,
    "allow_methods": 6,
    "allow_headers": 100,
    "expose_headers": 100,
}
_ONLY = {
    "routes": {HttpKind.HTTP_API},
    "throttle": {HttpKind.HTTP_API},
    "jwt": {HttpKind.HTTP_API},
    "cors": {HttpKind.HTTP_API, HttpKind.FUNCTION_URL},
    "authorization": {HttpKind.HTTP_API, HttpKind.FUNCTION_URL},
    "streaming": {HttpKind.FUNCTION_URL},
    "multi_value_headers": {HttpKind.LOAD_BALANCER},
}
_DEFAULTS: Mapping[str, object] = {
    "routes": [],
    "authorization": HttpAuthorization.NONE,
    "streaming": False,
    "multi_value_headers": True,
}
_PREFLIGHT_ROUTES = ("OPTIONS /", "OPTIONS /{proxy+}")


@record
class HttpSettings:
    """How a function answers HTTP; a kind of None is not at all."""

    kind: HttpKind | None
    routes: Sequence[str]
    open_routes: Sequence[str]
    """Routes without authorization, so that a browser's preflight request gets its answer."""
    cors: Mapping[str, Any] | None
    throttle: Mapping[str, Any] | None
    authorization: HttpAuthorization
    jwt: Mapping[str, Any] | None
    streaming: bool
    multi_value_headers: bool
    ingress: Ingress
    domain: Domain | None


def http_settings(args: Mapping[str, Any], *, streams: bool) -> HttpSettings:
    """Judge what a function's args say of HTTP.

    Args:
        args: The function's args, in shape.
        streams: Whether the runtime can pass an answer on while it is written.
    """
    domain = domain_settings(args.get("domain"))
    ingress = ingress_settings(args.get("ingress", {}), domain)
    http = args.get("http", {})
    kind = _kind(http, ingress, given="http" in args)
    for field, kinds in _ONLY.items():
        asked = field in http and http[field] != _DEFAULTS.get(field)
        if asked and kind not in kinds:
            allowed = one_of(sorted(each.value for each in kinds))
            need = f"works with an http.kind of {allowed}, this one is {kind and kind.value!r}"
            raise InvalidInput(f"http.{field}", http[field], need)
    routes = list(http.get("routes") or (DEFAULT_ROUTE,))
    cors = http.get("cors")
    authorization = http.get("authorization", HttpAuthorization.NONE)
    _check_routes(routes)
    if cors is not None:
        _check_cors(cors, kind)
    if "throttle" in http:
        _check_throttle(http["throttle"])
    _check_jwt(authorization, http.get("jwt"))
    if http.get("streaming") and not streams:
        need = (
            "Lambda's own Python gives an answer whole, and so do Mangum and apig-wsgi; give an "
            "image_uri that streams, a Node.js runtime or one of your own"
        )
        raise InvalidInput("http.streaming", True, need)
    if domain is not None and kind is HttpKind.FUNCTION_URL:
        need = "a function URL has no name of one's own; use an http.kind of 'http_api'"
        raise InvalidInput("domain", domain.name, need)
    open_routes: list[str] = []
    if cors is not None and authorization is not HttpAuthorization.NONE:
        catches = any(each == DEFAULT_ROUTE or each.startswith("ANY ") for each in routes)
        open_routes = [each for each in _PREFLIGHT_ROUTES if catches and each not in routes]
    if len(routes) + len(open_routes) > _ROUTES_LIMIT:
        need = f"an HTTP API has at most {_ROUTES_LIMIT}"
        raise InvalidInput("http.routes", f"{len(routes) + len(open_routes)} routes", need)
    return HttpSettings(
        kind=kind,
        routes=routes,
        open_routes=open_routes if kind is HttpKind.HTTP_API else (),
        cors=cors,
        throttle=http.get("throttle"),
        authorization=authorization,
        jwt=http.get("jwt"),
        streaming=http.get("streaming", False),
        multi_value_headers=http.get("multi_value_headers", True),
        ingress=ingress,
        domain=domain,
    )


def _kind(http: Mapping[str, Any], ingress: Ingress, *, given: bool) -> HttpKind | None:
    asked: HttpKind | None = http.get("kind")
    if ingress.kind is IngressKind.NONE:
        if given and http:
            need = "nothing is served with an ingress.kind of 'none'; leave one of the two out"
            raise InvalidInput("http", dict(http), need)
        return None
    needs = ingress.needs_balancer
    if needs is None:
        return asked or HttpKind.HTTP_API
    if asked not in (None, HttpKind.LOAD_BALANCER):
        need = f"{needs} takes a load balancer; use 'load_balancer', or leave {needs} out"
        raise InvalidInput("http.kind", asked, need)
    return HttpKind.LOAD_BALANCER


def _check_routes(routes: Sequence[str]) -> None:
    for at, route in enumerate(routes):
        field = f"http.routes[{at}]"
        if route in routes[:at]:
            raise InvalidInput(field, route, "stands there twice")
        method, _, path = route.partition(" ")
        if route == DEFAULT_ROUTE:
            continue
        if method not in _METHODS or not path.startswith("/"):
            need = f"must be '$default', or a method ({', '.join(_METHODS)}), a space and a path"
            raise InvalidInput(field, route, need)
        _check_path(field, route, path)


def _check_path(field: str, route: str, path: str) -> None:
    parts = path[1:].removesuffix("/").split("/") if path != "/" else []
    names: set[str] = set()
    for at, part in enumerate(parts):
        found = _PARAMETER.fullmatch(part)
        if found is None:
            if not _LITERAL.fullmatch(part):
                need = f"{part!r} is neither text of a URL nor a {{name}} as a whole part"
                raise InvalidInput(field, route, need)
            continue
        if found[1] in names:
            raise InvalidInput(field, route, f"has two parts of the name {found[1]!r}")
        names.add(found[1])
        if found[2] and (at < len(parts) - 1 or path.endswith("/")):
            raise InvalidInput(field, route, f"{part} takes all that follows: it must be the last")


def _check_cors(cors: Mapping[str, Any], kind: HttpKind | None) -> None:
    if not cors.get("allow_origins"):
        raise InvalidInput("http.cors.allow_origins", None, "is needed: no origin is let in")
    for list_name, check in _CORS_CHECKS.items():
        for at, value in enumerate(cors.get(list_name, ())):
            if value != "*" and not check(value, kind):
                need = f"must be {_CORS_NEEDS[list_name]}, or '*'"
                raise InvalidInput(f"http.cors.{list_name}[{at}]", value, need)
            if "*" in value and cors.get("allow_credentials"):
                need = "browsers send no credentials to a '*'; name what is allowed"
                raise InvalidInput(f"http.cors.{list_name}[{at}]", value, need)
        limit = _URL_LISTS[list_name]
        if kind is HttpKind.FUNCTION_URL and len(cors.get(list_name, ())) > limit:
            need = f"a function URL takes at most {limit}"
            raise InvalidInput(f"http.cors.{list_name}", f"{len(cors[list_name])} values", need)
    check_range(
        "http.cors.max_age_seconds", cors.get("max_age_seconds"), 0, 86400, "seconds (a day)"
    )


def _is_origin(value: str, kind: HttpKind | None) -> bool:
    # An HTTP API also takes every origin of a scheme.
    if value in ("https://*", "http://*"):
        return kind is HttpKind.HTTP_API
    short = kind is not HttpKind.FUNCTION_URL or len(value) <= _URL_ORIGIN_LIMIT
    return short and _ORIGIN.fullmatch(value) is not None


def _is_method(value: str, kind: HttpKind | None) -> bool:
    # A function URL answers a preflight itself, and takes no word as long as OPTIONS.
    short = kind is not HttpKind.FUNCTION_URL or len(value) <= _URL_METHOD_LIMIT
    return short and value in _METHODS and value != "ANY"


def _is_header(value: str, kind: HttpKind | None) -> bool:
    named = _HEADER.fullmatch(value) is not None and "*" not in value
    return named and len(value) <= _HEADER_LIMIT


_CORS_CHECKS = {
    "allow_origins": _is_origin,
    "allow_methods": _is_method,
    "allow_headers": _is_header,
    "expose_headers": _is_header,
}
_CORS_NEEDS = {
    "allow_origins": "an origin without a path, such as https://www.example.com",
    "allow_methods": "an HTTP method in capitals (a function URL takes none over 6 letters)",
    "allow_headers": "a header's name",
    "expose_headers": "a header's name",
}


def _check_throttle(throttle: Mapping[str, Any]) -> None:
    for field in ("rate", "burst"):
        if not throttle[field] > 0:
            need = "must be more than 0, or no request is let through"
            raise InvalidInput(f"http.throttle.{field}", throttle[field], need)
        check_range(f"http.throttle.{field}", throttle[field], 0, _THROTTLE_LIMIT)


def _check_jwt(authorization: HttpAuthorization, jwt: Mapping[str, Any] | None) -> None:
    if (authorization is HttpAuthorization.JWT) != (jwt is not None):
        need = "http.authorization of 'jwt' and http.jwt need each other"
        raise InvalidInput("http.jwt", jwt and dict(jwt), need)
    if jwt is None:
        return
    issuer, audiences, scopes = jwt["issuer"], jwt["audiences"], jwt.get("scopes", ())
    if isinstance(issuer, str) and not _ISSUER.fullmatch(issuer):
        need = "must be the https address that stands in its tokens' `iss`"
        raise InvalidInput("http.jwt.issuer", issuer, need)
    if not 1 <= len(audiences) <= _AUDIENCES_LIMIT or "" in audiences:
        need = f"must be 1 to {_AUDIENCES_LIMIT} names, none of them empty"
        raise InvalidInput("http.jwt.audiences", list(audiences), need)
    if len(scopes) > _SCOPES_LIMIT:
        need = f"a route asks for at most {_SCOPES_LIMIT}"
        raise InvalidInput("http.jwt.scopes", list(scopes), need)
    for at, scope in enumerate(scopes):
        if not _SCOPE.fullmatch(scope):
            raise InvalidInput(f"http.jwt.scopes[{at}]", scope, "must be a scope without spaces")
