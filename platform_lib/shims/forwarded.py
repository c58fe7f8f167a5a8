"""Who called, and how, by the word of the load balancer that stands before the app.

The balancer appends the address of whoever connected to it to X-Forwarded-For, so the last entry
is its own word and every other is the client's. X-Forwarded-Proto and -Port it sets anew.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html

Security groups let nobody but the balancer connect: it needs no list of trusted addresses, which
could not tell a client inside of the network from the balancer either.
"""

import ipaddress
import re
from collections.abc import Iterable

_PORT = re.compile(r"\[(.*)\](?::\d+)?|([^:]*):\d+")
"""An address with the client's port, which a balancer may be told to add."""


def client_address(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Give the last address of X-Forwarded-For; None without one, as in health checks."""
    last = _last(headers, b"x-forwarded-for")
    entry = last.rpartition(",")[2].strip()
    found = _PORT.fullmatch(entry)
    if found:
        entry = found[1] or found[2]
    try:
        return str(ipaddress.ip_address(entry))
    except ValueError:
        return None


def scheme(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Give X-Forwarded-Proto, "http" or "https"; None without it."""
    last = _last(headers, b"x-forwarded-proto").strip().lower()
    return last if last in ("http", "https") else None


def _last(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    found = b""
    for name, value in headers:
        if name == wanted:
            found = value
    return found.decode("latin-1")
