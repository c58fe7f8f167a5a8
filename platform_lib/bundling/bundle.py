"""From a source directory to a tree and a zip that are ready to run on the target.

The app's requirements are resolved once into a lock, which travels in the tree; what the target
adds is resolved afterwards with that lock as constraints. Everything is kept in the cache under
names made of hashes, so a bundle whose inputs did not change is found by hashing alone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from platform_lib.bundling.archive import write_zip
from platform_lib.bundling.cache import cache_dir, digest, is_whole, made_once
from platform_lib.bundling.dependency_layer import DependencyLayer, make_layer
from platform_lib.bundling.entry_check import (
    Entry,
    check_in_source,
    check_in_tree,
    check_interface,
    read_entry,
)
from platform_lib.bundling.installer import InstallFailed
from platform_lib.bundling.locks import Locks, make_locks
from platform_lib.bundling.name_clashes import check_names
from platform_lib.bundling.requirements import read_requirements
from platform_lib.bundling.source_files import SourceFile, hash_of, source_files
from platform_lib.bundling.tree import write_new
from platform_lib.checks import InvalidInput
from platform_lib.shims import OURS

_LAYOUT = "2"
"""Raised when a tree of the same inputs is made differently: old trees must not be found."""


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
    layer: DependencyLayer | None = None
    """The dependencies, where they were asked for apart: tree and zip are without them."""


def build(
    source: Path,
    *,
    entry: str,
    entry_field: str,
    python_version: str,
    architecture: str,
    additions: Additions,
    zipped: bool = True,
    apart: bool = False,
) -> Bundle:
    """Bundle the app in `source` for a Python and a processor.

    `entry` is where it starts: `module:callable` where `entry_field` is "app", `module.function`
    where it is "handler". `apart` makes a layer of the dependencies. Raises `InvalidInput` for
    whatever is wrong with the source.
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
            apart=apart,
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
    apart: bool,
) -> Bundle:
    files = source_files(source)
    if not files:
        raise InvalidInput("source", str(source), "it is empty")
    if any(file.name.split("/")[0] == OURS for file in files):
        raise InvalidInput("source", str(source), f"it has a folder {OURS!r}, whose name is ours")
    requirements = read_requirements(source, python_version)
    if not requirements.lines and not _has_python(files):
        raise InvalidInput("source", str(source), "it holds no Python file and requires nothing")
    root = source
    if _lies_in_src(source, start.module):
        # As an installed package would lie: `src/` is on no path that Python looks in.
        root = source / "src"
        hoisted = (replace(file, name=file.name.removeprefix("src/")) for file in files)
        files = sorted(hoisted, key=lambda file: file.name)
        _check_once(source, files)
    check_in_source(start, root, python_version)
    check_interface(start, root, additions.interface)
    locks = make_locks(
        source,
        requirements,
        python_version=python_version,
        architecture=architecture,
        added=additions.requirements,
        added_pins=additions.pins,
        on_lambda=additions.on_lambda,
    )
    local = [each.content(source) for each in locks.local]
    app_hash = digest(hash_of(files), locks.app, architecture, python_version, *local)[:16]
    parts = [*_added_parts(start, locks, additions), *(["apart"] if apart else [])]
    tag = f"{app_hash}-{digest(*parts)[:12]}"
    layer = None
    if apart:
        layer = make_layer(
            locks, python_version=python_version, architecture=architecture, zipped=zipped
        )

    def build(folder: Path) -> None:
        tree = folder / "context" / "app"
        tree.mkdir(parents=True)
        if layer is None:
            locks.install(tree)
        trees = [tree, *([layer.packages] if layer is not None else [])]
        brought = _place_libraries(source, files, locks, trees)
        _place(source, files, tree)
        check_in_tree(start, trees, python_version, _has_python(files))
        manifest = {
            "app_hash": app_hash,
            "tag": tag,
            "python": python_version,
            "architecture": architecture,
            start.field: start.text,
            "interface": additions.interface,
            "source_files": sorted({file.name for file in files} | brought),
            **({"layer": layer.key} if layer is not None else {}),
        }
        ours = {
            **additions.files,
            f"{OURS}/manifest.json": json.dumps(manifest, indent=1, sort_keys=True).encode(),
            f"{OURS}/requirements.lock": locks.merged.encode(),
        }
        for name, content in ours.items():
            write_new(tree / name, content)

    home = made_once(cache_dir("bundles") / tag, build)
    tree, archive = home / "context" / "app", home / "bundle.zip"
    if zipped and not is_whole(archive):
        write_zip(tree, archive)
    return Bundle(
        source=source,
        app_hash=app_hash,
        tag=tag,
        tree=tree,
        zip=archive,
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest() if zipped else "",
        layer=layer,
    )


def _lies_in_src(source: Path, module: str) -> bool:
    """Tell whether an app is to be found in the `src/` of a project, and not at its root."""
    top = module.partition(".")[0]
    at_root, in_src = (
        any(place.exists() for place in (folder / top, folder / f"{top}.py"))
        for folder in (source, source / "src")
    )
    return in_src and not at_root and (source / "pyproject.toml").is_file()


def _check_once(source: Path, files: list[SourceFile]) -> None:
    """Refuse a file of `src/` that the root has too."""
    seen: set[str] = set()
    for file in files:
        if file.name in seen:
            need = (
                f"both its root and its src/ have {file.name!r}, and src/ is bundled as the root"
            )
            raise InvalidInput("source", str(source), need)
        seen.add(file.name)


def _place_libraries(
    source: Path, files: list[SourceFile], locks: Locks, trees: list[Path]
) -> set[str]:
    """Put the project's own libraries into the first of `trees`, and name their files.

    No module may have two homes. The source itself is a library where it requires `.`: then what
    a build makes of it has the same names.
    """
    root = source.resolve()
    folders = [each.path(source) for each in locks.local if not each.by_git]
    inside = tuple(
        f"{folder.relative_to(root).as_posix()}/"
        for folder in folders
        if folder != root and folder.is_relative_to(root)
    )
    names = [file.name for file in files if not file.name.startswith(inside)]
    brought: set[str] = set()
    checked = False
    for library in sorted(
        locks.local, key=lambda each: not each.by_git and each.path(source) == root
    ):
        itself = not library.by_git and library.path(source) == root
        if itself:
            check_names(source, names, trees)
            checked = True
        theirs = library.files(
            source, python_version=locks.python_version, platform=locks.platform
        )
        check_names(source, [each.name for each in theirs], trees, library=library.name)
        _place(source, theirs, trees[0])
        brought.update(file.name for file in theirs)
    if not checked:
        check_names(source, names, trees)
    return brought


def _has_python(files: list[SourceFile]) -> bool:
    return any(file.name.endswith((".py", ".so", ".pyc")) for file in files)


def _added_parts(start: Entry, locks: Locks, additions: Additions) -> list[str | bytes]:
    parts: list[str | bytes] = [_LAYOUT, locks.added, additions.salt, start.field, start.text]
    parts.append(additions.interface or "")
    for name in sorted(additions.files):
        parts += [name, additions.files[name]]
    return parts


def _place(source: Path, files: list[SourceFile], tree: Path) -> None:
    """Copy the source's files over what the dependencies brought: the app has the last word."""
    for file in files:
        try:
            write_new(tree / file.name, Path(file.path).read_bytes(), executable=file.executable)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            need = f"its {file.name!r} and a dependency's are a file and a folder of one name"
            raise InvalidInput("source", str(source), need) from None
