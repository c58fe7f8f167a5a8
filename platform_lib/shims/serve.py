"""Starts the app under granian, on an instance and in a container: `python -m _platform.serve`.

It listens on PORT, on every address unless GRANIAN_HOST names one, with a process for each
processor unless WEB_CONCURRENCY tells their number.
"""

import json
import os
import resource
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import forwarded
from .entry import WrongApp, load_app
from .file_times import is_ahead
from .processors import processors
from .wsgi import Bridge

_IDLE_MILLISECONDS = 75_000
"""Longer than a load balancer keeps an idle connection (60 s): were the server first to close
one, a request already on its way would be answered with 502. Its command line stops at 60 s."""

_OWN_FILES = 256
"""Left to the app and the runtime of those that a process may open: at most half of them."""

_MOST_FILES = 1 << 20
"""What a Linux process may open unless the kernel was told otherwise (fs.nr_open)."""

_SINCE = b"if-modified-since"

_THREADS = 512
"""Requests that WSGI apps work on at once, in all processes: as many as granian would."""


def serve() -> None:
    """Serve until told to stop."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings

    Granian(
        _config()["app"],
        # Who may reach it is decided by security groups.
        address=os.environ.get("GRANIAN_HOST", "0.0.0.0"),  # noqa: S104
        port=int(os.environ["PORT"]),
        interface=Interfaces.ASGI,
        workers=_workers(),
        backpressure=_connections(),
        http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MILLISECONDS),
    ).serve(target_loader=load, wrap_loader=False)


def load() -> Any:
    """Import the app, in each of the server's processes, and give what it calls."""
    config = _config()
    try:
        app, interface = load_app(config["app"], config["interface"])
    except WrongApp as problem:
        sys.exit(f"platform: {problem}")
    if interface == "wsgi":
        workers = _workers()
        app = Bridge(app, threads=max(1, _THREADS // workers), several_processes=workers > 1)
    return behind_balancer(app)


def behind_balancer(app: Any) -> Any:
    """Tell an app of the client instead of the balancer, and in ASGI's own types."""

    def called(scope: MutableMapping[str, Any], receive: Any, send: Any) -> Any:
        if scope["type"] != "lifespan":
            headers = scope["headers"]
            address = forwarded.client_address(headers)
            host, port = scope["client"]
            scope["client"] = (address, 0) if address else (host, int(port))
            scheme = forwarded.scheme(headers)
            if scheme:
                web = scope["type"] == "http"
                scope["scheme"] = scheme if web else scheme.replace("http", "ws")
            if any(
                name == _SINCE and is_ahead(value.decode("latin-1")) for name, value in headers
            ):
                scope["headers"] = [each for each in headers if each[0] != _SINCE]
            scope["server"] = (scope["server"][0], int(scope["server"][1]))
            if scope["http_version"] == "1":
                scope["http_version"] = "1.0"
        return app(scope, receive, send)

    return called


def _config() -> dict[str, Any]:
    config: dict[str, Any] = json.loads(Path(__file__).with_name("config.json").read_text())
    return config


def _workers() -> int:
    return max(1, int(os.environ.get("WEB_CONCURRENCY") or processors()))


def _connections() -> int:
    """Let a process open all the files that the system allows, and give what connections may have.

    An open connection is one file, whether or not a request is under way: were there a lower
    bound, clients that keep connections would shut out the balancer's health checks.
    """
    kind, endless = resource.RLIMIT_NOFILE, resource.RLIM_INFINITY
    soft, hard = resource.getrlimit(kind)
    most = _MOST_FILES if hard == endless else min(hard, _MOST_FILES)
    # macOS tells no end and takes less.
    with suppress(OSError, ValueError):
        if soft != endless and soft < most:
            resource.setrlimit(kind, (most, hard))
    soft, _ = resource.getrlimit(kind)
    limit = _MOST_FILES if soft == endless else soft
    return max(limit - _OWN_FILES, limit // 2)


# The server's workers import this module again.
if __name__ == "__main__":
    serve()
