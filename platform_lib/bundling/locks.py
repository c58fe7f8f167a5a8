"""The locks of an app and of what a target adds to it, made once and kept in the cache."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from platform_lib.bundling.cache import cache_dir, is_whole, made_once, made_whole
from platform_lib.bundling.installer import InstallFailed, compile_lock, install, platform_tag
from platform_lib.bundling.local_packages import LocalPackage, local_packages, wheel_of
from platform_lib.bundling.lock_files import pylock_lines
from platform_lib.bundling.requirements import (
    Requirements,
    canonical_name,
    constraints,
    lock_entries,
    merged_lock,
    split_answer,
    with_hashes_of,
)
from platform_lib.bundling.tree import tidy_scripts
from platform_lib.checks import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Locks:
    """What is installed for an app on a target: the app's own packages, and the target's."""

    source: Path
    requirements: Requirements
    python_version: str
    platform: str
    added_platform: str
    app: str
    added: str
    local: tuple[LocalPackage, ...] = ()
    """Libraries of the project itself, which are in neither lock."""

    @property
    def merged(self) -> str:
        """Both locks as one; the app's version counts where both have a package."""
        return merged_lock(self.app, self.added)

    def install(self, target: Path) -> None:
        """Install both into a folder, each for the system it runs on."""
        # A lock that another tool made is believed to be whole, and so is one whose packages may
        # depend on the project's own libraries.
        whole = self.requirements.locked is None and not self.local
        if self.platform == self.added_platform:
            self._install(self.merged, self.platform, target, dependencies=whole)
        else:
            self._install(self.app, self.platform, target, dependencies=whole)
            own = {name for name, _ in lock_entries(self.app)}
            rest = [line for name, line in lock_entries(self.added) if name not in own]
            self._install("\n".join(rest), self.added_platform, target, dependencies=False)
        tidy_scripts(target)

    def _install(
        self, lock: str, platform: str, target: Path, *, dependencies: bool = True
    ) -> None:
        if lock:
            install(
                lock,
                target,
                python_version=self.python_version,
                platform=platform,
                folder=self.source,
                options=self.requirements.index_options,
                dependencies=dependencies,
            )


def make_locks(
    source: Path,
    requirements: Requirements,
    *,
    python_version: str,
    architecture: str,
    added: tuple[str, ...],
    added_pins: tuple[str, ...],
    on_lambda: bool,
) -> Locks:
    """Lock what the app requires, then what the target adds, with the app's lock as constraints.

    `added_pins` count for packages that the app's lock does not have.
    """
    platform = platform_tag(python_version, architecture)
    added_platform = platform_tag(python_version, architecture, on_lambda=on_lambda)
    app, local = _app_lock(source, requirements, python_version, platform)
    own = {name for name, _ in lock_entries(app)}
    pins = [pin for pin in added_pins if canonical_name(pin.partition("==")[0]) not in own]
    return Locks(
        source=source,
        requirements=requirements,
        python_version=python_version,
        platform=platform,
        added_platform=added_platform,
        app=app,
        local=local,
        added=_added_lock(
            requirements.index_options,
            source=source,
            python_version=python_version,
            platform=added_platform,
            added=added,
            limits=constraints(app),
            pins=pins,
        ),
    )


def _app_lock(
    source: Path, requirements: Requirements, python_version: str, platform: str
) -> tuple[str, tuple[LocalPackage, ...]]:
    """Lock what the app requires: pins for an index, and the project's own libraries beside."""
    if requirements.is_lock and requirements.locked is None:
        return merged_lock("\n".join(requirements.lines)), ()
    if not requirements.lines:
        return "", ()
    parts = ["app", requirements.content, python_version, platform]
    # What its libraries are only uv can tell. Once it did, their dependencies name the lock too.
    noted = _kept(*parts, "libraries")
    local = _noted(noted)
    kept = _kept(*parts, *(each.dependencies(source) for each in local))
    if is_whole(kept):
        return kept.read_text(), local
    lock, local = _resolve(source, requirements, python_version, platform)
    if requirements.hashed:
        lock = with_hashes_of(lock, requirements.lines)
    unpinned = requirements.unpinned(lock)
    unpinned += [
        each.name for each in local if each.by_git and each.place not in _all(requirements)
    ]
    if unpinned:
        _warn(source, unpinned)
    if local or noted.exists():
        with made_whole(noted) as workshop:
            text = json.dumps([asdict(each) for each in local])
            workshop.joinpath(noted.name).write_text(text)
        kept = _kept(*parts, *(each.dependencies(source) for each in local))
    return _keep(kept, merged_lock(lock)), local


def _noted(path: Path) -> tuple[LocalPackage, ...]:
    return (
        tuple(LocalPackage(**each) for each in json.loads(path.read_text()))
        if is_whole(path)
        else ()
    )


def _all(requirements: Requirements) -> str:
    return f"{requirements.content}\n{requirements.locked}"


def _resolve(
    source: Path, requirements: Requirements, python_version: str, platform: str
) -> tuple[str, tuple[LocalPackage, ...]]:
    """Ask uv; a library whose dependencies only a build tells is built, and its wheel asked."""
    wheels: dict[Path, Path] = {}
    names: dict[Path, str] = {}

    def ask(*options: str) -> str:
        while True:
            try:
                return compile_lock(
                    requirements.file if requirements.locked is None else requirements.locked,
                    python_version=python_version,
                    platform=platform,
                    folder=source,
                    overrides=[f"{names[wheel]} @ {wheel.as_uri()}" for wheel in wheels],
                    options=[
                        *options,
                        *requirements.index_options,
                        *(["--no-deps"] if requirements.locked is not None else []),
                    ],
                )
            except InstallFailed as problem:
                if problem.unbuilt is None or problem.unbuilt[1] in wheels.values():
                    raise
                name, folder = problem.unbuilt
                try:
                    wheel = wheel_of(folder)
                except InstallFailed as why:
                    need = f"it requires {name} from {folder.name!r}, which cannot be built: {why}"
                    raise InvalidInput("source", str(source), need) from None
                wheels[wheel], names[wheel] = folder, name

    lock, others = split_answer(ask())
    if not others:
        return lock, ()
    # Which folder a line means depends on the file that requires it. This form says it clearly.
    lines = pylock_lines(ask("--format", "pylock.toml"), source, source)
    local = tuple(local_packages(lines, source, wheels))
    if len(local) != len(others):
        need = f"uv's answer has lines that are not understood: {', '.join(others)}"
        raise InvalidInput("source", str(source), need)
    return lock, local


def _added_lock(
    index_options: tuple[str, ...],
    *,
    source: Path,
    python_version: str,
    platform: str,
    added: tuple[str, ...],
    limits: list[str],
    pins: list[str],
) -> str:
    if not added:
        return ""
    kept = _kept("added", *added, *limits, *pins, python_version, platform)
    if is_whole(kept):
        return kept.read_text()

    def lock_within(limits: list[str]) -> str:
        return compile_lock(
            "".join(f"{line}\n" for line in added),
            python_version=python_version,
            platform=platform,
            constraints=limits,
            folder=source,
            options=index_options,
        )

    try:
        try:
            lock = lock_within([*limits, *pins])
        except InstallFailed as problem:
            if not (problem.unsolvable and pins):
                raise
            # An old package of the app's may go with an older server than today's.
            lock = lock_within(limits)
    except InstallFailed as problem:
        if not problem.unsolvable:
            raise
        need = (
            f"its packages conflict with what serves it ({', '.join(added)}); leave that out of "
        )
        need = f"{need}its requirements where it stands there, for it is brought along: {problem}"
        raise InvalidInput("source", str(source), need) from None
    return _keep(kept, merged_lock(lock))


def _kept(*parts: str) -> Path:
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return cache_dir("locks") / f"{key}.txt"


def _keep(path: Path, lock: str) -> str:
    """Keep a lock; where another process was quicker, its lock counts for both."""
    return made_once(path, lambda place: place.write_text(lock)).read_text()


def _warn(source: Path, unpinned: list[str]) -> None:
    # Imported here: installing a lock for the local cloud needs no Pulumi.
    import pulumi

    shown = ", ".join(unpinned[:5]) + (", ..." if len(unpinned) > 5 else "")
    pulumi.log.warn(
        f"{source}: {len(unpinned)} of its packages are not pinned ({shown}); they are locked "
        "now, and another day or another machine may get other versions. Pin them with "
        "`uv pip compile --generate-hashes`."
    )
