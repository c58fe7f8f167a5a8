"""Libraries of the project itself: folders, wheels and git commits, made into files of the app.

An index has the packages of a lock for every machine. These exist here alone, so they are built
once for their content and travel as the app's own files do.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from platform_lib.bundling.archive import tree_files
from platform_lib.bundling.cache import cache_dir, digest, made_once
from platform_lib.bundling.installer import InstallFailed, build_wheel, install_package
from platform_lib.bundling.source_files import SourceFile, hash_of, source_files
from platform_lib.bundling.tree import tidy_metadata, tidy_scripts
from platform_lib.checks import InvalidInput

_LAYOUT = "1"
"""Raised when the same library is made differently: old ones must not be found."""

_LOCAL = re.compile(r"([A-Za-z0-9][\w.-]*) @ (file:\S+|git\+\S+@[0-9a-f]{40}(?:#\S+)?)\s*(?:;.*)?")


@dataclass(frozen=True)
class LocalPackage:
    """A library that no index has."""

    name: str
    place: str
    """The folder's or the wheel's path from the source, or git's URL with the commit."""
    dynamic: bool = False
    """Whether only a build tells what it depends on."""

    @property
    def by_git(self) -> bool:
        """Whether it is a commit of a git repository."""
        return self.place.startswith("git+")

    def path(self, source: Path) -> Path:
        """Give its folder or its wheel."""
        return Path(source.resolve(), self.place).resolve()

    def content(self, source: Path) -> str:
        """Hash what it is made of; no installer starts."""
        if self.by_git:
            return digest(self.place)
        path = self.path(source)
        if path.is_dir():
            return digest(hash_of(source_files(path)))
        if not path.is_file():
            need = f"it requires {self.name} from {self.place!r}, which is not there"
            raise InvalidInput("source", str(source), need)
        return digest(path.read_bytes())

    def dependencies(self, source: Path) -> str:
        """Hash what decides about the packages that it depends on."""
        path = self.path(source)
        if self.by_git or self.dynamic or not path.is_dir():
            return self.content(source)
        files = (path / name for name in ("pyproject.toml", "setup.py", "setup.cfg"))
        return digest(*(file.read_bytes() for file in files if file.is_file()))

    def files(self, source: Path, *, python_version: str, platform: str) -> list[SourceFile]:
        """Build it once for its content, and list the files that go into the app's tree."""
        key = digest(_LAYOUT, self.name, self.content(source), python_version, platform)[:32]

        def make(folder: Path) -> None:
            try:
                uri = self.place if self.by_git else self._wheel(source).as_uri()
                install_package(
                    f"{self.name} @ {uri}",
                    folder,
                    python_version=python_version,
                    platform=platform,
                )
            except InstallFailed as problem:
                need = f"it requires {self.name} from {self.place!r}, which cannot be bundled"
                raise InvalidInput("source", str(source), f"{need}: {problem}") from None
            self._check_pure(source, folder)
            tidy_scripts(folder)
            tidy_metadata(folder)

        home = made_once(cache_dir("libraries") / key, make)
        return [
            SourceFile(name, str(home / name), bool((home / name).stat().st_mode & 0o100))
            for name in tree_files(home)
        ]

    def _wheel(self, source: Path) -> Path:
        path = self.path(source)
        return wheel_of(path) if path.is_dir() else path

    def _check_pure(self, source: Path, tree: Path) -> None:
        """Refuse what was compiled here, for this machine; uv judges the tags of a ready wheel."""
        if self.place.endswith(".whl"):
            return
        for file in tree.glob("*.dist-info/WHEEL"):
            tags = re.findall(r"^Tag: (.*)$", file.read_text(), flags=re.MULTILINE)
            if not all(tag.endswith("-any") for tag in tags):
                need = f"it requires {self.name} from {self.place!r}, which has compiled code"
                need = f"{need}; build its wheel for the target, and require that by its path"
                raise InvalidInput("source", str(source), need)


def wheel_of(folder: Path) -> Path:
    """Build a folder's wheel, once for its content and from a copy, which a build may fill."""
    files = source_files(folder)

    def make(home: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch, folder.name or "library")
            for file in files:
                place = copy / file.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.path, place)
            build_wheel(copy, home)

    home = made_once(cache_dir("wheels") / digest(_LAYOUT, hash_of(files))[:32], make)
    return next(home.glob("*.whl"))


def local_packages(
    lines: Iterator[str], source: Path, wheels: dict[Path, Path]
) -> Iterator[LocalPackage]:
    """Find the libraries of the project among requirements that all have names.

    `wheels` are those that stand in for folders, wheel -> folder.
    """
    for line in lines:
        found = _LOCAL.match(line)
        if found is None:
            continue
        name, where = found.groups()
        if where.startswith("git+"):
            yield LocalPackage(name, where)
            continue
        path = Path(unquote(urlsplit(where).path))
        folder = wheels.get(path)
        path = folder or path
        if path.is_file() and path.suffix != ".whl":
            need = f"it requires {name} from {path.name!r}; build a wheel of it, and require that"
            raise InvalidInput("source", str(source), need)
        # Relative: another checkout has it at another place.
        place = Path(relative(path, source.resolve())).as_posix()
        yield LocalPackage(name, place, folder is not None)


def relative(path: Path, start: Path) -> str:
    """Give a path as seen from a folder, also where it lies beside it."""
    import os

    return os.path.relpath(path, start)
