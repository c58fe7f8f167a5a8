"""Headers with bytes above 127 go through the fronts as they came.

aiohttp reads a header as UTF-8, with surrogates for bytes that are none, and drops those when it
writes (`_write_utf8` of its `_http_writer.pyx`). What AWS's fronts do with such bytes nobody has
written down; here an app gets, and a client sees, the bytes that were sent.
"""

from typing import Any

from aiohttp import http_writer


def keep_header_bytes() -> None:
    """Let aiohttp write the bytes that it read."""
    http_writer._serialize_headers = _serialize


def header_text(value: str) -> str:
    """Give a function's header, which is Latin-1, in the form in which aiohttp holds headers."""
    try:
        return value.encode("latin-1").decode(errors="surrogateescape")
    except UnicodeEncodeError:
        return value


def _serialize(status_line: str, headers: Any) -> bytes:
    safe = http_writer._safe_header
    lines = [safe(status_line), *(f"{safe(k)}: {safe(v)}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode(errors="surrogateescape")
