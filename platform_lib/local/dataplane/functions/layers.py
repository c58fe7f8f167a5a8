"""A function's layers made to run on this machine: what Lambda would unpack into /opt.

The layer of an app's own dependencies brings their lock, which is installed anew here, as in a
whole bundle. Any other layer is taken as it is, and refused where it has native code for another
machine. Nothing can be put into this machine's /opt: the folder is on Python's path instead, with
`bin` and `lib` on the system's paths, and a layer that names /opt itself does not find it.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from platform_lib.bundling.cache import cache_dir, made_once
from platform_lib.local.dataplane.running.pythons import Python
from platform_lib.local.dataplane.running.trees import (
    LOCK,
    MANIFEST,
    Files,
    check_native_code,
    check_wheels,
    fill_tree,
    tree_key,
)
from platform_lib.local.desired import Layer
from platform_lib.local.errors import LocalCloudError

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where Lambda looks for commands, but for what layers bring."""


def local_layers(
    layers: Sequence[Layer], *, bundle: Mapping[str, Any], architecture: str, python: Python
) -> Path | None:
    """Make a function's layers runnable here, as one folder; None where it has none. Blocks.

    Args:
        layers: The layers, the last on top.
        bundle: The manifest of the function's code, empty for code that is not a bundle of ours.
        architecture: The function's processor.
        python: What runs the function.

    Raises:
        LocalCloudError: One cannot run here, or the code's own dependencies are in none.
    """
    folders = [_folder(layer, architecture, python) for layer in layers]
    wanted = bundle.get("layer")
    if wanted is not None and wanted not in [_manifest(folder).get("layer") for folder in folders]:
        listed = ", ".join(layer.arn for layer in layers) or "none"
        raise LocalCloudError(
            f"the code's dependencies are in layer {wanted}, which the function has not: its "
            f"layers are {listed}"
        )
    if len(folders) < 2:
        return folders[0] if folders else None
    names = "\n".join(folder.name for folder in folders)

    def lay(place: Path) -> None:
        for folder in folders:
            shutil.copytree(folder, place, dirs_exist_ok=True, copy_function=_replace)

    return made_once(
        cache_dir("local", "opt") / hashlib.sha256(names.encode()).hexdigest()[:24], lay
    )


def _replace(source: str, target: str) -> None:
    # A new file, never a write: what is there may be a link into the installer's cache.
    Path(target).unlink(missing_ok=True)
    shutil.copy2(source, target)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return manifest


def _folder(layer: Layer, architecture: str, python: Python) -> Path:
    files = Files(layer.content)
    manifest = json.loads(files.read(MANIFEST) or b"{}")
    if layer.architectures and architecture not in layer.architectures:
        made_for = " and ".join(layer.architectures)
        raise LocalCloudError(f"layer {layer.arn} is for {made_for}, the function {architecture}")
    names, lock = files.names(), ""
    try:
        if manifest:
            check_wheels(files, manifest)
            names = [name for name in names if name.startswith("_platform/")]
            lock = (files.read(LOCK) or b"").decode()
        else:
            check_native_code(files, "a layer cannot be made again for this machine")
    except LocalCloudError as problem:
        raise LocalCloudError(f"layer {layer.arn}: {problem}") from problem
    if any(re.match(r"extensions/[^/]+$", name) for name in names):
        need = "brings an extension, and extensions are not imitated"
        raise LocalCloudError(f"layer {layer.arn} {need}")
    return made_once(
        cache_dir("local", "layers") / tree_key(files, names, lock, python),
        lambda place: fill_tree(place, files, names, lock, python, packages="python"),
    )


def layer_environment(opt: Path | None, python: Python) -> tuple[list[str], dict[str, str]]:
    """Give what layers add to Python's path, and to the system's paths.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
    """
    if opt is None:
        return [], {}
    places = [opt / "python" / "lib" / f"python{python.wanted}" / "site-packages", opt / "python"]
    system = {}
    if (opt / "bin").is_dir():
        system["PATH"] = f"{SYSTEM_PATH}:{opt / 'bin'}"
    if (opt / "lib").is_dir():
        system["LD_LIBRARY_PATH"] = str(opt / "lib")
    return [str(place) for place in places if place.is_dir()], system
