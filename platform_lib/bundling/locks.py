"""The locks of an app and of what a target adds to it, made once and kept in the cache."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from platform_lib.bundling.cache import cache_dir, made_once
from platform_lib.bundling.installer import InstallFailed, compile_lock, install, platform_tag
from platform_lib.bundling.requirements import (
    Requirements,
    canonical_name,
    constraints,
    lock_entries,
    merged_lock,
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

    @property
    def merged(self) -> str:
        """Both locks as one; the app's version counts where both have a package."""
        return merged_lock(self.app, self.added)

    def install(self, target: Path) -> None:
        """Install both into a folder, each for the system it runs on."""
        if self.platform == self.added_platform:
            self._install(self.merged, self.platform, target)
        else:
            self._install(self.app, self.platform, target)
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
    app = _app_lock(source, requirements, python_version, platform)
    own = {name for name, _ in lock_entries(app)}
    pins = [pin for pin in added_pins if canonical_name(pin.partition("==")[0]) not in own]
    limits = [*constraints(app), *pins]
    return Locks(
        source=source,
        requirements=requirements,
        python_version=python_version,
        platform=platform,
        added_platform=added_platform,
        app=app,
        added=_added_lock(
            requirements.index_options,
            source=source,
            python_version=python_version,
            platform=added_platform,
            added=added,
            limits=limits,
        ),
    )


def _app_lock(source: Path, requirements: Requirements, python_version: str, platform: str) -> str:
    if requirements.is_lock:
        return merged_lock("\n".join(requirements.lines))
    if not requirements.lines:
        return ""
    kept = _kept("app", requirements.content, python_version, platform)
    if kept.exists():
        return kept.read_text()
    lock = compile_lock(
        requirements.file,
        python_version=python_version,
        platform=platform,
        folder=source,
    )
    if requirements.hashed:
        lock = with_hashes_of(lock, requirements.lines)
    unpinned = requirements.unpinned(lock)
    if unpinned:
        _warn(source, unpinned)
    return _keep(kept, merged_lock(lock))


def _added_lock(
    index_options: tuple[str, ...],
    *,
    source: Path,
    python_version: str,
    platform: str,
    added: tuple[str, ...],
    limits: list[str],
) -> str:
    if not added:
        return ""
    kept = _kept("added", *added, *limits, python_version, platform)
    if kept.exists():
        return kept.read_text()
    try:
        lock = compile_lock(
            "".join(f"{line}\n" for line in added),
            python_version=python_version,
            platform=platform,
            constraints=limits,
            folder=source,
            options=index_options,
        )
    except InstallFailed as problem:
        if not problem.unsolvable:
            raise
        need = f"its packages conflict with what serves it ({', '.join(added)}): {problem}"
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
