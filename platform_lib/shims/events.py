"""Requests in the events of Lambda's fronts, and an app's responses as answers to them.

Mangum and apig-wsgi call the app; what they read and write otherwise than a server does is read
and written here, for both alike. The shapes: payload format 2.0 of HTTP APIs and function URLs,
1.0 of HTTP and REST APIs, and a load balancer's own.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

_IN_A_PATH = "/!$&'()*+,;=:@"
"""What a path holds as it is, by RFC 3986, beside letters, digits and `-._~`."""
_PLAIN = re.compile(r"[/\w.~-]+", re.ASCII)
"""A path that means the same percent-encoded and not: most are, and need no work."""
_AS_SENT = "".join(map(chr, range(33, 127)))
"""What stays when a text was percent-encoded already."""

_ONCE = frozenset(
    (
        "access-control-allow-credentials",
        "access-control-allow-origin",
        "access-control-max-age",
        "age",
        "content-disposition",
        "content-length",
        "content-location",
        "content-range",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "location",
        "retry-after",
        "server",
        "strict-transport-security",
    )
)
"""Headers whose value is no list, so that two of them cannot become one joined by a comma."""

_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")


class Request:
    """What an event says of its request, as a server would say it to an app."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        context = event["requestContext"]
        self.headers: list[tuple[str, str]]
        """Names in small letters."""
        if event.get("version") == "2.0":
            http = context["http"]
            self.method: str = http["method"]
            self.client: str = http["sourceIp"]
            self.query: str = event.get("rawQueryString") or ""
            path = event["rawPath"]
            self.headers = [(k.lower(), v) for k, v in (event.get("headers") or {}).items()]
            if event.get("cookies"):
                self.headers.append(("cookie", "; ".join(event["cookies"])))
        else:
            self.method = event["httpMethod"]
            path = event["path"]
            self.headers = _pairs(event, "multiValueHeaders", "headers")
            balanced = "elb" in context
            self.query = _query(event, as_sent=balanced)
            if balanced:
                from .forwarded import client_address

                sent = [(name.encode(), sent_bytes(value)) for name, value in self.headers]
                self.client = client_address(sent) or ""
            else:
                self.client = (context.get("identity") or {}).get("sourceIp") or ""
        self.headers = [pair for pair in self.headers if not _asks_by_a_file_of_ours(*pair)]
        self.raw_path: str = path or "/"
        """Percent-encoded: as it came, or what comes to the same where the front decoded it."""
        self.is_plain = _PLAIN.fullmatch(self.raw_path) is not None
        if not self.is_plain:
            kept = _IN_A_PATH if _is_decoded(event) else _AS_SENT
            self.raw_path = quote(self.raw_path, safe=kept, errors="surrogateescape")
        last = dict(self.headers)
        self.scheme = last.get("x-forwarded-proto", "").rpartition(",")[2].strip() or "https"
        named = last.get("host", "")
        host, colon, port = named.rpartition(":")
        if not (colon and port.isdecimal()):
            host, port = named, last.get("x-forwarded-port", "")
        if not port.isdecimal():
            port = "443" if self.scheme == "https" else "80"
        self.server = (host, int(port))


def _asks_by_a_file_of_ours(name: str, value: str) -> bool:
    """Whether it is a date that `file_times` gives, which is no older or newer than another."""
    if name != "if-modified-since":
        return False
    # Few requests have it, and a cold start pays for what is imported.
    from .file_times import is_ahead

    return is_ahead(value)


def _is_decoded(event: Mapping[str, Any]) -> bool:
    """Whether the front decoded the path: HTTP APIs do, all others give it as it was sent.

    Seen in events of AWS, which the pull requests middleapi/standard-server#93 and
    aws/aws-lambda-dotnet#1901 report; AWS's pages do not say it. A REST API's events have no
    version, a load balancer's neither.
    """
    domain = event["requestContext"].get("domainName") or ""
    return "version" in event and domain != "" and ".lambda-url." not in domain


def _pairs(event: Mapping[str, Any], many: str, one: str) -> list[tuple[str, str]]:
    if event.get(many):
        return [(k.lower(), value) for k, values in event[many].items() for value in values or ()]
    return [(k.lower(), value) for k, value in (event.get(one) or {}).items()]


def _query(event: Mapping[str, Any], *, as_sent: bool) -> str:
    """Join parameters: a load balancer hands them over as they were sent, an API decoded."""
    many = event.get("multiValueQueryStringParameters")
    one = event.get("queryStringParameters") or {}
    pairs = [(k, v) for k, vs in many.items() for v in vs] if many else list(one.items())

    def worded(text: str) -> str:
        return quote(text, safe=_AS_SENT) if as_sent else quote_plus(text)

    return "&".join(f"{worded(name)}={worded(value)}" for name, value in pairs)


def sent_bytes(text: str) -> bytes:
    """Give the bytes that a front read a header's value from."""
    return text.encode(errors="surrogateescape")


def sent_text(text: str) -> str:
    """Give those bytes as WSGI does: each as a character."""
    return text if text.isascii() else sent_bytes(text).decode("latin-1")


def answer(
    event: Mapping[str, Any], status: int, headers: Iterable[tuple[str, str]], body: bytes
) -> dict[str, Any]:
    """Word a response as the front of an event wants it.

    Where a header can stand once only, its values are joined as RFC 9110 allows (section 5.3);
    of one that is no list the last is kept. Set-Cookie is never joined.
    """
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        by_name.setdefault(name.lower(), []).append(value)
    kind = by_name.get("content-type", [""])[-1]
    told: dict[str, Any] = {"statusCode": int(status), **_body(body, kind)}
    if "multiValueHeaders" in event:
        return {**told, "multiValueHeaders": by_name}
    cookies = by_name.pop("set-cookie", [])
    told["headers"] = {
        name: values[-1] if name in _ONCE else ", ".join(values)
        for name, values in by_name.items()
    }
    if event.get("version") == "2.0":
        return {**told, "cookies": cookies}
    # A balancer that takes one value a header tells names apart by the case of their letters.
    told["headers"] |= {_cased("set-cookie", at): cookie for at, cookie in enumerate(cookies)}
    return told


def _body(body: bytes, kind: str) -> dict[str, Any]:
    """Give a text as it is, and what is none, or is no UTF-8, as base64."""
    kind = kind.partition(";")[0].strip().lower()
    if not kind or kind.startswith(_TEXTS) or kind.endswith(("+json", "+xml")):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _cased(name: str, number: int) -> str:
    """Write a name in one of its cases: those letters in capitals that the number's bits say."""
    letters = [at for at, letter in enumerate(name) if letter.isalpha()]
    capitals = {at for bit, at in enumerate(letters) if number >> bit & 1}
    return "".join(c.upper() if at in capitals else c for at, c in enumerate(name))
