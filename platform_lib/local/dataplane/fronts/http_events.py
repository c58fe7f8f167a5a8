"""HTTP requests as a function sees them behind an HTTP API, and its answers as HTTP: pure.

Payload format 2.0, as
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
words it. An HTTP API gives the path decoded (a function URL does not): AWS's page does not say so,
the events that middleapi/standard-server#93 and aws/aws-lambda-dotnet#1901 report do.
"""

import base64
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

_TEXT = re.compile(r"text/.*|application/(json|xml|javascript|.*\+json|.*\+xml)")
_HIDDEN = frozenset(
    ("connection", "cookie", "expect", "keep-alive", "te", "transfer-encoding", "upgrade")
)


class MalformedAnswer(Exception):  # noqa: N818 - it says what happened, as a reader would
    """The function answered what an HTTP API cannot turn into a response."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What an HTTP API knows about a request besides its text."""

    account_id: str
    api_id: str
    domain: str
    stage: str
    stage_variables: Mapping[str, str]
    source_ip: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class Matched:
    """The route that a request meets."""

    key: str
    target: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


def match_route(routes: Mapping[str, str], method: str, path: str) -> Matched | None:
    """Find the route of a request: an exact path, then `{name}`, then `{name+}`, then `$default`.

    `routes` is route key -> target. A route of the method comes before one of ANY.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    best: tuple[tuple[Any, ...], Matched] | None = None
    for key, target in routes.items():
        wanted, _, pattern = key.partition(" ")
        if key == "$default" or wanted not in (method, "ANY"):
            continue
        found = _match_path(pattern, path)
        if found is None:
            continue
        parts = pattern.strip("/").split("/")
        kinds = tuple(2 if p.endswith("+}") else 1 if p.startswith("{") else 0 for p in parts)
        rank = (2 in kinds, kinds, wanted == "ANY")
        if best is None or rank < best[0]:
            best = rank, Matched(key=key, target=target, parameters=found)
    if best is not None:
        return best[1]
    if "$default" in routes:
        return Matched(key="$default", target=routes["$default"])
    return None


def _match_path(pattern: str, path: str) -> dict[str, str] | None:
    wanted, given = pattern.strip("/").split("/"), path.strip("/").split("/")
    found: dict[str, str] = {}
    for at, part in enumerate(wanted):
        if part.endswith("+}"):
            rest = "/".join(given[at:])
            return {**found, part[1:-2]: rest} if rest else None
        if at >= len(given):
            return None
        if part.startswith("{"):
            if not given[at]:
                return None
            found[part[1:-1]] = given[at]
        elif part != given[at]:
            return None
    return found if len(given) == len(wanted) else None


def request_event(
    caller: Caller,
    route: Matched,
    *,
    method: str,
    raw_path: str,
    query: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    decoded: bool = True,
) -> dict[str, Any]:
    """Word a request in payload format 2.0; `decoded` says whether its path is, as an API's is."""
    joined: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in headers:
        lower = name.lower()
        if lower == "cookie":
            cookies += [part.strip() for part in value.split(";") if part.strip()]
        elif lower not in _HIDDEN:
            joined[lower] = f"{joined[lower]},{value}" if lower in joined else value
    joined.setdefault("content-length", str(len(body)))
    joined["x-amzn-trace-id"] = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    joined |= {"x-forwarded-for": _forwarded(joined, caller.source_ip)}
    joined |= {"x-forwarded-port": _port(joined.get("host", "")), "x-forwarded-proto": "http"}
    path = unquote(raw_path) if decoded else raw_path
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": {
            "accountId": caller.account_id,
            "apiId": caller.api_id,
            "domainName": caller.domain,
            "domainPrefix": caller.domain.partition(".")[0],
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": caller.source_ip,
                "userAgent": joined.get("user-agent", ""),
            },
            "requestId": caller.request_id,
            "routeKey": route.key,
            "stage": caller.stage,
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        parameters: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
        event["queryStringParameters"] = parameters
    if route.parameters:
        event["pathParameters"] = {k: unquote(v) for k, v in route.parameters.items()}
    if caller.stage_variables:
        event["stageVariables"] = dict(caller.stage_variables)
    if body:
        text = as_text(body, joined.get("content-type", ""))
        event["isBase64Encoded"] = text is None
        event["body"] = base64.b64encode(body).decode() if text is None else text
    return event


def _port(host: str) -> str:
    """Give the port that a client asks for; where its Host names none, that of plain HTTP."""
    port = host.rpartition(":")[2]
    return port if port.isdecimal() else "80"


def _forwarded(headers: Mapping[str, str], source_ip: str) -> str:
    before = headers.get("x-forwarded-for")
    return f"{before}, {source_ip}" if before else source_ip


def as_text(body: bytes, content_type: str) -> str | None:
    """Return a body as text where its type is a text's (a form's is not: it comes as base64)."""
    kind = content_type.partition(";")[0].strip().lower()
    if not _TEXT.fullmatch(kind):
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def response_answer(payload: bytes) -> Answer:
    """Turn what a function returned into a response.

    Raises:
        MalformedAnswer: It cannot be one.
    """
    value = json.loads(payload or b"null")
    if not isinstance(value, dict) or "statusCode" not in value:
        # Without a status code, whatever it is is the body.
        text = value if isinstance(value, str) else json.dumps(value)
        return Answer(
            status=200, headers=[("content-type", "application/json")], body=text.encode()
        )
    try:
        status = int(value["statusCode"])
        headers = [(str(k), _word(v)) for k, v in (value.get("headers") or {}).items()]
        headers += [("set-cookie", str(cookie)) for cookie in value.get("cookies") or ()]
        body = value.get("body") or ""
        text = body if isinstance(body, str) else json.dumps(body)
        data = base64.b64decode(text, validate=True) if value.get("isBase64Encoded") else None
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedAnswer(str(error)) from error
    if not 100 <= status <= 599:
        raise MalformedAnswer(f"status code {status}")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Answer(status=status, headers=headers, body=text.encode() if data is None else data)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def access_line(template: str, known: Mapping[str, str]) -> str:
    """Fill in an access log's format; `-` stands for what is not known."""
    return re.sub(
        r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)", lambda f: known.get(f[1], "-"), template
    )
