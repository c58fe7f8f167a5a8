"""What fronts of functions share: reading a request, calling the function, refusing."""

import asyncio
import json
from collections.abc import Sequence

from aiohttp import web
from multidict import CIMultiDict

from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.fronts.header_bytes import header_text
from platform_lib.local.dataplane.fronts.http_events import Answer
from platform_lib.local.dataplane.functions.functions import Functions, ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome
from platform_lib.local.errors import LocalCloudError

SERVER_ERROR = "Internal Server Error"


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


def as_response(answer: Answer) -> web.Response:
    """Turn an answer into a response, without what belongs to one connection only."""
    headers = CIMultiDict[str]()
    for name, value in answer.headers:
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            headers.add(name, header_text(value))
    # An answer to HEAD keeps the length of the body that it leaves out: aiohttp sees to it.
    return web.Response(status=answer.status, headers=headers, body=answer.body)
