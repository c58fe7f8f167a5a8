"""The files of a source directory that belong to the app, and their hash."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from platform_lib.bundling.ignore_files import OWN_FILE, IgnoreFiles, Patterns
from platform_lib.checks import InvalidInput


@dataclass(frozen=True)
class SourceFile:
    """A file of the app: where it goes in the tree, where it is, and whether it is a program."""

    name: str
    path: str
    executable: bool


def source_files(source: Path) -> list[SourceFile]:
    """List the files of an app, sorted by name; a link that leads out of it is an error.

    What stays out is said in `ignore_files`; of what looks like a secret a warning tells.
    """
    root = os.path.realpath(source)
    ignore = IgnoreFiles(root, str(source))
    found = sorted(_scan(root, "", ignore, _State(root)), key=lambda file: file.name)
    if ignore.left_secrets:
        _warn(str(source), tuple(sorted(ignore.left_secrets)))
    return found


@dataclass(frozen=True)
class _State:
    """What the folders above say of a folder."""

    path: str
    above: tuple[str, ...] = ()
    git: Sequence[Patterns] | None = None
    dropped: bool = False
    wanted: bool = False


def _scan(folder: str, prefix: str, ignore: IgnoreFiles, state: _State) -> Iterator[SourceFile]:
    git = ignore.within(folder, prefix, state.git)
    above = (*state.above, state.path)
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            is_folder = entry.is_dir()
            out, wanted = ignore.stays_out(
                name, folder=is_folder, git=git, dropped=state.dropped, wanted=state.wanted
            )
            if out and not (is_folder and ignore.leads_through(name)):
                continue
            if not (name.isascii() or name.isprintable()):
                need = f"its file {name!r} has a name that other systems cannot spell"
                raise InvalidInput("source", ignore.source, need)
            path = entry.path
            if entry.is_symlink():
                path = _followed(entry, prefix, above, ignore.source)
            if is_folder:
                # Whatever its name, a folder with this file is a virtual environment.
                if not os.path.exists(os.path.join(path, "pyvenv.cfg")):
                    below = _State(path, above, git, out, wanted)
                    yield from _scan(path, f"{name}/", ignore, below)
            elif entry.is_file():
                executable = bool(entry.stat().st_mode & 0o100)
                yield SourceFile(name, path, executable)


@cache
def _warn(source: str, secrets: tuple[str, ...]) -> None:
    """Say once what stays out although the app may read it."""
    # Imported here: the local cloud hashes sources without Pulumi.
    import pulumi

    shown = ", ".join(secrets[:5]) + (", ..." if len(secrets) > 5 else "")
    pulumi.log.warn(
        f"{source}: left out of the bundle, for it looks like a secret: {shown}. The app gets "
        f"secrets by `secrets`; a line of {OWN_FILE} silences this (`{secrets[0]}`) or brings "
        f"the file back (`!{secrets[0]}`)."
    )


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
