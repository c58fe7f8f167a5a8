"""Zips that Lambda is to take: made for a few lines, given our start-up code, and checked."""

import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipInfo

from platform_lib.bundling.archive import write_files
from platform_lib.bundling.cache import cache_dir, digest, is_whole
from platform_lib.bundling.entry_check import read_entry
from platform_lib.bundling.native_code import HEAD, processor_of
from platform_lib.checks import InvalidInput
from platform_lib.shims import OURS, function_files

_LAYOUT = "1"
"""Raised when a zip of the same files is made differently: old ones must not be found."""

ZIP_LIMIT = 50 * 1024 * 1024
UNZIPPED_LIMIT = 250 * 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError),
    # It wants a password, or is of a form that Python cannot unpack.
    RuntimeError,
    # An entry has no name.
    IndexError,
)
_NATIVE = re.compile(r"\.so(\.|$)")


def entries_of(field: str, path: Path) -> list[ZipInfo]:
    """List what a zip holds; raises `InvalidInput` where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [entry for entry in archive.infolist() if not entry.is_dir()]
    except _DAMAGED as problem:
        raise InvalidInput(field, str(path), f"the zip cannot be read: {problem}") from None


def check_size(field: str, value: str, zips: Sequence[Path], *, uploaded: bool) -> None:
    """Refuse what Lambda would not take: code and layer, each as a zip, and both unpacked.

    `uploaded` tells that they go through S3, where only the unpacked size counts. The error
    names the largest packages.
    """
    entries = [entry for path in zips for entry in entries_of(field, path)]
    unzipped = sum(entry.file_size for entry in entries)
    largest_zip = max(path.stat().st_size for path in zips)
    if unzipped > UNZIPPED_LIMIT:
        what, size, limit = "unzipped", unzipped, UNZIPPED_LIMIT
        fix = "drop some, or run it as a container"
    elif largest_zip > ZIP_LIMIT and not uploaded:
        what, size, limit = "as a zip", largest_zip, ZIP_LIMIT
        fix = "drop some, or give `upload`: by way of S3 only the 250 MB unzipped count"
    else:
        return
    sizes: Counter[str] = Counter()
    for entry in entries:
        sizes[entry.filename.removeprefix("python/").split("/")[0]] += entry.file_size
    largest = ", ".join(f"{name} {_mb(size)}" for name, size in sizes.most_common(5))
    directly = "" if what == "unzipped" else " directly"
    need = (
        f"with its packages it has {_mb(size)} {what}, and Lambda takes {_mb(limit)}{directly}; "
        f"the largest are {largest}; {fix}"
    )
    raise InvalidInput(field, value, need)


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"


def check_native_code(path: Path, architecture: str) -> None:
    """Refuse a ready zip whose native code is for another processor.

    A package that brings libraries for several processors passes: the right one is among them.
    """
    wrong: dict[str, tuple[str, str]] = {}
    right: set[str] = set()
    native = [
        name
        for name in (entry.filename for entry in entries_of("code", path))
        if name == "bootstrap" or _NATIVE.search(name)
    ]
    with zipfile.ZipFile(path) as archive:
        for name in native:
            processor = processor_of(_head(path, archive, name))
            package = name.split("/")[0]
            if processor == architecture:
                right.add(package)
            elif processor is not None:
                wrong.setdefault(package, (name, processor))
    for package, (name, processor) in sorted(wrong.items()):
        if package not in right:
            need = f"{name} in it is native code for {processor}, and 'architecture' is"
            raise InvalidInput("code", str(path), f"{need} {architecture!r}")


def _head(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            return file.read(HEAD)
    except _DAMAGED as problem:
        raise InvalidInput("code", str(path), f"{name} in it cannot be read: {problem}") from None


def check_bootstrap(path: Path) -> None:
    """Refuse a zip for an OS-only runtime that has nothing to start.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html
    """
    found = [entry for entry in entries_of("code", path) if entry.filename == "bootstrap"]
    if not found:
        need = "a runtime of the operating system alone starts the zip's file 'bootstrap': it has"
        raise InvalidInput("code", str(path), f"{need} none (a layer may bring it: give `layers`)")
    mode = found[0].external_attr >> 16
    if mode and not mode & 0o111:
        raise InvalidInput("code", str(path), "its file 'bootstrap' is not executable")


def zip_of(files: Mapping[str, bytes]) -> Path:
    """Zip a few files; the same files are the same zip everywhere, found when it was made."""
    content = [part for name in sorted(files) for part in (name, files[name])]
    made = cache_dir("zips") / f"{digest(_LAYOUT, *content)[:32]}.zip"
    if not is_whole(made):
        write_files(files, made)
    return made


def add_shim_to_zip(path: Path, *, handler: str) -> Path:
    """Put the start-up code that fetches secrets into a ready zip of a Python handler.

    The zip's own handler is then called by `serving.FUNCTION_HANDLER`.
    """
    start = read_entry("handler", handler)
    files = function_files({"handler": handler})
    names = [entry.filename for entry in entries_of("code", path)]
    if any(name.split("/")[0] == OURS for name in names):
        raise InvalidInput("code", str(path), f"it has a folder {OURS!r}, whose name is ours")
    stem = start.module.replace(".", "/")
    if not any(name.startswith((f"{stem}.", f"{stem}/")) for name in names):
        raise start.wrong(f"the zip has no module {start.module!r}")
    content = [part for name in sorted(files) for part in (name, files[name])]
    key = digest(_LAYOUT, path.read_bytes(), *content)[:32]
    made = cache_dir("zips") / f"{key}.zip"
    if not is_whole(made):
        write_files(files, made, original=path)
    return made
