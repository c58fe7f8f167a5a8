"""The files of a source directory that belong to the app, and their hash."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from platform_lib.checks import InvalidInput

EXCLUDED = frozenset(
    {
        *(".git", ".hg", ".svn", ".bzr", ".gitignore", ".gitattributes", ".gitmodules"),
        *(".venv", "__pycache__", "__pypackages__", "node_modules", ".eggs"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".cache"),
        *(".coverage", ".DS_Store", ".idea", ".vscode", ".envrc", ".direnv"),
        *(".env", ".pulumi", ".platform-local", "Pulumi.yaml"),
    }
)
"""Names that are no part of an app: version control, environments, caches, editors, secrets, and
what Pulumi keeps beside a program."""

EXCLUDED_PATTERNS = ("*.pyc", "*.pyo", "*.egg-info", ".env.*", "Pulumi.*.yaml")


@dataclass(frozen=True)
class SourceFile:
    """A file of the app: where it goes in the tree, where it is, and whether it is a program."""

    name: str
    path: str
    executable: bool


def source_files(source: Path) -> list[SourceFile]:
    """List the files of an app, sorted by name; a link that leads out of it is an error."""
    root = os.path.realpath(source)
    found = _scan(root, "", (root,), str(source))
    return sorted(found, key=lambda file: file.name)


def _scan(folder: str, prefix: str, above: tuple[str, ...], source: str) -> Iterator[SourceFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name in EXCLUDED or any(fnmatch(name, each) for each in EXCLUDED_PATTERNS):
                continue
            if not (name.isascii() or name.isprintable()):
                need = f"its file {prefix + name!r} has a name that other systems cannot spell"
                raise InvalidInput("source", source, need)
            path = entry.path
            if entry.is_symlink():
                path = _followed(entry, prefix, above, source)
            if entry.is_dir():
                # Whatever its name, a folder with this file is a virtual environment.
                if not os.path.exists(os.path.join(path, "pyvenv.cfg")):
                    yield from _scan(path, f"{prefix}{name}/", (*above, path), source)
            elif entry.is_file():
                executable = bool(entry.stat().st_mode & 0o100)
                yield SourceFile(prefix + name, path, executable)


def _followed(entry: os.DirEntry[str], prefix: str, above: tuple[str, ...], source: str) -> str:
    """Follow a link; no other machine has what lies outside, and a loop has no end."""
    path = os.path.realpath(entry.path)
    shown = f"its link {prefix + entry.name!r} to {os.readlink(entry.path)!r}"
    if not os.path.exists(path):
        raise InvalidInput("source", source, f"{shown} leads nowhere; remove it")
    if not path.startswith(above[0] + os.sep):
        need = f"{shown} leads out of the source; put a copy there, or remove it"
        raise InvalidInput("source", source, need)
    if path in above:
        raise InvalidInput("source", source, f"{shown} leads back to where it is; remove it")
    return path


def hash_of(files: Sequence[SourceFile]) -> bytes:
    """Hash names, contents and modes, each with its length, so that no two lists look alike."""
    total = hashlib.sha256()
    for file in files:
        # os.open: io's own objects cost more than the reading and hashing of a small file.
        handle = os.open(file.path, os.O_RDONLY)
        try:
            content = os.read(handle, _SMALL)
            if len(content) == _SMALL:
                with open(handle, "rb", closefd=False) as rest:
                    content += rest.read()
        finally:
            os.close(handle)
        name = os.fsencode(file.name)
        total.update(b"%d %d %d " % (len(name), len(content), file.executable))
        total.update(name)
        total.update(content)
    return total.digest()


_SMALL = 1 << 16
