"""A function URL on 127.0.0.1: payload format 2.0, with the path as it was sent.

Who may call is Lambda's own question: with an authorization type of NONE the alias' policy must
admit everyone by both of its statements; with AWS_IAM a request must be signed (see
`signatures.py`). What is streamed is passed on whole.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.fronts.calls import (
    SERVER_ERROR,
    Refused,
    as_response,
    call_function,
    message_answer,
    read_body,
)
from platform_lib.local.dataplane.fronts.http_api import cors_headers, is_preflight
from platform_lib.local.dataplane.fronts.http_events import (
    Answer,
    Caller,
    MalformedAnswer,
    Matched,
    request_event,
    response_answer,
)
from platform_lib.local.dataplane.fronts.signatures import iam_context, may, signer
from platform_lib.local.dataplane.functions.functions import Functions, ThrottledError
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.permissions import permitted
from platform_lib.local.rights.actions import Need

_LIMIT = 6 * 1024 * 1024


class FunctionUrl:
    """Answers for one function or alias; `handle` is the handler of its server."""

    def __init__(self, arn: str, context: Context, functions: Functions) -> None:
        self._arn = arn
        self._context = context
        self._functions = functions

    async def close(self) -> None:
        """Hold nothing open."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        config = self._context.desired.function_url(self._arn)
        if config is None:
            return as_response(message_answer(404, "Not Found"))
        cors = {word[0].lower() + word[1:]: value for word, value in (config.cors or {}).items()}
        origin = request.headers.get("Origin")
        if cors and origin and is_preflight(request):
            answer = Answer(status=200, headers=(), body=b"")
        else:
            try:
                answer = await self._answer(request, config.url_id, config.auth_type)
            except Refused as refused:
                answer = refused.answer
        response = as_response(answer, request.method)
        if cors and origin:
            response.headers.update(cors_headers(cors, origin, is_preflight(request)))
        response.headers["x-amzn-requestid"] = str(uuid.uuid4())
        return response

    async def _answer(self, request: web.BaseRequest, url_id: str, auth_type: str) -> Answer:
        identity = self._identity(request, auth_type)
        path, _, query = request.raw_path.partition("?")
        event = request_event(
            Caller(
                account_id=self._context.account.account_id if identity else "anonymous",
                api_id=url_id,
                # As AWS names it: by this a function tells a URL from an API.
                domain=f"{url_id}.lambda-url.{self._context.account.region}.on.aws",
                stage="$default",
                stage_variables={},
                source_ip=request.remote or "127.0.0.1",
                request_id=str(uuid.uuid4()),
            ),
            Matched(key="$default", target=""),
            method=request.method,
            raw_path=path,
            query=query,
            headers=list(request.headers.items()),
            body=await read_body(request, _LIMIT, "the body is larger than 6 MB"),
            decoded=False,
        )
        if identity:
            event["requestContext"]["authorizer"] = {"iam": identity}
        payload = json.dumps(event).encode()
        if len(payload) > _LIMIT:
            raise Refused(413, "Request Entity Too Large")
        try:
            outcome = await call_function(self._context, self._functions, self._arn, payload, None)
        except ThrottledError as error:
            raise Refused(429, "Too Many Requests") from error
        except LocalCloudError as error:
            raise Refused(502, SERVER_ERROR) from error
        if outcome is None or outcome.failed or len(outcome.payload) > _LIMIT:
            raise Refused(502, SERVER_ERROR)
        try:
            return response_answer(outcome.payload)
        except (MalformedAnswer, ValueError) as error:
            raise Refused(502, SERVER_ERROR) from error

    def _identity(self, request: web.BaseRequest, auth_type: str) -> dict[str, Any] | None:
        """Find out who asks; None is everyone.

        Raises:
            Refused: Who asks may not.
        """
        if auth_type == "AWS_IAM":
            query = request.raw_path.partition("?")[2]
            key = signer(request.headers, query, "lambda")
            if key is None:
                raise Refused(403, "Forbidden", "the request is not signed")
            wanted = [
                Need(action=action, resource=self._arn, facts=facts)
                for action, facts in _needs("AWS_IAM")
            ]
            if not may(self._context.account, key, wanted, request):
                raise Refused(403, "Forbidden", "who signed the request may not call the function")
            return iam_context(self._context.account, key)
        statements = self._context.desired.resource_statements(self._arn)
        for action, facts in _needs("NONE"):
            if not permitted(statements, action, self._arn, principal="*", facts=facts):
                self._context.say(
                    f"function URL of {self._arn.partition(':function:')[2]}: its policy lets "
                    f"not everyone do {action}"
                )
                raise Refused(403, "Forbidden")
        return None


def _needs(auth_type: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield what a call by a URL needs: two actions, and what conditions may ask of each."""
    yield "lambda:InvokeFunctionUrl", {"lambda:FunctionUrlAuthType": auth_type}
    yield "lambda:InvokeFunction", {"lambda:InvokedViaFunctionUrl": "true"}
