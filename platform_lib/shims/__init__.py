"""What runs beside the app on its targets: read as text here, never imported by the library."""

import json
from collections.abc import Mapping
from importlib import resources

OURS = "_platform"
"""The folder of an app's tree that holds what is ours: manifest, lock, and what a target adds."""


def function_files(config: Mapping[str, str]) -> dict[str, bytes]:
    """Give what a function's tree gets: Lambda's entry and what it is to serve."""
    return _files("handler.py", "function_handler.py", config)


def server_files(config: Mapping[str, str]) -> dict[str, bytes]:
    """Give what a tree gets on instances and in containers: the server's start."""
    return _files("serve.py", "serve.py", config)


def _files(name: str, shim: str, config: Mapping[str, str]) -> dict[str, bytes]:
    return {
        f"{OURS}/{name}": resources.files(__name__).joinpath(shim).read_bytes(),
        f"{OURS}/config.json": json.dumps(config, sort_keys=True).encode(),
    }
