"""From a source directory to a tree and a zip that are ready to run on the target.

The app's requirements are resolved once into a lock, which travels in the tree; what the target
adds is resolved afterwards with that lock as constraints. Everything is kept in the cache under
names made of hashes, so a bundle whose inputs did not change is found by hashing alone.
"""

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from platform_lib.archive import add_to_zip, write_zip
from platform_lib.cache import cache_dir, locked, made_whole, sweep
from platform_lib.checks import InvalidInput
from platform_lib.entry_check import Entry, check_in_source, check_in_tree, read_entry
from platform_lib.installer import InstallFailed
from platform_lib.locks import Locks, make_locks
from platform_lib.requirements import read_requirements
from platform_lib.shims import OURS, function_files
from platform_lib.source_files import SourceFile, hash_of, source_files

_LAYOUT = "1"
"""Raised when a tree of the same inputs is made differently: old trees must not be found."""

_ZIP_LIMIT = 50 * 1024 * 1024
_UNZIPPED_LIMIT = 250 * 1024 * 1024
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


@dataclass(frozen=True, kw_only=True)
class Additions:
    """What a target adds to the app."""

    requirements: tuple[str, ...] = ()
    """Packages, resolved with the app's lock as constraints."""
    pins: tuple[str, ...] = ()
    """Versions of those packages where the app's own lock says nothing, so that the same app is
    the same bundle on another day."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Path in the tree -> content."""
    salt: str = ""
    """Further text that names the artifact, such as a Dockerfile's."""
    interface: str | None = None
    """How the app is called, for the manifest."""
    on_lambda: bool = False
    """Whether it runs on Lambda, whose older Pythons run on an older system."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """An app with its dependencies and what its target adds."""

    source: Path
    app_hash: str
    """16 hex digits over source files, lock, processor and Python: the same on every target."""
    tag: str
    """`app_hash` and 12 hex digits of what the target adds: names the artifact."""
    tree: Path
    """The folder to run in. Files may be links into uv's cache: copy it, never write into it."""
    zip: Path
    """The tree as a zip, byte for byte the same wherever it is made. There when asked for."""
    sha256: str
    """The zip's hash; empty where no zip was asked for."""


def build(
    source: Path,
    *,
    entry: str,
    entry_field: str,
    python_version: str,
    architecture: str,
    additions: Additions,
    zipped: bool = True,
) -> Bundle:
    """Bundle the app in `source` for a Python and a processor.

    `entry` is where it starts: `module:callable` where `entry_field` is "app", `module.function`
    where it is "handler". Raises `InvalidInput` for whatever is wrong with the source.
    """
    start = read_entry(entry_field, entry)
    if not source.is_dir():
        raise InvalidInput("source", str(source), "there is no such directory")
    try:
        return _build(
            source,
            start,
            python_version=python_version,
            architecture=architecture,
            additions=additions,
            zipped=zipped,
        )
    except InstallFailed as problem:
        raise InvalidInput("source", str(source), str(problem)) from None
    except OSError as problem:
        about = f"{problem.strerror}: {problem.filename}" if problem.filename else str(problem)
        need = f"it could not be bundled ({about})"
        raise InvalidInput("source", str(source), need) from problem


def _build(
    source: Path,
    start: Entry,
    *,
    python_version: str,
    architecture: str,
    additions: Additions,
    zipped: bool,
) -> Bundle:
    files = source_files(source)
    if not files:
        raise InvalidInput("source", str(source), "it is empty")
    if any(file.name.split("/")[0] == OURS for file in files):
        raise InvalidInput("source", str(source), f"it has a folder {OURS!r}, whose name is ours")
    requirements = read_requirements(source)
    if not requirements.lines and not _has_python(files):
        raise InvalidInput("source", str(source), "it holds no Python file and requires nothing")
    check_in_source(start, source, python_version)
    locks = make_locks(
        source,
        requirements,
        python_version=python_version,
        architecture=architecture,
        added=additions.requirements,
        added_pins=additions.pins,
        on_lambda=additions.on_lambda,
    )
    app_hash = _digest(hash_of(files), locks.app, architecture, python_version)[:16]
    tag = f"{app_hash}-{_digest(*_added_parts(start, locks, additions))[:12]}"
    manifest = {
        "app_hash": app_hash,
        "tag": tag,
        "python": python_version,
        "architecture": architecture,
        start.field: start.text,
        "interface": additions.interface,
        "source_files": [file.name for file in files],
    }
    ours = {
        **additions.files,
        f"{OURS}/manifest.json": json.dumps(manifest, indent=1, sort_keys=True).encode(),
        f"{OURS}/requirements.lock": locks.merged.encode(),
    }
    home = cache_dir("bundles") / tag
    if not home.exists():
        with locked(home):
            sweep(home)
            if not home.exists():
                with made_whole(home) as workshop:
                    tree = workshop / tag / "context" / "app"
                    tree.mkdir(parents=True)
                    locks.install(tree)
                    _tidy_scripts(tree)
                    _place(source, files, tree)
                    check_in_tree(start, tree, python_version, _has_python(files))
                    for name, content in ours.items():
                        _write(tree / name, content)
    tree, archive = home / "context" / "app", home / "bundle.zip"
    if zipped and not archive.exists():
        write_zip(tree, archive)
    return Bundle(
        source=source,
        app_hash=app_hash,
        tag=tag,
        tree=tree,
        zip=archive,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest() if zipped else "",
    )


def _has_python(files: list[SourceFile]) -> bool:
    return any(file.name.endswith((".py", ".so", ".pyc")) for file in files)


def _added_parts(start: Entry, locks: Locks, additions: Additions) -> list[str | bytes]:
    parts: list[str | bytes] = [_LAYOUT, locks.added, additions.salt, start.field, start.text]
    parts.append(additions.interface or "")
    for name in sorted(additions.files):
        parts += [name, additions.files[name]]
    return parts


def _digest(*parts: str | bytes) -> str:
    """Hash parts, each with its length, so that no two lists of parts look alike."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(b"%d " % len(content))
        total.update(content)
    return total.hexdigest()


def _tidy_scripts(tree: Path) -> None:
    """Take this machine's Python out of the scripts that uv wrote, and their hashes from RECORD.

    The path differs from machine to machine, and none of the targets has it.
    """
    changed = set()
    for script in sorted(tree.glob("bin/*")):
        content = script.read_bytes()
        first, _, rest = content.partition(b"\n")
        if first == b"#!/bin/sh" and rest.startswith(b"'''exec' "):
            # What uv writes where the path is longer than a system takes in a first line.
            rest = rest.partition(b"' '''\n")[2]
        elif not (first.startswith(b"#!/") and b"python" in first):
            continue
        _write(script, b"#!/usr/bin/env python3\n" + rest, executable=True)
        changed.add(f"bin/{script.name}")
    for record in tree.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines()
        tidy = [f"{name},," if (name := line.split(",")[0]) in changed else line for line in lines]
        if tidy != lines:
            _write(record, "".join(f"{line}\n" for line in tidy).encode())


def _place(source: Path, files: list[SourceFile], tree: Path) -> None:
    """Copy the source's files over what the dependencies brought: the app has the last word."""
    for file in files:
        try:
            _write(tree / file.name, Path(file.path).read_bytes(), executable=file.executable)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            need = f"its {file.name!r} and a dependency's are a file and a folder of one name"
            raise InvalidInput("source", str(source), need) from None


def _write(path: Path, content: bytes, *, executable: bool = False) -> None:
    """Write a new file; one that is there may be a link into uv's cache, and is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o644)


def check_function_size(bundle: Bundle) -> None:
    """Refuse a bundle that Lambda would not take, naming the packages to make smaller."""
    with zipfile.ZipFile(bundle.zip) as archive:
        entries = archive.infolist()
    zipped, unzipped = bundle.zip.stat().st_size, sum(entry.file_size for entry in entries)
    if zipped <= _ZIP_LIMIT and unzipped <= _UNZIPPED_LIMIT:
        return
    what, size, limit = "unzipped", unzipped, _UNZIPPED_LIMIT
    if unzipped <= _UNZIPPED_LIMIT:
        what, size, limit = "as a zip", zipped, _ZIP_LIMIT
    sizes: Counter[str] = Counter()
    for entry in entries:
        sizes[entry.filename.split("/")[0]] += entry.file_size
    largest = ", ".join(f"{name} {_mb(size)}" for name, size in sizes.most_common(5))
    need = (
        f"with its packages it has {_mb(size)} {what}, and Lambda takes {_mb(limit)}; the largest "
        f"are {largest}; drop some, or run it as a container"
    )
    raise InvalidInput("source", str(bundle.source), need)


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"


def add_shim_to_zip(path: Path, *, handler: str) -> Path:
    """Put the start-up code that fetches secrets into a ready zip of a Python handler.

    The zip's own handler is then called by `serving.FUNCTION_HANDLER`.
    """
    start = read_entry("handler", handler)
    files = function_files({"handler": handler})
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if any(name.split("/")[0] == OURS for name in names):
        raise InvalidInput("code", str(path), f"it has a folder {OURS!r}, whose name is ours")
    stem = start.module.replace(".", "/")
    if not any(name.startswith((f"{stem}.", f"{stem}/")) for name in names):
        raise start.wrong(f"the zip has no module {start.module!r}")
    content = [part for name in sorted(files) for part in (name, files[name])]
    key = _digest(_LAYOUT, path.read_bytes(), *content)[:32]
    made = cache_dir("zips") / f"{key}.zip"
    if not made.exists():
        add_to_zip(path, files, made)
    return made
