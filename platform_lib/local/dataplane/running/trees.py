"""A target's bundle made to run on this machine.

A bundle holds wheels for the target's processor and Python. Its own files (named in the manifest)
are taken as they are, its lock is installed anew for this machine, and the result is kept in the
cache under the hash of both: what runs here is the same source with the same versions. Where this
machine has only another Python, the lock's versions are resolved for it, and the screen says so.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from platform_lib.bundling import installer
from platform_lib.bundling.cache import cache_dir, made_once
from platform_lib.bundling.installer import InstallFailed
from platform_lib.bundling.tree import write_new
from platform_lib.local.dataplane.running.pythons import Python, find_python, minor
from platform_lib.local.errors import LocalCloudError

MANIFEST = "_platform/manifest.json"
LOCK = "_platform/requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?==[^\s;\\]+(?:\s*;[^\\]*)?)", re.MULTILINE)
_UNZIPPED_LIMIT = 250 * 1024 * 1024
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
_ELF_MACHINES = {62: "x86_64", 183: "aarch64"}


@dataclass(frozen=True, kw_only=True)
class LocalTree:
    """A folder that runs here, and the interpreter to run it with."""

    path: Path
    python: Python
    manifest: Mapping[str, Any]


class Files:
    """The files of a bundle, from a folder or from the bytes of a zip."""

    def __init__(self, source: Path | bytes) -> None:
        self._folder = source if isinstance(source, Path) else None
        self._zip = None if isinstance(source, Path) else zipfile.ZipFile(BytesIO(source))

    def names(self) -> list[str]:
        """Return every file's path, sorted."""
        if self._zip is not None:
            return sorted(e.filename for e in self._zip.infolist() if not e.is_dir())
        assert self._folder is not None  # noqa: S101 - one of the two is set
        found = (path for path in self._folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, name: str) -> bytes | None:
        """Return a file's content, None when it is not there."""
        if self._zip is not None:
            try:
                return self._zip.read(name)
            except KeyError:
                return None
        assert self._folder is not None  # noqa: S101
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None

    def mode(self, name: str) -> int:
        """Return a file's permissions; 0 when the zip does not tell."""
        if self._zip is not None:
            return self._zip.getinfo(name).external_attr >> 16 & 0o777
        assert self._folder is not None  # noqa: S101
        return (self._folder / name).stat().st_mode & 0o777

    def size(self) -> int:
        """Return the unzipped size."""
        return sum(e.file_size for e in self._zip.infolist()) if self._zip else 0


def local_tree(source: Path | bytes, say: Callable[[str], None], *, wanted: str) -> LocalTree:
    """Make a bundle (a folder, or a zip's bytes) runnable here. Blocks; quick when it was made.

    Args:
        source: The bundle.
        say: Shows a line.
        wanted: The Python of the target, such as "3.13", where the bundle does not name one.

    Raises:
        LocalCloudError: It cannot run here; the message says why.
    """
    files = Files(source)
    manifest = json.loads(files.read(MANIFEST) or b"{}")
    python = find_python(str(manifest.get("python", wanted)))
    if not python.exact:
        say(f"Python {python.wanted} is not on this machine: Python {python.version} stands in")
    if manifest:
        check_wheels(files, manifest)
        own = set(manifest["source_files"])
        names = [n for n in files.names() if n in own or n.startswith("_platform/")]
        # What a layer of the function brings is installed there (`layers.py`).
        lock = "" if manifest.get("layer") else (files.read(LOCK) or b"").decode()
    else:
        check_native_code(files, "give its source instead of a ready artifact")
        names, lock = files.names(), ""
    path = made_once(
        cache_dir("local", "trees") / tree_key(files, names, lock, python),
        lambda place: fill_tree(place, files, names, lock, python),
    )
    return LocalTree(path=path, python=python, manifest=manifest)


def tree_key(files: Files, names: list[str], lock: str, python: Python) -> str:
    """Name what `fill_tree` makes of these."""
    digest = hashlib.sha256(f"{python.version} {platform.machine()}\n{lock}".encode())
    for name in names:
        content = hashlib.sha256(files.read(name) or b"").hexdigest()
        digest.update(f"\n{name} {content} {files.mode(name)}".encode())
    return digest.hexdigest()[:24]


def fill_tree(
    tree: Path, files: Files, names: list[str], lock: str, python: Python, *, packages: str = ""
) -> None:
    """Fill a new folder: a lock's packages, in the folder `packages` of it, and files over them.

    Raises:
        LocalCloudError: The packages cannot be installed, or a file's path leaves the folder.
    """
    tree.mkdir()
    if _PIN.search(lock):
        shutil.copytree(
            _installed(lock, python), tree / packages, copy_function=_link, dirs_exist_ok=True
        )
    root = tree.resolve()
    for name in names:
        path = tree / name
        if not path.resolve().is_relative_to(root):
            raise LocalCloudError(f"the bundle holds a path that leaves it: {name!r}")
        write_new(path, files.read(name) or b"", executable=bool(files.mode(name) & 0o100))


def _installed(lock: str, python: Python) -> Path:
    """Return a folder with a lock's packages, made once for all that have this lock."""
    key = hashlib.sha256(f"{python.version} {platform.machine()}\n{lock}".encode()).hexdigest()
    return made_once(
        cache_dir("local", "packages") / key[:24],
        lambda place: install_here(lock, place, python),
    )


def _link(source: str, target: str) -> None:
    """Give a file a second name; where the file system cannot, copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def install_here(lock: str, target: Path, python: Python) -> None:
    """Install a lock for this machine; where only another Python is here, resolve it for that.

    With bytecode: what runs from there may not write any.

    Raises:
        LocalCloudError: It cannot be; the message names package and Python.
    """
    version = minor(python.version)
    try:
        if not python.exact:
            pins = "\n".join(found[1].strip() for found in _PIN.finditer(lock))
            lock = installer.compile_lock(
                pins, python_version=version, platform=None, python=python.path
            )
        installer.install(lock, target, python_version=version, python=python.path, bytecode=True)
    except InstallFailed as error:
        instead = "" if python.exact else f" (in place of Python {python.wanted})"
        message = f"cannot install for Python {python.version}{instead} on this machine: {error}"
        raise LocalCloudError(message) from error


def check_wheels(files: Files, manifest: Mapping[str, Any]) -> None:
    """Check that every wheel in a bundle is one for the bundle's own processor and Python.

    Raises:
        LocalCloudError: One is not: on AWS it would fail at its import.
    """
    machine = _MACHINES[manifest["architecture"]]
    tag = "cp" + str(manifest["python"]).replace(".", "")
    for name in files.names():
        if not name.endswith(".dist-info/WHEEL"):
            continue
        text = (files.read(name) or b"").decode()
        tags = [line.split(":", 1)[1].strip() for line in text.splitlines() if line[:4] == "Tag:"]
        if tags and not any(_fits(each, tag, machine) for each in tags):
            package = name.rsplit("/", 1)[0].removesuffix(".dist-info")
            wanted = f"{manifest['architecture']} and Python {manifest['python']}"
            raise LocalCloudError(f"{package} in the bundle is for {tags[0]}, not for {wanted}")


def _fits(tag: str, python: str, machine: str) -> bool:
    interpreter, abi, platform_name = tag.split("-", 2)
    right_python = abi in ("none", "abi3") or python in interpreter.split(".")
    return right_python and (platform_name == "any" or platform_name.endswith(f"_{machine}"))


def check_native_code(files: Files, need: str) -> None:
    """Refuse a ready zip whose native code is for another processor: there is no lock to redo it.

    `need` is what the error asks for.

    Raises:
        LocalCloudError: It has some.
    """
    ours = platform.machine().replace("arm64", "aarch64").lower()
    for name in files.names():
        if not re.search(r"\.so(\.|$)", name):
            continue
        head = (files.read(name) or b"")[:20]
        theirs = _ELF_MACHINES.get(int.from_bytes(head[18:20], "little"), "another processor")
        if head[:4] == b"\x7fELF" and (theirs != ours or platform.system() != "Linux"):
            here = f"{platform.system()} on {ours}"
            raise LocalCloudError(
                f"{name} is native code for Linux on {theirs}, not {here}: {need}"
            )


def check_unzipped_size(*zips: bytes) -> None:
    """Refuse what Lambda refuses: more than 250 MB unzipped, with all layers.

    Raises:
        LocalCloudError: It is larger.
    """
    size = sum(Files(content).size() for content in zips)
    if size > _UNZIPPED_LIMIT:
        shown = size / 1024 / 1024
        whose = "code is" if len(zips) == 1 else "code and layers are"
        raise LocalCloudError(
            f"the function's {whose} {shown:.0f} MB unzipped; Lambda takes 250 MB"
        )


def copy_for_engine(context: Path, say: Callable[[str], None]) -> Path:
    """Copy an image's context with the tree of `app/` installed for Linux on this processor.

    Nothing is copied where the bundle is for this processor already.
    """
    manifest = json.loads((context / "app" / MANIFEST).read_text())
    machine = platform.machine().replace("aarch64", "arm64").replace("AMD64", "x86_64")
    if manifest["architecture"] == machine:
        return context
    say(f"the image is built for this machine's {machine}, not for {manifest['architecture']}")
    files = Files(context)
    own = {f"app/{name}" for name in manifest["source_files"]}
    names = [
        n
        for n in files.names()
        if n in own or n.startswith("app/_platform/") or not n.startswith("app/")
    ]
    lock = (files.read(f"app/{LOCK}") or b"").decode()
    python = Python(path=Path(), version=str(manifest["python"]), wanted=str(manifest["python"]))
    return made_once(
        cache_dir("local", "contexts") / tree_key(files, names, lock, python),
        lambda place: _fill_context(
            place, context, names=names, lock=lock, manifest=manifest, here=machine
        ),
    )


def _fill_context(
    copy: Path,
    context: Path,
    *,
    names: list[str],
    lock: str,
    manifest: Mapping[str, Any],
    here: str,
) -> None:
    (copy / "app").mkdir(parents=True)
    version = str(manifest["python"])
    if _PIN.search(lock):
        tag = installer.platform_tag(version, here)
        try:
            installer.install(lock, copy / "app", python_version=version, platform=tag)
        except InstallFailed as error:
            message = f"cannot install for Python {version} on {here}: {error}"
            raise LocalCloudError(message) from error
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).unlink(missing_ok=True)
        shutil.copy2(context / name, copy / name)
