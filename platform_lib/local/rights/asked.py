"""A request to the account, read: of which service, for which operation, with which parameters."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from platform_lib.local.rights import routes

_CREDENTIAL = "Credential="
_LONGEST = 16 * 1024 * 1024
"""A body that is longer is a file, and no parameters."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What a request's signature says: whose key, for which service and region."""

    key: str
    service: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request asks for.

    Attributes:
        service: The name by which requests to the service are signed.
        model: The name that botocore has for it, where that is told by the request.
        operation: Such as `SendMessage`; empty where it is not known.
        parameters: By their names; of a REST service those of path, query and headers, and the
            members of a JSON body.
        protocol: `json`, `query`, `ec2`, `rest-json`, `rest-xml` or `cbor`.
        region: That it was signed for.
        method: Of HTTP.
        headers: By their names in lower case.
    """

    service: str
    model: str
    operation: str
    parameters: Mapping[str, Any]
    protocol: str
    region: str
    method: str
    headers: Mapping[str, str]


def signed(environ: Mapping[str, Any], region: str) -> Signed | None:
    """Read who signed a request: by its header, or by a query of version 4 or 2; None for nobody.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    """
    header = str(environ.get("HTTP_AUTHORIZATION", ""))
    scope = ""
    if _CREDENTIAL in header:
        scope = header.partition(_CREDENTIAL)[2].partition(",")[0]
    elif header.startswith("AWS "):
        return Signed(key=header[4:].partition(":")[0], service="s3", region=region)
    else:
        query = str(environ.get("QUERY_STRING", ""))
        if "X-Amz-Credential=" in query:
            scope = unquote(query.partition("X-Amz-Credential=")[2].partition("&")[0])
        elif "AWSAccessKeyId=" in query:
            key = unquote(query.partition("AWSAccessKeyId=")[2].partition("&")[0])
            return Signed(key=key, service="s3", region=region)
    parts = scope.strip().split("/")
    if len(parts) != 5:
        return None
    return Signed(key=parts[0], service=parts[3].lower(), region=parts[2])


def read(environ: dict[str, Any], who: Signed) -> Asked:
    """Read what a request asks for. A body that is read is put back."""
    headers = {
        key[5:].replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    kind = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    method, path = str(environ.get("REQUEST_METHOD", "GET")), _path(environ)
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))

    def asked(operation: str, parameters: Mapping[str, Any], protocol: str, model: str) -> Asked:
        return Asked(
            service=who.service,
            model=model,
            operation=operation,
            parameters=parameters,
            protocol=protocol,
            region=who.region,
            method=method,
            headers=headers,
        )

    target = headers.get("x-amz-target", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        model = "dynamodbstreams" if prefix.startswith("DynamoDBStreams") else who.service
        return asked(operation, _json(environ), "json", model)
    if path.startswith("/service/") and "/operation/" in path:
        return asked(path.rpartition("/")[2], {}, "cbor", who.service)
    form = kind == "application/x-www-form-urlencoded"
    parameters = {**query, **(_form(environ) if form and who.service != "s3" else {})}
    if "Action" in parameters:
        protocol = "ec2" if who.service == "ec2" else "query"
        return asked(str(parameters["Action"]), parameters, protocol, who.service)
    model = routes.model_of(who.service, path)
    protocol, operation, found = routes.match(model, method, path, query, headers)
    body = _json(environ) if protocol == "rest-json" and operation not in routes.PAYLOADS else {}
    return asked(operation, {**body, **found}, protocol, model)


def body(environ: dict[str, Any]) -> bytes:
    """Read a request's body and put it back; nothing where it is a file, or sent in chunks."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return b""
    if not 0 < length <= _LONGEST:
        return b""
    content: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(content)
    return content


def _path(environ: Mapping[str, Any]) -> str:
    """Return the path as it was sent: a `/` in a label is `%2F` there."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/")
    return str(raw).partition("?")[0]


def _json(environ: dict[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(body(environ) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _form(environ: dict[str, Any]) -> dict[str, str]:
    return dict(parse_qsl(body(environ).decode(errors="replace"), keep_blank_values=True))
