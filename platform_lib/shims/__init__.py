"""What runs beside the app on its targets: read as text here.

The library imports nothing of it but `file_times`.
"""

import json
from collections.abc import Mapping
from importlib import resources

OURS = "_platform"
"""The folder of an app's tree that holds what is ours: manifest, lock, and what a target adds."""


def function_files(config: Mapping[str, str | None]) -> dict[str, bytes]:
    """Give what a function's tree gets: Lambda's entry and what it is to serve."""
    http = {name: name for name in _EVENTS} if "app" in config else {}
    return _files({"handler.py": "function_handler.py", **http}, config)


_EVENTS = ("entry.py", "events.py", "file_times.py", "forwarded.py")


def server_files(config: Mapping[str, str | None]) -> dict[str, bytes]:
    """Give what a tree gets on instances and in containers: the server's start."""
    return _files({name: name for name in _SERVER}, config)


_SERVER = (
    "entry.py",
    "file_times.py",
    "forwarded.py",
    "processors.py",
    "serve.py",
    "start.py",
    "wsgi.py",
)


def _files(shims: Mapping[str, str], config: Mapping[str, str | None]) -> dict[str, bytes]:
    ours = resources.files(__name__)
    return {
        **{f"{OURS}/{name}": ours.joinpath(shim).read_bytes() for name, shim in shims.items()},
        f"{OURS}/config.json": json.dumps(config, sort_keys=True).encode(),
    }
