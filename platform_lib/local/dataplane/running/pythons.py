"""Finds the Python of a target on this machine, or the one that has to stand in for it."""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uv

from platform_lib.bundling.cache import cache_dir


@dataclass(frozen=True, kw_only=True)
class Python:
    """An interpreter. `version` is what it is ("3.13.0"), `wanted` what was asked for ("3.13")."""

    path: Path
    version: str
    wanted: str

    @property
    def exact(self) -> bool:
        """Whether it is the minor version that was asked for."""
        return minor(self.version) == self.wanted


def minor(version: str) -> str:
    """Shorten "3.13.0" to "3.13"."""
    return ".".join(version.split(".")[:2])


@functools.cache
def find_python(wanted: str) -> Python:
    """Find an interpreter of a minor version; where there is none, the one we run under."""
    for path in _candidates(wanted):
        version = _version(path)
        if version is not None and minor(version) == wanted:
            return Python(path=path, version=version, wanted=wanted)
    # The base interpreter, not our own environment: the app must not find our packages.
    ours = Path(getattr(sys, "_base_executable", sys.executable))
    version = ".".join(map(str, sys.version_info[:3]))
    return Python(path=ours, version=version, wanted=wanted)


def _candidates(wanted: str) -> Iterator[Path]:
    versions = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for folder in sorted(versions.glob(f"{wanted}.*"), key=_patch, reverse=True):
        yield folder / "bin" / "python"
    if minor(".".join(map(str, sys.version_info[:3]))) == wanted:
        yield Path(getattr(sys, "_base_executable", sys.executable))
    if found := shutil.which(f"python{wanted}"):
        yield Path(found)
    # Last, for it asks every interpreter that it finds: uv's own, and what it knows of.
    asked = subprocess.run(
        [uv.find_uv_bin(), "python", "find", "--system", "--no-python-downloads", wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode == 0:
        yield Path(asked.stdout.strip())


def _patch(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.name.rsplit(".", 1)[-1]) or 0)


def _version(path: Path) -> str | None:
    """Ask an interpreter for its version: a pyenv shim, for one, may be there and not run."""
    code = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        asked = subprocess.run(
            [path, "-I", "-c", code], capture_output=True, text=True, check=False, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def commands_of(python: Python) -> str:
    """Return a folder in which the names of the target's Python are this machine's."""
    folder = cache_dir("local", "bin", f"{python.wanted}-{python.version}")
    for name in ("python", "python3", f"python{python.wanted}"):
        link = folder / name
        if not link.is_symlink() or link.readlink() != python.path:
            fresh = folder / f".{name}.{os.getpid()}"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(python.path)
            fresh.replace(link)
    return str(folder)
