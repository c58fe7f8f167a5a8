"""Where built things are kept between runs: outside of every source, safe to delete."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_dir(*parts: str) -> Path:
    """Give a directory of the cache, made when it is not there.

    The cache is `$PLATFORM_LIB_CACHE`, else `platform_lib` in `$XDG_CACHE_HOME`, else in
    `~/.cache`.
    """
    given = os.environ.get("PLATFORM_LIB_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(given or Path(base) / "platform_lib").expanduser().absolute().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(*parts: str | bytes) -> str:
    """Hash parts, each with its length, so that no two lists of parts look alike."""
    total = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        total.update(b"%d " % len(content))
        total.update(content)
    return total.hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one process at a time make `path`; the system frees the lock of a killed one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """Give an empty folder to build in; what `path` names appears whole, or not at all.

    Inside, build the file or folder `<given>/<path.name>`: it is renamed to `path` at the end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield workshop
        workshop.joinpath(path.name).replace(path)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def made_once(path: Path, make: Callable[[Path], object]) -> Path:
    """Return a file or folder of the cache; where it is not there yet, one process makes it.

    Args:
        path: Where it is.
        make: Builds it at another place, from where it comes whole.
    """
    if not path.exists():
        with locked(path):
            sweep(path)
            if not path.exists():
                with made_whole(path) as workshop:
                    make(workshop / path.name)
    return path


def sweep(path: Path) -> None:
    """Remove what killed builds of `path` left; call it under the lock of `path`."""
    for left in path.parent.glob(f".{path.name}.*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
