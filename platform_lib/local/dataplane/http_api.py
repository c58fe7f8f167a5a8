"""An HTTP API before functions: API Gateway v2 on 127.0.0.1.

Stages (`$default` at the root, others under their name), routes, CORS, functions by version or
alias, AWS's limits (30 seconds, 10 MB for a request, 6 MB for what a function takes and gives),
access logs in the stage's log group. Not imitated: authorizers, throttling, custom domains,
permissions of the function, request and response parameters, payload format 1.0, and integrations
with other things than functions; a route to one of those answers 501 and says so.
"""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.events import (
    Answer,
    Caller,
    MalformedAnswer,
    Matched,
    access_line,
    match_route,
    request_event,
    response_answer,
)
from platform_lib.local.dataplane.functions import Functions, ThrottledError
from platform_lib.local.errors import LocalCloudError

_REQUEST_LIMIT = 10 * 1024 * 1024
_PAYLOAD_LIMIT = 6 * 1024 * 1024
_SECONDS = 30.0
_ERROR = "Internal Server Error"
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")


class _Refused(Exception):  # noqa: N818 - it is an answer
    """The front answers itself; `told` is for the access log."""

    def __init__(self, status: int, message: str, told: str = "") -> None:
        super().__init__(message)
        self.answer = _message(status, message)
        self.told = told


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A request in the words of access logs."""

    caller: Caller
    stage: Any
    path: str
    route: Matched | None


class HttpApi:
    """Answers for one API; `handle` is the handler of its server."""

    def __init__(self, api_id: str, context: Context, functions: Functions) -> None:
        self._id = api_id
        self._context = context
        self._functions = functions
        self._stream = f"{api_id}-{uuid.uuid4().hex[:12]}"

    async def close(self) -> None:
        """Hold nothing open."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request and log it."""
        began = time.perf_counter()
        api = self._context.desired.api(self._id)
        asked = self._asked(request, api)
        if asked is None:
            return _as_response(_message(404, "Not Found"), request.method)
        problem = ""
        cors = api.cors_configuration
        origin = request.headers.get("Origin")
        if cors and origin and _is_preflight(request):
            answer = Answer(status=204, headers=(), body=b"")
        else:
            try:
                answer = await self._integrate(request, api, asked)
            except _Refused as refused:
                answer, problem = refused.answer, refused.told
        response = _as_response(answer, request.method)
        if cors and origin:
            response.headers.update(cors_headers(cors, origin, _is_preflight(request)))
        response.headers["apigw-requestid"] = asked.caller.request_id
        known = _access(request, asked, response, problem, time.perf_counter() - began)
        self._log_access(asked.stage.access_log_settings or {}, known)
        return response

    def _asked(self, request: web.BaseRequest, api: Any) -> _Asked | None:
        """Find stage and route; the route's path is without the stage's name, the event's with."""
        if api is None:
            return None
        path = request.raw_path.partition("?")[0]
        first = path.strip("/").partition("/")[0]
        stage = api.stages.get(first) or api.stages.get("$default")
        if stage is None:
            return None
        within = path[len(first) + 1 :] or "/" if stage.name == first else path
        routes = {each.route_key: each.target for each in list(api.routes.values())}
        caller = Caller(
            account_id=self._context.account.account_id,
            api_id=self._id,
            domain=request.headers.get("Host", ""),
            stage=stage.name,
            stage_variables=stage.stage_variables or {},
            source_ip=request.remote or "127.0.0.1",
            request_id=uuid.uuid4().hex[:15] + "=",
        )
        route = match_route(routes, request.method, within)
        return _Asked(caller=caller, stage=stage, path=path, route=route)

    async def _integrate(self, request: web.BaseRequest, api: Any, asked: _Asked) -> Answer:
        """Call the function behind a route."""
        route = asked.route
        if route is None:
            raise _Refused(404, "Not Found")
        integration = api.integrations.get((route.target or "").removeprefix("integrations/"))
        if integration is None:
            raise _Refused(500, _ERROR, "the route has no integration")
        found = _FUNCTION.search(integration.integration_uri or "")
        if found is None or integration.payload_format_version != "2.0":
            told = f"{integration.integration_type} of format {integration.payload_format_version}"
            told = f"the local cloud does not imitate this integration: {told}"
            raise _Refused(501, told, told)
        event = request_event(
            asked.caller,
            route,
            method=request.method,
            raw_path=asked.path,
            query=request.raw_path.partition("?")[2],
            headers=list(request.headers.items()),
            body=await _body(request),
        )
        payload = json.dumps(event).encode()
        if len(payload) > _PAYLOAD_LIMIT:
            raise _Refused(413, "Request Entity Too Large", "the event is larger than 6 MB")
        seconds = min((integration.timeout_in_millis or 30_000) / 1000, _SECONDS)
        return await self._call(found[0], payload, seconds)

    async def _call(self, arn: str, payload: bytes, seconds: float) -> Answer:
        call = asyncio.ensure_future(self._functions.invoke(arn, payload))
        done, _ = await asyncio.wait({call}, timeout=seconds)
        if not done:
            # The function goes on, as on AWS; only nobody waits for it any more.
            call.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            raise _Refused(503, "Service Unavailable", "the integration timed out")
        try:
            outcome, _ = call.result()
        except ThrottledError as error:
            raise _Refused(503, "Service Unavailable", str(error)) from error
        except LocalCloudError as error:
            self._context.say(f"function {arn.partition(':function:')[2]}: {error}")
            raise _Refused(500, _ERROR, str(error)) from error
        if outcome.failed:
            raise _Refused(500, _ERROR, _error_message(outcome.payload))
        if len(outcome.payload) > _PAYLOAD_LIMIT:
            raise _Refused(500, _ERROR, "the function's answer is larger than 6 MB")
        try:
            return response_answer(outcome.payload)
        except (MalformedAnswer, ValueError) as error:
            told = f"the function's answer is malformed: {error}"
            raise _Refused(500, _ERROR, told) from error

    def _log_access(self, settings: Mapping[str, str], known: Mapping[str, str]) -> None:
        arn, template = settings.get("destinationArn"), settings.get("format")
        if not arn or not template:
            return
        if template.lstrip().startswith("{"):
            # Most formats are JSON: what is put between its quotes must not end them.
            known = {name: json.dumps(value)[1:-1] for name, value in known.items()}
        group = arn.partition(":log-group:")[2].removesuffix(":*")
        self._context.cloudwatch.write(group, self._stream, [access_line(template, known)])


def _access(
    request: web.BaseRequest, asked: _Asked, response: web.Response, problem: str, seconds: float
) -> Mapping[str, str]:
    """Name what an access log may say.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
    """
    caller, milliseconds = asked.caller, str(round(seconds * 1000))
    known = {
        "accountId": caller.account_id,
        "apiId": caller.api_id,
        "domainName": caller.domain,
        "error.message": problem,
        "httpMethod": request.method,
        "identity.sourceIp": caller.source_ip,
        "identity.userAgent": request.headers.get("User-Agent", ""),
        "integration.error": problem,
        "integrationErrorMessage": problem,
        "integrationLatency": milliseconds,
        "path": asked.path,
        "protocol": "HTTP/1.1",
        "requestId": caller.request_id,
        "extendedRequestId": caller.request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
        "requestTimeEpoch": str(int(time.time() * 1000)),
        "responseLatency": milliseconds,
        "responseLength": str(response.content_length or 0),
        "routeKey": asked.route.key if asked.route else "",
        "stage": caller.stage,
        "status": str(response.status),
    }
    return {name: value or "-" for name, value in known.items()}


async def _body(request: web.BaseRequest) -> bytes:
    """Read a body, up to what an HTTP API takes."""
    pieces, size = list[bytes](), 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > _REQUEST_LIMIT:
            raise _Refused(413, "Request Entity Too Large", "the body is larger than 10 MB")
        pieces.append(piece)
    return b"".join(pieces)


def _message(status: int, text: str) -> Answer:
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    return Answer(status=status, headers=[("content-type", "application/json")], body=body)


def _as_response(answer: Answer, method: str) -> web.Response:
    headers = CIMultiDict[str]()
    for name, value in answer.headers:
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            headers.add(name, value)
    # An answer to HEAD keeps the length of the body that it leaves out: aiohttp sees to it.
    return web.Response(status=answer.status, headers=headers, body=answer.body)


def _is_preflight(request: web.BaseRequest) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def cors_headers(cors: Mapping[str, Any], origin: str, preflight: bool) -> dict[str, str]:
    """Word an API's CORS configuration for a request's origin; nothing where it is not allowed."""
    origins = cors.get("allowOrigins") or []
    if "*" not in origins and origin not in origins:
        return {}
    headers = {"access-control-allow-origin": "*" if "*" in origins else origin}
    if "*" not in origins:
        headers["vary"] = "Origin"
    if cors.get("allowCredentials"):
        headers["access-control-allow-credentials"] = "true"
    if exposed := cors.get("exposeHeaders"):
        headers["access-control-expose-headers"] = ",".join(exposed)
    if preflight:
        headers["access-control-allow-methods"] = ",".join(cors.get("allowMethods") or [])
        headers["access-control-allow-headers"] = ",".join(cors.get("allowHeaders") or [])
        if cors.get("maxAge"):
            headers["access-control-max-age"] = str(cors["maxAge"])
    return headers


def _error_message(payload: bytes) -> str:
    try:
        return str(json.loads(payload).get("errorMessage", ""))
    except (ValueError, AttributeError):
        return payload[:200].decode(errors="replace")
