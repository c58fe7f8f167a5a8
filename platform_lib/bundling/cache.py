"""Where built things are kept between runs: outside of every source, safe to delete.

Each entry has a seal beside it: the names and sizes of its files. An entry that is found is held
against its seal, and made anew where something of it is missing or cut short.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class CacheError(OSError):
    """The cache cannot be used: its disk is full, or it may not be written."""


_UNUSABLE = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.ENOTDIR, errno.EEXIST, errno.EFBIG, errno.EIO),
)

_whole: set[Path] = set()
"""What this process has checked: it is not asked again for each use."""


def cache_dir(*parts: str) -> Path:
    """Give a directory of the cache, made when it is not there.

    The cache is `$PLATFORM_LIB_CACHE`, else `platform_lib` in `$XDG_CACHE_HOME`, else in
    `~/.cache`.
    """
    given = os.environ.get("PLATFORM_LIB_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(given or Path(base) / "platform_lib").expanduser().absolute().joinpath(*parts)
    with _named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the cache where it cannot be written."""
    try:
        yield
    except CacheError:
        raise
    except OSError as problem:
        if problem.errno not in _UNUSABLE:
            raise
        raise CacheError(
            f"the cache cannot be written at {problem.filename or path}: {problem.strerror}; make "
            "room or give another folder by PLATFORM_LIB_CACHE"
        ) from problem


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
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.with_name(f".{path.name}.lock").open("w")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def made_whole(path: Path, *, sealed: bool = True) -> Iterator[Path]:
    """Give an empty folder to build in; what `path` names appears whole, or not at all.

    Inside, build the file or folder `<given>/<path.name>`: it is renamed to `path` at the end.
    What is read and compared whenever it is used needs no seal.
    """
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            yield workshop
            made = workshop / path.name
            seal = workshop / "seal"
            if sealed:
                seal.write_text(json.dumps(_sizes(made)))
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
                path.rename(workshop / "broken")
            # First the seal: an entry that a kill leaves with an older one is made anew.
            if sealed:
                seal.replace(_seal(path))
            made.replace(path)
            _whole.add(path)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)


def _seal(path: Path) -> Path:
    return path.with_name(f".{path.name}.seal")


def _sizes(path: Path) -> dict[str, int]:
    """The size of each file of an entry; of one that is a file itself, under no name."""
    if path.is_file():
        return {"": path.stat().st_size}
    return {
        os.path.relpath(place, path): place.lstat().st_size
        for folder, _, names in os.walk(path)
        for place in (Path(folder, name) for name in names)
    }


def is_whole(path: Path) -> bool:
    """Tell whether an entry of the cache is there, with all that it was made of.

    More may be beside that: what was made later, or Python's bytecode.
    """
    if path in _whole:
        return path.exists()
    try:
        sizes = json.loads(_seal(path).read_text())
    except FileNotFoundError:
        return path.exists()  # of a version that had no seals
    except ValueError:
        return False
    whole = path.exists() and all(
        _size(path / name if name else path) == sizes[name] for name in sizes
    )
    if whole:
        _whole.add(path)
    return whole


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return -1


def made_once(path: Path, make: Callable[[Path], object]) -> Path:
    """Return a file or folder of the cache; where it is not there whole, one process makes it.

    Args:
        path: Where it is.
        make: Builds it at another place, from where it comes whole.

    Raises:
        CacheError: The cache cannot be written.
    """
    if not is_whole(path):
        with locked(path):
            sweep(path)
            if not is_whole(path):
                with made_whole(path) as workshop:
                    make(workshop / path.name)
    return path


def sweep(path: Path) -> None:
    """Remove what killed builds of `path` left; call it under the lock of `path`."""
    for left in path.parent.glob(f".{path.name}.*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
