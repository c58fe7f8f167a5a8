"""The folder of a local cloud: who owns it, and how another terminal finds the owner.

`lock` is held by `flock` as long as the cloud's process lives, so a killed cloud never leaves a
stale one. Each start begins a run folder of its own and removes older ones: the imitated account
lives in the memory of the process that is gone, so its stacks and logs are worth nothing any more.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from platform_lib.local.errors import LocalCloudError

DEFAULT = Path(".platform-local")

_GLANCE = 0.05


class InUseError(LocalCloudError):
    """Another local cloud lives in the folder."""


class StateDir:
    """The folder, owned by this process from `acquire` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.run = self.path / f"run-{secrets.token_hex(4)}"
        """What this run writes: the backend, the journal, logs, the programs' settings."""
        self._lock: int | None = None

    def acquire(self) -> None:
        """Take the folder and make the run's own.

        Raises:
            InUseError: another local cloud lives in this folder.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / ".gitignore").write_text("*\n")
        lock = _take(self.path)
        if lock is None:
            time.sleep(_GLANCE)  # who only looks has it for an instant
            lock = _take(self.path)
        if lock is None:
            owner = read_published(self.path) or {}
            raise InUseError(
                f"a local cloud (process {owner.get('pid', 'starting')}) already uses "
                f"{self.path}: stop it, or choose another folder with --state-dir"
            )
        self._lock = lock
        (self.path / "cloud.json").unlink(missing_ok=True)
        for old in self.path.glob("run-*"):
            # Processes of a killed run may still be ending and write a last line; the next start
            # gets the rest.
            shutil.rmtree(old, ignore_errors=True)
        self.run.mkdir(mode=0o700)

    def publish(self, values: dict[str, Any]) -> None:
        """Tell other terminals how to reach this cloud; only this user can read it."""
        path = self.path / "cloud.json"
        made = path.with_suffix(".new")
        made.touch(mode=0o600)
        made.write_text(json.dumps(values, indent=2) + "\n")
        made.replace(path)

    def release(self) -> None:
        """Remove what the run wrote and let the folder go."""
        if self._lock is None:
            return
        (self.path / "cloud.json").unlink(missing_ok=True)
        shutil.rmtree(self.run, ignore_errors=True)
        os.close(self._lock)
        self._lock = None


def _take(path: Path) -> int | None:
    """Take the folder's lock and return its descriptor; None where somebody has it."""
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def in_use(path: Path) -> bool:
    """Tell whether a local cloud lives in a folder: it may serve, start or stop."""
    if not (path / "lock").exists():
        return False
    lock = _take(path)
    if lock is not None:
        os.close(lock)
    return lock is None


def read_published(path: Path) -> dict[str, Any] | None:
    """Read what the cloud in a folder, which may be dead, published; None without one."""
    try:
        read = json.loads((path / "cloud.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return read if isinstance(read, dict) else None
