"""An app's dependencies as a Lambda layer: made once for a lock, whatever the code becomes.

The layer holds what the lock says under `python/`, where Lambda's Python looks for packages, and
beside it in `_platform/` the lock and a manifest, by which the local cloud makes it anew for this
machine. https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
"""

import json
from dataclasses import dataclass
from pathlib import Path

from platform_lib.bundling.archive import write_zip
from platform_lib.bundling.cache import cache_dir, digest, is_whole, made_once
from platform_lib.bundling.locks import Locks
from platform_lib.bundling.tree import write_new
from platform_lib.shims import OURS

_LAYOUT = "2"
"""Raised when a layer of the same lock is made differently: old ones must not be found."""


@dataclass(frozen=True, kw_only=True)
class DependencyLayer:
    """The dependencies of an app, and what its target adds."""

    key: str
    """28 hex digits over locks, processor and Python: names the layer's content."""
    packages: Path
    """The folder that holds the packages."""
    zip: Path
    """The layer as a zip, byte for byte the same wherever it is made. There when asked for."""


def make_layer(
    locks: Locks, *, python_version: str, architecture: str, zipped: bool
) -> DependencyLayer | None:
    """Install the locks into a layer, or find the one that was made; None where they are empty."""
    if not locks.merged:
        return None
    key = digest(_LAYOUT, locks.app, locks.added, architecture, python_version)[:28]
    manifest = {"layer": key, "python": python_version, "architecture": architecture}

    def build(folder: Path) -> None:
        tree = folder / "opt"
        tree.joinpath("python").mkdir(parents=True)
        locks.install(tree / "python")
        content = json.dumps(manifest, indent=1, sort_keys=True).encode()
        write_new(tree / OURS / "manifest.json", content)
        write_new(tree / OURS / "requirements.lock", locks.merged.encode())

    home = made_once(cache_dir("layers") / key, build)
    archive = home / "layer.zip"
    if zipped and not is_whole(archive):
        write_zip(home / "opt", archive)
    return DependencyLayer(key=key, packages=home / "opt" / "python", zip=archive)
