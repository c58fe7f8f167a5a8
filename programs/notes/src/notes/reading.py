"""Reading requests that nobody vouches for: their size, type, origin and content."""

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

# The longest note, every character of it escaped in the longest way (12 bytes), and some room.
MAX_BODY = 64 * 1024

_MAX_PAGE = 100


async def read_json_text(request: Request) -> str:
    """Return `text` of a JSON body of that one member."""
    body = await _read_body(request, "application/json")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as problem:
        # RecursionError: thousands of opening brackets. ValueError: JSON's and UTF-8's errors.
        raise HTTPException(400, "the body is not JSON in UTF-8") from problem
    text = data.get("text") if isinstance(data, dict) and len(data) == 1 else None
    if not isinstance(text, str):
        raise HTTPException(400, 'the body must be an object with one string: {"text": "..."}')
    return text


async def read_form_text(request: Request) -> str:
    """Return the field `text` of an HTML form."""
    body = await _read_body(request, "application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as problem:
        raise HTTPException(400, "the form is malformed") from problem
    fields = dict(pairs)
    if "text" not in fields:
        raise HTTPException(400, "the form has no field 'text'")
    return fields["text"]


def page_size(query: Mapping[str, str], default: int) -> int:
    """Return the parameter `limit`."""
    value = query.get("limit", str(default))
    size = int(value) if re.fullmatch("[0-9]{1,3}", value) else 0
    if not 1 <= size <= _MAX_PAGE:
        raise HTTPException(400, f"limit must be a number from 1 to {_MAX_PAGE}")
    return size


def refuse_foreign_origin(request: Request) -> None:
    """Refuse what a page of another site made a browser send (CSRF).

    There are no cookies here, but behind a company's login or network a visitor's browser can
    do what its attacker cannot. Browsers tell where a request comes from, by Sec-Fetch-Site on
    HTTPS and by Origin everywhere; what sends neither is no browser, and nothing can be forged
    through it.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif origin is not None:
        # Not the scheme: TLS often ends before the app.
        allowed = _host(origin.partition("://")[2]) == _host(request.headers.get("host", ""))
    else:
        allowed = True
    if not allowed:
        raise HTTPException(403, "this request was sent by a page of another site")


def _host(address: str) -> str:
    return address.lower().removesuffix(":443").removesuffix(":80")


async def _read_body(request: Request, content_type: str) -> bytes:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != content_type:
        raise HTTPException(415, f"the content type must be {content_type}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        # The length that a request claims is not trusted, and a chunked one claims none.
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"the body is larger than {MAX_BODY // 1024} KiB")
    return body
