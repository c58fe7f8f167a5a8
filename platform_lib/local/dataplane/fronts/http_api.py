"""An HTTP API before functions: API Gateway v2 on 127.0.0.1.

Stages (`$default` at the root, others under their name), routes, CORS, throttling, tokens and
signatures, names of one's own (plain HTTP here, at an address of their own), functions by version
or alias that the API may call, AWS's limits (30 seconds, 10,240 bytes for request line and
headers, 10 MB for a request, 6 MB for what a function takes and gives), access logs in the
stage's log group. Not imitated: authorizers that are functions, request and response parameters,
payload format 1.0, and integrations with other things than functions; a route to one of those
answers 501 and says so.
"""

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.fronts.calls import (
    SERVER_ERROR,
    Refused,
    as_response,
    call_function,
    error_message,
    head_size,
    message_answer,
    read_body,
)
from platform_lib.local.dataplane.fronts.http_events import (
    Answer,
    Caller,
    MalformedAnswer,
    Matched,
    access_line,
    match_route,
    request_event,
    response_answer,
)
from platform_lib.local.dataplane.fronts.signatures import iam_context, may, signer
from platform_lib.local.dataplane.fronts.throttling import Throttle
from platform_lib.local.dataplane.fronts.tokens import Distrusted, Expected, Tokens
from platform_lib.local.dataplane.functions.functions import Functions, ThrottledError
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.rights.actions import Need

_HEAD_LIMIT = 10_240
_REQUEST_LIMIT = 10 * 1024 * 1024
_PAYLOAD_LIMIT = 6 * 1024 * 1024
_SECONDS = 30.0
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A request in the words of access logs."""

    caller: Caller
    stage: Any
    path: str
    route: Matched | None
    guarded: Any
    """moto's route, which says what it asks of a request."""


class HttpApi:
    """Answers for one API; `handle` is the handler of its server."""

    def __init__(self, api_id: str, context: Context, functions: Functions) -> None:
        self._id = api_id
        self._context = context
        self._functions = functions
        self._stream = f"{api_id}-{uuid.uuid4().hex[:12]}"
        self._throttle = Throttle()
        self._tokens = Tokens(context.say)

    async def close(self) -> None:
        """Hold nothing open."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request at the API's own address, and log it."""
        api = self._context.desired.api(self._id)
        if api is None or api.disable_execute_api_endpoint:
            return as_response(message_answer(404, "Not Found"))
        return await self.answer(request)

    async def answer(
        self, request: web.BaseRequest, stage: str | None = None, key: str = ""
    ) -> web.StreamResponse:
        """Answer one request, wherever it came from, and log it.

        Args:
            request: The request.
            stage: The stage that a name leads to. Default: the path says it.
            key: The part of the path by which a name leads there.
        """
        began = time.perf_counter()
        api = self._context.desired.api(self._id)
        asked = self._asked(request, api, stage, key)
        if asked is None:
            return as_response(message_answer(404, "Not Found"))
        problem = ""
        cors = api.cors_configuration
        origin = request.headers.get("Origin")
        try:
            if cors and origin and is_preflight(request) and not _catches(asked.guarded):
                answer = Answer(status=204, headers=(), body=b"")
            else:
                answer = await self._integrate(request, api, asked)
        except Refused as refused:
            answer, problem = refused.answer, refused.told
        response = as_response(answer, request.method)
        if cors and origin:
            response.headers.update(cors_headers(cors, origin, is_preflight(request)))
        response.headers["apigw-requestid"] = asked.caller.request_id
        known = _access(request, asked, response, problem, time.perf_counter() - began)
        self._log_access(asked.stage.access_log_settings or {}, known)
        return response

    def _asked(
        self, request: web.BaseRequest, api: Any, named: str | None, key: str
    ) -> _Asked | None:
        """Find stage and route; the route's path is without the stage's name, the event's with."""
        if api is None:
            return None
        path = request.raw_path.partition("?")[0]
        if named is None:
            first = path.strip("/").partition("/")[0]
            stage = api.stages.get(first) or api.stages.get("$default")
            key = first if stage is not None and stage.name == first else ""
        else:
            stage = api.stages.get(named)
        if stage is None:
            return None
        within = path[len(key) + 1 :] or "/" if key else path
        routes = {each.route_key: each for each in list(api.routes.values())}
        caller = Caller(
            account_id=self._context.account.account_id,
            api_id=self._id,
            domain=request.headers.get("Host", ""),
            stage=stage.name,
            stage_variables=stage.stage_variables or {},
            source_ip=request.remote or "127.0.0.1",
            request_id=uuid.uuid4().hex[:15] + "=",
        )
        targets = {name: each.target for name, each in routes.items()}
        route = match_route(targets, request.method, within)
        guarded = routes[route.key] if route is not None else None
        return _Asked(caller=caller, stage=stage, path=path, route=route, guarded=guarded)

    async def _integrate(self, request: web.BaseRequest, api: Any, asked: _Asked) -> Answer:
        """Call the function behind a route, if the request may."""
        if head_size(request, names=False) > _HEAD_LIMIT:
            told = "request line and header values are larger than 10,240 bytes"
            raise Refused(431, "Request Header Fields Too Large", told)
        route = asked.route
        if route is None:
            raise Refused(404, "Not Found")
        self._check_throttle(asked)
        authorizer = await self._authorize(request, api, asked)
        integration = api.integrations.get((route.target or "").removeprefix("integrations/"))
        if integration is None:
            raise Refused(500, SERVER_ERROR, "the route has no integration")
        found = _FUNCTION.search(integration.integration_uri or "")
        if found is None or integration.payload_format_version != "2.0":
            told = f"{integration.integration_type} of format {integration.payload_format_version}"
            told = f"the local cloud does not imitate this integration: {told}"
            raise Refused(501, told, told)
        if not integration.credentials_arn:
            self._check_permission(found[0], asked, route)
        event = request_event(
            asked.caller,
            route,
            method=request.method,
            raw_path=asked.path,
            query=request.raw_path.partition("?")[2],
            headers=list(request.headers.items()),
            body=await read_body(request, _REQUEST_LIMIT, "the body is larger than 10 MB"),
        )
        if authorizer is not None:
            event["requestContext"]["authorizer"] = authorizer
        payload = json.dumps(event).encode()
        if len(payload) > _PAYLOAD_LIMIT:
            raise Refused(413, "Request Entity Too Large", "the event is larger than 6 MB")
        seconds = min((integration.timeout_in_millis or 30_000) / 1000, _SECONDS)
        return await self._call(found[0], payload, seconds)

    def _check_throttle(self, asked: _Asked) -> None:
        stage, key = asked.stage, asked.route.key if asked.route else ""
        own = (stage.route_settings or {}).get(key)
        name, settings = (key, own) if own else ("", stage.default_route_settings or {})
        if not self._throttle.admits(f"{stage.name} {name}", settings):
            raise Refused(429, "Too Many Requests", "the stage's limit is reached")

    async def _authorize(
        self, request: web.BaseRequest, api: Any, asked: _Asked
    ) -> dict[str, Any] | None:
        """Find out who asks, where the route asks for it."""
        route = asked.guarded
        match route.authorization_type:
            case "AWS_IAM":
                query = request.raw_path.partition("?")[2]
                key = signer(request.headers, query, "execute-api")
                if key is None:
                    raise Refused(403, "Forbidden", "the request is not signed")
                account = self._context.account
                stage = asked.stage.name
                path = asked.path.removeprefix(f"/{stage}") or "/"
                called = f"{api.api_id}/{stage}/{request.method}{path}"
                arn = f"arn:aws:execute-api:{account.region}:{account.account_id}:{called}"
                need = Need(action="execute-api:Invoke", resource=arn)
                if not may(account, key, [need], request):
                    raise Refused(403, "Forbidden", "who signed the request may not call the API")
                return {"iam": iam_context(account, key)}
            case "JWT":
                return await self._trust(request, api, route)
            case None | "" | "NONE":
                return None
        told = f"the local cloud does not imitate authorization by {route.authorization_type}"
        raise Refused(501, told, told)

    async def _trust(self, request: web.BaseRequest, api: Any, route: Any) -> dict[str, Any]:
        authorizer = api.authorizers.get(route.authorizer_id)
        config = (authorizer.jwt_config if authorizer is not None else None) or {}
        wanted = Expected(
            issuer=config.get("issuer", ""),
            audiences=config.get("audience") or (),
            scopes=route.authorization_scopes or (),
        )
        try:
            return await self._tokens.judge(request.headers.get("Authorization", ""), wanted)
        except Distrusted as problem:
            if problem.scope:
                raise Refused(403, "Forbidden", str(problem)) from problem
            bearer = [("www-authenticate", "Bearer")]
            raise Refused(401, "Unauthorized", str(problem), bearer) from problem

    def _check_permission(self, arn: str, asked: _Asked, route: Matched) -> None:
        account = self._context.account
        place = f"{account.region}:{account.account_id}:{self._id}/{asked.stage.name}"
        source = f"arn:aws:execute-api:{place}/{route.key.replace(' ', '')}"
        may = self._context.permissions.service_may(
            "apigateway.amazonaws.com", "lambda:InvokeFunction", arn, source
        )
        if not may:
            told = f"the policy of {arn.partition(':function:')[2]} does not let this API call it"
            self._context.say(f"HTTP API {self._id}: {told}")
            raise Refused(500, SERVER_ERROR, told)

    async def _call(self, arn: str, payload: bytes, seconds: float) -> Answer:
        try:
            outcome = await call_function(self._context, self._functions, arn, payload, seconds)
        except ThrottledError as error:
            raise Refused(503, "Service Unavailable", str(error)) from error
        except LocalCloudError as error:
            raise Refused(500, SERVER_ERROR, str(error)) from error
        if outcome is None:
            raise Refused(503, "Service Unavailable", "the integration timed out")
        if outcome.failed:
            raise Refused(500, SERVER_ERROR, error_message(outcome.payload))
        if len(outcome.payload) > _PAYLOAD_LIMIT:
            raise Refused(500, SERVER_ERROR, "the function's answer is larger than 6 MB")
        try:
            return response_answer(outcome.payload)
        except (MalformedAnswer, ValueError) as error:
            told = f"the function's answer is malformed: {error}"
            raise Refused(500, SERVER_ERROR, told) from error

    def _log_access(self, settings: Mapping[str, str], known: Mapping[str, str]) -> None:
        arn, template = settings.get("destinationArn"), settings.get("format")
        if not arn or not template:
            return
        if template.lstrip().startswith("{"):
            # Most formats are JSON: what is put between its quotes must not end them.
            known = {name: json.dumps(value)[1:-1] for name, value in known.items()}
        group = arn.partition(":log-group:")[2].removesuffix(":*")
        self._context.cloudwatch.write(group, self._stream, [access_line(template, known)])


class ApiName:
    """Answers for a name of one's own, by its mappings; the longest part of the path wins."""

    def __init__(self, name: str, context: Context, functions: Functions) -> None:
        self._name = name
        self._context = context
        self._functions = functions
        self._apis: dict[str, HttpApi] = {}

    async def close(self) -> None:
        """Hold nothing open."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.raw_path.partition("?")[0].strip("/")
        for mapping in self._context.desired.api_mappings(self._name):
            key = mapping.api_mapping_key or ""
            if not key or f"{path}/".startswith(f"{key}/"):
                api = self._apis.get(mapping.api_id)
                if api is None:
                    api = HttpApi(mapping.api_id, self._context, self._functions)
                    self._apis[mapping.api_id] = api
                return await api.answer(request, mapping.stage, key)
        return as_response(message_answer(404, "Not Found"))


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


def is_preflight(request: web.BaseRequest) -> bool:
    """Whether a browser asks if a page of another origin may send a request."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _catches(route: Any) -> bool:
    """Whether a route that takes every method asks for more than a browser's question has.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    if route is None or route.authorization_type in (None, "", "NONE"):
        return False
    key = str(route.route_key)
    return key == "$default" or key.startswith("ANY ")


def cors_headers(cors: Mapping[str, Any], origin: str, preflight: bool) -> dict[str, str]:
    """Word an API's CORS configuration for a request's origin; nothing where it is not allowed."""
    origins = cors.get("allowOrigins") or []
    every = f"{origin.partition('://')[0]}://*"
    if not {"*", origin, every} & set(origins):
        return {}
    headers = {"access-control-allow-origin": "*" if "*" in origins else origin}
    if "*" not in origins:
        headers["vary"] = "Origin"
    if cors.get("allowCredentials"):
        headers["access-control-allow-credentials"] = "true"
    if exposed := cors.get("exposeHeaders"):
        headers["access-control-expose-headers"] = ",".join(exposed)
    if preflight:
        for word in ("Methods", "Headers"):
            if allowed := cors.get(f"allow{word}"):
                headers[f"access-control-allow-{word.lower()}"] = ",".join(allowed)
        if cors.get("maxAge"):
            headers["access-control-max-age"] = str(cors["maxAge"])
    return headers
