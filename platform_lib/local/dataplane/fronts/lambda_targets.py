"""Functions behind a load balancer: its events, its answers, its limit of 1 MB, its health checks.

A target group has one function. Its health does not decide who is asked: where every target is
unhealthy the load balancer asks all of them. Checks are calls, and cost what calls cost, so they
come at the group's own pace and not faster. WebSockets are refused, as by AWS. A call that fails
or is throttled, or an answer that is too large, is a 502.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.fronts.calls import (
    Refused,
    Untyped,
    as_response,
    call_function,
    read_body,
)
from platform_lib.local.dataplane.fronts.http_events import Answer, MalformedAnswer, as_text
from platform_lib.local.dataplane.fronts.targets import matches
from platform_lib.local.dataplane.functions.functions import Functions
from platform_lib.local.desired import HealthCheck, LambdaGroup
from platform_lib.local.errors import LocalCloudError

LIMIT = 1024 * 1024
_SECONDS = 60.0
"""The load balancer's idle time-out."""
_HIDDEN = frozenset(
    ("connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade")
)


class LambdaTargets:
    """Calls the functions of target groups, for every load balancer."""

    def __init__(self, context: Context, functions: Functions) -> None:
        self._context = context
        self._functions = functions
        self._checks: dict[str, asyncio.Task[None]] = {}

    async def stop(self) -> None:
        """End every check."""
        for check in self._checks.values():
            check.cancel()
        self._checks.clear()

    def register(self, group: str, arn: str) -> None:
        """Begin to check a function's health.

        Raises:
            LocalCloudError: The function's policy does not let the group call it.
        """
        if not self._may_call(group, arn):
            raise LocalCloudError(
                f"elasticloadbalancing.amazonaws.com may not call {arn} for target group {group}: "
                "make the permission before the attachment"
            )
        self.deregister(group)
        self._checks[group] = asyncio.create_task(self._check(group, arn))

    def deregister(self, group: str) -> None:
        """End the checks of a group."""
        check = self._checks.pop(group, None)
        if check is not None:
            check.cancel()

    def _may_call(self, group: str, arn: str) -> bool:
        return self._context.permissions.service_may(
            "elasticloadbalancing.amazonaws.com", "lambda:InvokeFunction", arn, group
        )

    async def answer(
        self,
        request: web.BaseRequest,
        group_arn: str,
        group: LambdaGroup,
        headers: Sequence[tuple[str, str]],
    ) -> web.StreamResponse:
        """Answer a request by a group's function; `headers` are as a target sees them.

        Raises:
            Refused: The load balancer answers itself.
        """
        if request.headers.get("Upgrade", "").lower() == "websocket":
            raise Refused(400, "Bad Request")
        if not group.functions:
            raise Refused(503, "Service Temporarily Unavailable")
        [arn, *_] = group.functions
        if not self._may_call(group_arn, arn):
            self._context.say(
                f"target group {group_arn.rpartition('targetgroup/')[2]}: the policy of "
                f"{arn.partition(':function:')[2]} does not let it call"
            )
            raise Refused(502, "Bad Gateway")
        path, _, query = request.raw_path.partition("?")
        event = balancer_event(
            group_arn,
            method=request.method,
            path=path,
            query=query,
            headers=headers,
            body=await read_body(request, LIMIT, "the body is larger than 1 MB"),
            multi=group.multi_value_headers,
        )
        answer = await self._call(arn, event, group.multi_value_headers)
        return as_response(answer, request.method, kind=Untyped)

    async def _call(self, arn: str, event: Mapping[str, Any], multi: bool) -> Answer:
        payload = json.dumps(event).encode()
        try:
            outcome = await call_function(self._context, self._functions, arn, payload, _SECONDS)
        except LocalCloudError as error:
            raise Refused(502, "Bad Gateway") from error
        if outcome is None:
            raise Refused(504, "Gateway Time-out")
        if outcome.failed or len(outcome.payload) > LIMIT:
            raise Refused(502, "Bad Gateway")
        try:
            return balancer_answer(outcome.payload, multi=multi)
        except MalformedAnswer as problem:
            name = arn.partition(":function:")[2]
            self._context.say(f"function {name}: no answer for a load balancer: {problem}")
            raise Refused(502, "Bad Gateway") from problem

    async def _check(self, group_arn: str, arn: str) -> None:
        """Ask for the function's health again and again, and say when it changes."""
        desired, told = self._context.desired, "healthy"
        while True:
            check, group = desired.health_check(group_arn), desired.lambda_group(group_arn)
            if check is None or group is None:
                return
            if check.enabled:
                state = await self._ask(group_arn, arn, check, group.multi_value_headers)
                if state != told:
                    told = state
                    name = arn.partition(":function:")[2]
                    self._context.say(f"function {name} behind its load balancer: {state}")
            await asyncio.sleep(check.interval)

    async def _ask(self, group: str, arn: str, check: HealthCheck, multi: bool) -> str:
        headers = [("user-agent", "ELB-HealthChecker/2.0")]
        path, _, query = check.path.partition("?")
        event = balancer_event(
            group, method="GET", path=path, query=query, headers=headers, body=b"", multi=multi
        )
        try:
            call = self._call(arn, event, multi)
            answer = await asyncio.wait_for(call, check.timeout)
        except TimeoutError:
            return f"unhealthy, {check.path} does not answer within {check.timeout:g} s"
        except Refused as refused:
            return f"unhealthy, {check.path}: {refused}"
        if matches(answer.status, check.codes):
            return "healthy"
        return f"unhealthy, {check.path} answers {answer.status}, not {check.codes}"


def balancer_event(
    target_group: str,
    *,
    method: str,
    path: str,
    query: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    multi: bool,
) -> dict[str, Any]:
    """Word a request as a load balancer does: path and query stay as they were sent.

    With `multi` every value of a header or query parameter is handed over, else the last one.
    """
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _HIDDEN:
            by_name.setdefault(name.lower(), []).append(value)
    parameters: dict[str, list[str]] = {}
    for pair in query.split("&") if query else ():
        word, _, text = pair.partition("=")
        parameters.setdefault(word, []).append(text)
    content_type = by_name.get("content-type", [""])[-1]
    # What is packed is no text, whatever its type.
    text_body = None if "content-encoding" in by_name else as_text(body, content_type)
    encoded = bool(body) and text_body is None
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": target_group}},
        "httpMethod": method,
        "path": path,
        "body": base64.b64encode(body).decode() if encoded else text_body or "",
        "isBase64Encoded": encoded,
    }
    if multi:
        event["multiValueQueryStringParameters"] = parameters
        event["multiValueHeaders"] = by_name
    else:
        event["queryStringParameters"] = {name: each[-1] for name, each in parameters.items()}
        event["headers"] = {name: each[-1] for name, each in by_name.items()}
    return event


def balancer_answer(payload: bytes, *, multi: bool) -> Answer:
    """Turn what a function returned into a response.

    Raises:
        MalformedAnswer: A load balancer takes it for none.
    """
    try:
        value = json.loads(payload or b"null")
    except ValueError as error:
        raise MalformedAnswer(f"it is not JSON: {error}") from error
    if not isinstance(value, dict) or not isinstance(value.get("statusCode"), int):
        raise MalformedAnswer("it has no statusCode that is a number")
    status = value["statusCode"]
    if not 100 <= status <= 599:
        raise MalformedAnswer(f"status code {status}")
    word = "multiValueHeaders" if multi else "headers"
    given = value.get(word) or {}
    if not isinstance(given, dict) or any(
        isinstance(each, list) != multi for each in given.values()
    ):
        raise MalformedAnswer(f"its {word} are not of their form")
    headers = [
        (str(name), str(each))
        for name, values in given.items()
        for each in (values if multi else [values])
    ]
    body = value.get("body") or ""
    if not isinstance(body, str):
        raise MalformedAnswer("its body is no text")
    try:
        data = base64.b64decode(body, validate=True) if value.get("isBase64Encoded") else None
    except ValueError as error:
        raise MalformedAnswer("its body is no base64") from error
    return Answer(status=status, headers=headers, body=body.encode() if data is None else data)
