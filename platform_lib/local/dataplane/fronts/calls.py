"""What fronts of functions share: reading a request, calling the function, refusing."""

import asyncio
import json
from collections.abc import Sequence
from typing import ClassVar

from aiohttp import HttpVersion11, web
from multidict import CIMultiDict

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.fronts.header_bytes import header_text
from platform_lib.local.dataplane.fronts.http_events import Answer
from platform_lib.local.dataplane.functions.functions import Functions, ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome
from platform_lib.local.errors import LocalCloudError

SERVER_ERROR = "Internal Server Error"
HEADER_LIMIT = 16 * 1024
"""The longest request line and header that a load balancer takes; others take less.

https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
"""


class Refused(Exception):  # noqa: N818 - it is an answer
    """The front answers itself; `told` is for the access log."""

    def __init__(
        self,
        status: int,
        message: str,
        told: str = "",
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message)
        self.answer = message_answer(status, message, headers)
        self.told = told


def message_answer(status: int, text: str, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """Word an answer of the front's own."""
    body = json.dumps({"message": text}, separators=(",", ":")).encode()
    own = [("content-type", "application/json"), *headers]
    return Answer(status=status, headers=own, body=body)


async def continue_body(request: web.BaseRequest) -> None:
    """Tell a client that waits for it to send its body, as AWS's load balancers do at once.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/how-elastic-load-balancing-works.html
    """
    if request.version >= HttpVersion11 and request.headers.get("Expect"):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # The answer has not begun.


def head_size(request: web.BaseRequest, *, names: bool = True) -> int:
    """Count the bytes of a request line and its headers, some without the headers' names."""
    line = len(request.method) + len(request.raw_path) + len("  HTTP/1.1")
    return line + sum(
        len(value) + (len(name) if names else 0) for name, value in request.raw_headers
    )


async def read_body(request: web.BaseRequest, limit: int, told: str) -> bytes:
    """Read a body, up to what a front takes."""
    pieces, size = list[bytes](), 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > limit:
            raise Refused(413, "Request Entity Too Large", told)
        pieces.append(piece)
    return b"".join(pieces)


async def call_function(
    context: Context, functions: Functions, arn: str, payload: bytes, seconds: float | None
) -> Outcome | None:
    """Call a function as long as a front waits for it; None where that was too short.

    Raises:
        ThrottledError: It takes no call now.
        LocalCloudError: There is no such function, or it cannot run here.
    """
    call = asyncio.ensure_future(functions.invoke(arn, payload))
    done, _ = await asyncio.wait({call}, timeout=seconds)
    if not done:
        # The function goes on, as on AWS; only nobody waits for it any more.
        call.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return None
    try:
        outcome, _ = call.result()
    except ThrottledError:
        raise
    except LocalCloudError as error:
        context.say(f"function {arn.partition(':function:')[2]}: {error}")
        raise
    return outcome


def error_message(payload: bytes) -> str:
    """Read the message of a function's error."""
    try:
        return str(json.loads(payload).get("errorMessage", ""))
    except (ValueError, AttributeError):
        return payload[:200].decode(errors="replace")


class AsGiven(web.StreamResponse):
    """A response to which aiohttp does not add the headers that are named in `not_ours`."""

    not_ours: ClassVar[Sequence[str]] = ("Content-Type",)

    async def _prepare_headers(self) -> None:
        absent = [name for name in self.not_ours if name not in self.headers]
        await super()._prepare_headers()
        for name in absent:
            self.headers.popall(name, None)


class Untyped(AsGiven, web.Response):
    """A whole response that gets no content type of aiohttp's."""


def as_response(
    answer: Answer, method: str = "GET", *, kind: type[web.Response] = web.Response
) -> web.Response:
    """Turn an answer into a response, without what belongs to one connection only.

    The length is the body's; an answer to HEAD has none, and says how long it would be.
    """
    headers = CIMultiDict[str]()
    dropped = {"content-length", "transfer-encoding", "connection"}
    if method == "HEAD" and not answer.body:
        dropped.remove("content-length")
    for name, value in answer.headers:
        if name.lower() not in dropped:
            headers.add(name, header_text(value))
    return kind(status=answer.status, headers=headers, body=answer.body)
