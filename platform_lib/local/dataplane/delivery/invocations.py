"""Lets Lambda's Invoke, as boto3 and other services of moto call it, run functions here."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, Final

from platform_lib.local.dataplane.functions.functions import ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome
from platform_lib.local.dataplane.lineage import Lineage, RecursiveLoopError, current
from platform_lib.local.desired import name_and_qualifier
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.replacing import refusal, replaced

_SYNCHRONOUS_BYTES: Final = 6 * 1024 * 1024
_ASYNCHRONOUS_BYTES: Final = 1024 * 1024

Invoke = Callable[[str, bytes, Lineage], tuple[Outcome, list[str]]]
"""Called with an ARN, an event and its chain, in a thread of moto's; returns when it is done."""

Accept = Callable[[str, bytes, Lineage], None]
"""Called with the same; returns at once."""


def invoke_here(invoke: Invoke, accept: Accept) -> Callable[[], None]:
    """Run functions here; return what puts moto's own way back.

    moto runs a function in a Docker container of an image from a registry, anew for each call,
    waits for it also where nobody asked to, and forgets which alias was called.
    """
    from moto.awslambda.models import LambdaBackend

    backend: Any = LambdaBackend

    def invoke_function(  # noqa: PLR0917 - as moto has it, which calls it in both ways
        self: Any,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        name, asked = name_and_qualifier(function_name, qualifier or _asked_qualifier())
        # Raises what AWS answers where there is no such function, version or alias.
        self.get_function(name, asked)
        arn = str(self.get_function(name).function_arn) + (f":{asked}" if asked else "")
        payload = body.encode() if isinstance(body, str) else bytes(body or b"")
        payload = payload or b"{}"
        kind = headers.get("X-Amz-Invocation-Type", "RequestResponse")
        _check_payload(payload, kind)
        if kind == "DryRun":
            return b""
        if kind == "Event":
            accept(arn, payload, current())
            return b""
        try:
            outcome, lines = invoke(arn, payload, current())
        except ThrottledError as throttled:
            raise refusal("TooManyRequestsException", "Rate Exceeded.", 429) from throttled
        except RecursiveLoopError as loop:
            raise refusal("RecursiveInvocationException", str(loop), 400) from loop
        except CancelledError as stopped:
            told = "the local cloud was stopped"
            raise refusal("ServiceException", told, 500) from stopped
        except LocalCloudError as problem:
            raise refusal("ServiceException", str(problem), 500) from problem
        if outcome.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-executed-version"] = outcome.version
        log = "".join(f"{line}\n" for line in lines).encode()[-4096:]
        # moto keeps it to itself where nobody asked for it.
        response_headers["x-amz-log-result"] = base64.b64encode(log).decode()
        response_headers["Content-Length"] = str(len(outcome.payload))
        return outcome.payload

    return replaced((backend, "invoke", invoke_function))


def _check_payload(payload: bytes, kind: str) -> None:
    """Refuse what Lambda takes for no event, also where nobody waits for what comes of it.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    limit = _ASYNCHRONOUS_BYTES if kind == "Event" else _SYNCHRONOUS_BYTES
    if len(payload) > limit:
        told = f"{len(payload)} byte payload is too large for the {kind} invocation type"
        raise refusal("RequestTooLargeException", f"{told} (limit {limit} bytes)", 413)
    try:
        json.loads(payload)
    except ValueError as problem:
        told = f"Could not parse request body into json: {problem}"
        raise refusal("InvalidRequestContentException", told) from problem


def _asked_qualifier() -> str | None:
    """Return the request's qualifier, which moto looks for under another name."""
    from flask import has_request_context, request

    return request.args.get("Qualifier") if has_request_context() else None
