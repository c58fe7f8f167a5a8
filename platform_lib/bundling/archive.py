"""Zips that are byte for byte the same wherever and whenever they are made."""

import os
import shutil
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from platform_lib.bundling.cache import locked, made_whole, sweep
from platform_lib.shims.file_times import content_time

_UNIX = 3


def write_zip(tree: Path, path: Path) -> None:
    """Zip a tree to `path`, sorted, with fixed modes, times of the content and no bytecode."""
    with _new_zip(path) as archive:
        for name in tree_files(tree):
            file = tree / name
            executable = bool(file.stat().st_mode & 0o100)
            content = file.read_bytes()
            archive.writestr(_entry(name, content, executable=executable), content)


def write_files(files: Mapping[str, bytes], path: Path, *, original: Path | None = None) -> None:
    """Zip files that are in memory, by name, in the same manner; behind what `original` has."""
    with _new_zip(path, original) as archive:
        for name in sorted(files):
            archive.writestr(_entry(name, files[name]), files[name])


@contextmanager
def _new_zip(path: Path, original: Path | None = None) -> Iterator[zipfile.ZipFile]:
    """Open a zip that is at `path` once it is whole."""
    with locked(path):
        sweep(path)
        with made_whole(path) as workshop:
            if original is not None:
                shutil.copyfile(original, workshop / path.name)
            # Where there is no file yet, appending begins one.
            with zipfile.ZipFile(workshop / path.name, "a") as archive:
                yield archive


def tree_files(tree: Path) -> list[str]:
    """List the files of a tree, sorted by their names in a zip."""
    found = []
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.relpath(os.path.join(folder, name), tree) for name in names]
    return sorted(name.replace(os.sep, "/") for name in found)


def _entry(name: str, content: bytes, *, executable: bool = False) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, time.gmtime(content_time(content))[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = _UNIX
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    return entry
